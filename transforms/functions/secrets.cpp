// Functions over the plain text of a secret. They occur in `deferred` only, where the plain text is
// at hand; nothing of it may reach an error or a flag.
#include "transforms/functions/library.hpp"

#include <array>
#include <optional>

namespace crossfade::functions {

namespace {

int sextet(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

// RFC 4648, section 4, strictly: groups of four, padding at the end only, its unused bits zero.
std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && text.ends_with('=')) {
        text.remove_suffix(1);
        ++padding;
    }
    std::string data;
    unsigned buffer = 0;
    int bits = 0;
    for (const char c : text) {
        const int value = sextet(c);
        if (value < 0) return std::nullopt;
        buffer = ((buffer << 6) | static_cast<unsigned>(value)) & 0xFFFF;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        data += static_cast<char>((buffer >> bits) & 0xFF);
    }
    const unsigned unused = buffer & ((1U << bits) - 1U);
    if (unused != 0) return std::nullopt;
    return data;
}

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        std::size_t length = 1;
        if (lead >= 0x80) {
            if (lead < 0xC2 || lead > 0xF4) return false;
            length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        }
        if (i + length > text.size()) return false;
        for (std::size_t k = 1; k < length; ++k) {
            if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
        }
        const unsigned second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0U;
        if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
            (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
            return false;  // overlong, a surrogate, or beyond U+10FFFF
        }
        i += length;
    }
    return true;
}

Result<Value> base64_password(std::span<const Value> args, Flags& flags) {
    const std::string* text = text_in(args, 0);
    std::optional<std::string> plain;
    if (text != nullptr) plain = decode_base64(trim(*text));
    if (plain && !plain->empty() && plain->find('\0') == std::string::npos && is_utf8(*plain)) {
        return Value{std::move(*plain)};
    }
    flags.raise("password_reset_required");
    return Value{Null{}};
}

}  // namespace

std::span<const Function> secret_functions() {
    static const std::array<Function, 1> functions{{
        {"base64_password",
         1,
         1,
         Type::text,
         {},
         base64_password,
         "strict base64 (RFC 4648) of UTF-8 without NUL; else NULL and the flag "
         "password_reset_required"},
    }};
    return functions;
}

}  // namespace crossfade::functions
