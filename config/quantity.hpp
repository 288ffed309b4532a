// Numbers with units, as PostgreSQL writes them: 64MB (powers of 1024), 500ms, 30s, 5min, 1h.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace crossfade {

// A whole number without sign, blanks or anything behind it.
std::optional<std::uint64_t> parse_count(std::string_view text);
std::optional<std::uint64_t> parse_bytes(std::string_view text);  // without a unit: bytes
// A unit is required, except for 0.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace crossfade
