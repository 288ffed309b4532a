// The part of model/key.hpp that is for people: what a key is called, and how it is read back.
#include "model/encoding.hpp"
#include "model/key.hpp"

namespace crossfade {

namespace {
constexpr std::string_view kNullName = "%00";
constexpr char kDigits[] = "0123456789ABCDEF";

void append_part_name(std::string& name, const Value& value, bool only) {
    if (is_null(value)) {
        name += kNullName;
        return;
    }
    for (const char c : to_display(value)) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = byte >= 0x20 && byte != 0x7F && c != '%' && (c != '/' || only) &&
                           (c != '?' || !name.empty());
        if (plain) {
            name += c;
            continue;
        }
        name += '%';
        name += kDigits[byte >> 4];
        name += kDigits[byte & 15];
    }
}
}  // namespace

std::string display_key(std::string_view bytes) {
    const std::vector<Value> values = decode_key(bytes);
    std::string name;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) name += '/';
        append_part_name(name, values[i], values.size() == 1);
    }
    return name;
}

std::optional<Value> read_key_part(std::string_view text) {
    if (text == kNullName) return Value{Null{}};
    std::string part;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            part += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = hex_digit(text[i + 1]);
        const int low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        part += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return Value{std::move(part)};
}

}  // namespace crossfade
