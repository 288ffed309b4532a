#include "target/batch.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <random>

using namespace crossfade;

namespace {

RootRef root(EntityIndex entity, std::int64_t key) { return {entity, encode_key(Value{key})}; }

}  // namespace

TEST_CASE("a planned batch writes parents before children and removes children first",
          "[target][property]") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random{seed};
    for (int round = 0; round < 200; ++round) {
        TargetBatch batch;
        for (std::size_t i = random() % 40; i > 0; --i) {
            batch.vacates.push_back({.root = root(random() % 4, static_cast<std::int64_t>(i)),
                                     .id = {},
                                     .columns = {},
                                     .values = {}});
            batch.writes.push_back({.root = root(random() % 4, static_cast<std::int64_t>(i)),
                                    .id = {},
                                    .values = {},
                                    .guards = {},
                                    .depth = static_cast<std::uint32_t>(random() % 4)});
            batch.deletes.push_back({.root = root(random() % 4, -static_cast<std::int64_t>(i)),
                                     .id = {},
                                     .depth = static_cast<std::uint32_t>(random() % 4)});
        }
        TargetBatch again = batch;
        plan_batch(batch);

        const auto place = [](const auto& row) { return std::pair{row.root.entity, row.depth}; };
        CHECK(std::ranges::is_sorted(batch.writes, {}, place));
        CHECK(std::ranges::is_sorted(batch.deletes, std::ranges::greater{}, place));
        CHECK(std::ranges::is_sorted(batch.vacates, {},
                                     [](const Vacate& v) { return v.root.entity; }));

        // The order does not depend on how the rows came in.
        std::ranges::shuffle(again.writes, random);
        std::ranges::shuffle(again.deletes, random);
        plan_batch(again);
        CHECK(std::ranges::equal(again.writes, batch.writes, {}, &RowWrite::root, &RowWrite::root));
        CHECK(std::ranges::equal(again.deletes, batch.deletes, {}, &RowDelete::root,
                                 &RowDelete::root));
    }
}
