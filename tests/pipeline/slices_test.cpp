// A large transaction comes in slices; the source sends it again from its first change when the
// stream begins anew.
#include "tests/pipeline/real_road.hpp"
#include "tests/support/catch.hpp"

namespace crossfade::test {
namespace {
using R = RealRoad;

// Items 1 to 6; the second slice of two changes takes item 1 away again.
SourceTransaction large(RealRoad& road) {
    return road.transaction({R::item(1, "a"), R::item(2, "b"), R::remove(R::kItem, 1),
                             R::item(4, "d"), R::item(5, "e"), R::item(6, "f")});
}
}  // namespace

TEST_CASE("slices that were applied are passed over one by one when the transaction comes again",
          "[pipeline][postgres]") {
    RealRoad road;
    const auto slices = R::slices(large(road), 2);
    REQUIRE(slices.size() == 3);
    road.apply({slices[0]});
    road.apply({slices[1]});
    const std::string half = road.target("SELECT string_agg(word, ' ' ORDER BY word) FROM items");
    CHECK(half == "b d");
    road.restart();
    // Each in a batch of its own, as they come from the stream.
    for (const SourceTransaction& slice : slices) {
        road.apply({slice});
        CHECK(road.counter(R::kItems, "source") == (slice.last_slice ? 4 : 2));
    }
    CHECK(road.target("SELECT string_agg(word, ' ' ORDER BY word) FROM items") == "b d e f");
}

TEST_CASE("slices of a transaction that was applied as a whole do not undo what came after it",
          "[pipeline][postgres]") {
    RealRoad road;
    const auto slices = R::slices(large(road), 2);
    road.apply(slices);
    const SourceTransaction later =
        road.transaction({R::update(R::item(2, "new")), R::remove(R::kItem, 4)});
    road.apply({later});
    road.restart();
    for (const SourceTransaction& slice : slices)
        road.apply({slice});
    road.apply({later});
    CHECK(road.target("SELECT string_agg(word, ' ' ORDER BY word) FROM items") == "e f new");
    CHECK(road.account(R::kItems) == "3 rows, 0 pending");
}

}  // namespace crossfade::test
