#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace crossfade::simulate {

// SplitMix64. Each operation gets a generator of its own, seeded by the run's seed and the
// operation's number, so what an operation chooses does not depend on how many numbers its
// predecessors drew.
class Random {
public:
    Random(std::uint64_t seed, std::uint64_t stream) noexcept
        : state_{seed * 0x9E3779B97F4A7C15ULL + stream * 0xD1342543DE82EF95ULL + 1} {
        next();
    }

    std::uint64_t next() noexcept {
        state_ += 0x9E3779B97F4A7C15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }

    // 0 .. bound-1. The bias of the remainder does not matter for bounds of this size.
    std::size_t below(std::size_t bound) noexcept {
        return bound == 0 ? 0 : static_cast<std::size_t>(next() % bound);
    }

    // first .. last, both included.
    int between(int first, int last) noexcept {
        return first + static_cast<int>(below(static_cast<std::size_t>(last - first + 1)));
    }

    bool percent(int share) noexcept { return below(100) < static_cast<std::size_t>(share); }

    template <class Items>
    auto& pick(Items& items) noexcept {
        return items[below(items.size())];
    }

    // Two different items; there must be two.
    template <class Item>
    std::vector<Item> pick_two(const std::vector<Item>& items) {
        const std::size_t first = below(items.size());
        const std::size_t second = (first + 1 + below(items.size() - 1)) % items.size();
        return {items[first], items[second]};
    }

private:
    std::uint64_t state_;
};

}  // namespace crossfade::simulate
