// What a view keeps of what it has read.
#include "pipeline/state_view.hpp"

#include "tests/pipeline/real_road.hpp"
#include "tests/support/catch.hpp"

#include "model/encoding.hpp"
#include "state/keys.hpp"
#include "state/memory_store.hpp"

#include <algorithm>

namespace crossfade::test {

TEST_CASE("a view keeps rows up to a bound of bytes, however large they are, and shows all of them",
          "[pipeline]") {
    const auto program = RealRoad::compiled();
    MemoryStore state;
    const std::size_t size = GENERATE(std::size_t{10}, std::size_t{1} << 20, std::size_t{40} << 20);
    const std::int64_t count = size == 10 ? 100'000 : size == (1 << 20) ? 60 : 2;
    const auto key = [](std::int64_t id) { return encode_key(Value{id}); };
    WriteSet images;
    for (std::int64_t id = 0; id < count; ++id) {
        images.put(Family::images, keys::image(RealRoad::kMark, key(id)),
                   encode_row(RealRoad::mark(id, std::string(size, 'x')).row));
    }
    state.write(images, false);
    StateView view{*program, state};
    for (std::int64_t id = 0; id < count; ++id) {
        const auto row = view.image(RealRoad::kMark, key(id));
        REQUIRE(row);
        CHECK(std::ranges::count(*row, Value{id}) == 1);
        if (view.cached_bytes() > StateView::kImageBytesMax) FAIL("it keeps too much");
    }
    const std::size_t kept = view.cached_bytes();
    for (std::int64_t id = 0; id < count; ++id)
        view.forget(RealRoad::kMark, key(id));
    CHECK((kept > 0 || size > StateView::kImageBytesMax));
    CHECK(view.cached_bytes() == 0);
}

}  // namespace crossfade::test
