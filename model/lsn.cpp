#include "model/lsn.hpp"

#include <charconv>
#include <cstdio>

namespace crossfade {

Result<Lsn> Lsn::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto part = [](std::string_view digits, std::uint64_t& value) {
        if (digits.empty() || digits.size() > 8) return false;
        const char* end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, value, 16);
        return error == std::errc{} && stop == end;
    };
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    if (slash == std::string_view::npos || !part(text.substr(0, slash), high) ||
        !part(text.substr(slash + 1), low)) {
        return Error{ErrorKind::bad_value, "not an LSN: \"" + std::string{text} + "\""};
    }
    return Lsn{(high << 32U) | low};
}

std::string Lsn::format() const {
    char buffer[24];
    std::snprintf(buffer, sizeof buffer, "%X/%X", static_cast<unsigned>(offset_ >> 32U),
                  static_cast<unsigned>(offset_ & 0xFFFFFFFFU));
    return buffer;
}

}  // namespace crossfade
