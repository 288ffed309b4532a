#include "config/quantity.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace crossfade {
namespace {

template <std::size_t Size>
std::optional<std::uint64_t> scaled(
    std::string_view text,
    const std::array<std::pair<std::string_view, std::uint64_t>, Size>& units) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    while (unit.starts_with(' '))
        unit.remove_prefix(1);
    for (const auto& [name, factor] : units) {
        if (unit != name) continue;
        if (number > std::numeric_limits<std::int64_t>::max() / factor) return std::nullopt;
        return number * factor;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_count(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
    using Unit = std::pair<std::string_view, std::uint64_t>;
    return scaled(text, std::array{Unit{"", 1}, Unit{"B", 1}, Unit{"kB", 1ULL << 10U},
                                   Unit{"MB", 1ULL << 20U}, Unit{"GB", 1ULL << 30U}});
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    using Unit = std::pair<std::string_view, std::uint64_t>;
    if (text == "0") return std::chrono::milliseconds{0};
    const auto value = scaled(text, std::array{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"min", 60'000},
                                               Unit{"h", 3'600'000}});
    if (!value) return std::nullopt;
    return std::chrono::milliseconds{static_cast<std::int64_t>(*value)};
}

}  // namespace crossfade
