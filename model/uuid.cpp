#include "model/uuid.hpp"

#include "model/encoding.hpp"

namespace crossfade {

namespace {
bool dash_at(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }
}  // namespace

Result<Uuid> Uuid::parse(std::string_view text) {
    const Error bad{ErrorKind::bad_value, "not a UUID"};
    if (text.size() != 36) return bad;
    Uuid uuid;
    std::size_t nibble = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (dash_at(i)) {
            if (text[i] != '-') return bad;
            continue;
        }
        const int digit = hex_digit(text[i]);
        if (digit < 0) return bad;
        auto& byte = uuid.bytes[nibble / 2];
        byte = static_cast<std::uint8_t>((byte << 4) | digit);
        ++nibble;
    }
    return uuid;
}

std::string Uuid::format() const {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(36);
    for (const std::uint8_t byte : bytes) {
        if (dash_at(text.size())) text += '-';
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

}  // namespace crossfade
