// A 128-bit UUID in network byte order.
#pragma once

#include "model/error.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace crossfade {

struct Uuid {
    std::array<std::uint8_t, 16> bytes{};
    static Result<Uuid> parse(std::string_view text);  // 8-4-4-4-12, either case
    std::string format() const;                        // lower case
    friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

}  // namespace crossfade
