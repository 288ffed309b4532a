// What the parts of an initial load may hold, out of load.memory. The shares come from loads of 4
// million rows, whose resident memory stays below the whole: sorting takes an eighth, the block
// cache a sixth, and a root that is derived about 100 KiB with everything that is made of it on its
// way (two chunks, their rows, the state's records and the intent).
#pragma once

#include "config/config.hpp"

#include <algorithm>
#include <cstddef>

namespace crossfade {

struct LoadMemory {
    std::size_t sort_bytes = 0;   // per connection or thread
    std::size_t cache_bytes = 0;  // of the state's blocks
    std::size_t chunk_rows = 0;   // roots of one batch
};

inline LoadMemory share_memory(const LoadConfig& load) {
    constexpr std::size_t kRootBytes = std::size_t{100} << 10;
    constexpr std::size_t kSortMin = std::size_t{4} << 20;
    constexpr std::size_t kCacheMin = std::size_t{16} << 20;
    constexpr std::size_t kRowsMin = 100;
    const auto threads = static_cast<std::size_t>(std::max(1, load.connections));
    const std::size_t rows = std::max(kRowsMin, load.memory / kRootBytes);
    return {.sort_bytes = std::max(kSortMin, load.memory / 8 / threads),
            .cache_bytes = std::max(kCacheMin, load.memory / 6),
            .chunk_rows = std::min<std::size_t>(load.chunk_rows, rows)};
}

}  // namespace crossfade
