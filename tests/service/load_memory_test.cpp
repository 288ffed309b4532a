#include "service/load_memory.hpp"

#include "tests/support/catch.hpp"

using namespace crossfade;

TEST_CASE("what the parts of a load may hold goes by the memory it is given", "[cli]") {
    LoadConfig load;
    load.memory = std::uint64_t{1} << 30;
    const LoadMemory usual = share_memory(load);
    CHECK(usual.sort_bytes == std::size_t{64} << 20);
    CHECK(usual.chunk_rows == 10'485);
    CHECK(usual.sort_bytes * static_cast<std::size_t>(load.connections) + usual.cache_bytes <
          load.memory / 2);

    // More threads share the same memory.
    load.connections = 8;
    CHECK(share_memory(load).sort_bytes == std::size_t{16} << 20);
    // What is set is a bound of its own.
    load.chunk_rows = 500;
    CHECK(share_memory(load).chunk_rows == 500);
    // However little there is, a load goes on.
    load.memory = 1;
    CHECK(share_memory(load).chunk_rows == 100);
    CHECK(share_memory(load).sort_bytes > 0);
    CHECK(share_memory(load).cache_bytes > 0);
}
