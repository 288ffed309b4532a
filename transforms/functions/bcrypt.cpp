#include "transforms/functions/bcrypt.hpp"

#include <crypt.h>

#include <memory>

namespace crossfade {

namespace {

constexpr std::size_t kPlainBytesMax = 72;

// bcrypt's own base64: another alphabet, no padding. 16 bytes give 22 characters.
std::string encode_salt(const std::array<std::uint8_t, 16>& salt) {
    static constexpr std::string_view alphabet =
        "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    std::string text;
    unsigned buffer = 0;
    int bits = 0;
    for (const std::uint8_t byte : salt) {
        buffer = (buffer << 8) | byte;
        for (bits += 8; bits >= 6; bits -= 6)
            text += alphabet[(buffer >> (bits - 6)) & 63];
    }
    text += alphabet[(buffer << (6 - bits)) & 63];
    return text;
}

}  // namespace

Result<std::string> bcrypt_hash(std::string_view plain, int cost,
                                const std::array<std::uint8_t, 16>& salt) {
    if (cost < 4 || cost > 31)
        return Error{ErrorKind::bad_value, "bad_value: bcrypt's cost is 4 to 31"};
    if (plain.find('\0') != std::string_view::npos) {
        return Error{ErrorKind::bad_value, "bad_value: a password with NUL cannot be hashed"};
    }
    std::string phrase{plain.substr(0, kPlainBytesMax)};
    const std::string setting =
        "$2b$" +
        std::string{static_cast<char>('0' + cost / 10), static_cast<char>('0' + cost % 10)} + "$" +
        encode_salt(salt);
    // 32 KiB, which is too much for a coroutine's or a thread's small stack.
    const auto data = std::make_unique<crypt_data>();
    const char* hash = crypt_r(phrase.c_str(), setting.c_str(), data.get());
    std::string result = hash == nullptr ? std::string{} : std::string{hash};
    explicit_bzero(data.get(), sizeof *data);
    explicit_bzero(phrase.data(), phrase.size());
    if (!result.starts_with("$2b$")) {
        return Error{ErrorKind::internal, "crypt_r refuses bcrypt"};
    }
    return result;
}

}  // namespace crossfade
