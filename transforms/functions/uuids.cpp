#include "transforms/functions/library.hpp"
#include "transforms/functions/uuid5.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace crossfade {

Uuid uuid_v5(const Uuid& name_space, std::string_view name) {
    std::string message{name_space.bytes.begin(), name_space.bytes.end()};
    message += name;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_Digest(message.data(), message.size(), digest.data(), &size, EVP_sha1(), nullptr) !=
            1 ||
        size != 20) {
        throw Failure{Error{ErrorKind::internal, "the crypto library refuses SHA-1"}};
    }
    Uuid uuid;
    std::copy_n(digest.begin(), uuid.bytes.size(), uuid.bytes.begin());
    uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0F) | 0x50);
    uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3F) | 0x80);
    return uuid;
}

namespace functions {

namespace {

Result<Value> uuid(std::span<const Value> args, Flags& flags) {
    if (is_null(args[0]) || std::holds_alternative<Uuid>(args[0])) return args[0];
    const std::string* text = text_in(args, 0);
    if (text == nullptr) return bad_value("uuid() reads a text");
    const std::string_view content = trim(*text);
    if (content.empty()) return Value{Null{}};
    const Result<Uuid> parsed = Uuid::parse(content);
    if (parsed) return Value{*parsed};
    flags.raise("bad_uuid");
    return Value{Null{}};
}

Result<Value> uuid5(std::span<const Value> args, Flags&) {
    if (any_null(args)) return Value{Null{}};
    const auto* name_space = std::get_if<Uuid>(&args[0]);
    if (name_space != nullptr) return Value{uuid_v5(*name_space, *text_in(args, 1))};
    const std::string* text = text_in(args, 0);
    const Result<Uuid> parsed = Uuid::parse(text ? std::string_view{*text} : std::string_view{});
    if (!parsed) return bad_value("uuid5() wants a uuid as its namespace");
    return Value{uuid_v5(*parsed, *text_in(args, 1))};
}

}  // namespace

std::span<const Function> uuid_functions() {
    static const std::array<Function, 2> functions{{
        {"uuid", 1, 1, Type::uuid, {}, uuid, "a uuid from a text; else NULL and the flag bad_uuid"},
        {"uuid5",
         2,
         2,
         Type::uuid,
         {Type::any, Type::text},
         uuid5,
         "uuid5(namespace, name): the UUID version 5 of a name"},
    }};
    return functions;
}

}  // namespace functions
}  // namespace crossfade
