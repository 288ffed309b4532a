// What it costs to take work off the queue, on the store on disk.
#include "pipeline/work_queue.hpp"

#include "tests/pipeline/real_road.hpp"
#include "tests/support/catch.hpp"

#include "model/encoding.hpp"
#include "pipeline/position.hpp"
#include "state/keys.hpp"

#include <rocksdb/perf_context.h>
#include <rocksdb/perf_level.h>

namespace crossfade::test {
namespace {
using R = RealRoad;

RootRef item_root(std::int64_t id) { return {R::kItems, encode_key(Value{id})}; }

void queue_roots(RealRoad& road, std::int64_t first, std::int64_t last) {
    WriteSet set;
    for (std::int64_t id = first; id <= last; ++id)
        enqueue_root(road.store(), set, item_root(id), Lsn{5'000});
    road.store().write(set, true);
}

// Removed entries that RocksDB passed while `look` ran.
template <class Look>
std::uint64_t removed_entries_passed(const Look& look) {
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount);
    rocksdb::get_perf_context()->Reset();
    look();
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
    return rocksdb::get_perf_context()->internal_delete_skipped_count;
}
}  // namespace

TEST_CASE("30,000 roots to be tried again cost a number of steps in proportion to them",
          "[pipeline][postgres]") {
    constexpr std::int64_t kRoots = 30'000;
    RealRoad road;
    for (std::int64_t from = 1; from <= kRoots; from += 5'000) {
        std::vector<Change> changes;
        for (std::int64_t id = from; id < from + 5'000; ++id)
            changes.push_back(R::item(id, "w"));
        road.apply(std::move(changes));
    }
    road.work();
    queue_roots(road, 1, kRoots);
    REQUIRE(count_work(road.store()).open == kRoots);
    const std::uint64_t before = road.store().steps_of(Family::work);
    CHECK(road.work() >= 3);
    CHECK(road.store().steps_of(Family::work) - before < 4 * kRoots);
    CHECK(count_work(road.store()).open == 0);
    CHECK(settled_lsn(road.store()) == read_position(road.store()).applied);
    CHECK(road.account(R::kItems) == "30000 rows, 0 pending");
}

TEST_CASE("nothing is settled before the load is over, whatever it still has to do", "[pipeline]") {
    constexpr Lsn kSnapshot{1'000};
    TemporaryDirectory folder;
    const auto store = RocksStore::open(folder / "state");
    const auto put = [&](std::string_view key, const char* value) {
        WriteSet set;
        set.put(Family::meta, std::string{key}, value);
        store->write(set, true);
    };
    WriteSet begun;
    Position position;
    position.applied = EndLsn{kSnapshot};
    write_position(begun, position);
    enqueue_root(*store, begun, item_root(1), kSnapshot);  // gone since an earlier load
    store->write(begun, true);
    put(keys::kLoad, "derive");
    CHECK(settled_lsn(*store) == EndLsn{});
    CHECK(load_is_open(*store));

    WriteSet worked;
    clear_work(worked);
    store->write(worked, true);
    CHECK(settled_lsn(*store) == EndLsn{});  // the target's indexes are put back

    put(keys::kLoadFinished, "");
    CHECK_FALSE(load_is_open(*store));
    CHECK(settled_lsn(*store) == EndLsn{kSnapshot});
}

TEST_CASE("an item put before those that were taken is the next one", "[pipeline]") {
    TemporaryDirectory folder;
    const auto store = RocksStore::open(folder / "state");
    const auto put = [&](WorkItem::Kind kind, std::uint64_t birth, std::uint32_t node) {
        WriteSet set;
        WorkItem item;
        item.kind = kind;
        item.node = node;
        put_work(*store, set, item, Lsn{birth});
        store->write(set, false);
    };
    const auto take = [&](WorkQueue queue) -> std::uint32_t {
        Overlay staged{*store};
        const auto item = first_work(staged, queue);
        if (!item) return 0;
        remove_work(staged, *item);
        store->write(staged.staged(), false);
        return item->node;
    };
    using Kind = WorkItem::Kind;
    put(Kind::expand, 50, 1);
    put(Kind::expand, 60, 2);
    put(Kind::root, 40, 3);
    put(Kind::deferred, 30, 4);
    CHECK(first_work(*store)->node == 3);  // the oldest that holds back what is settled
    CHECK(take(WorkQueue::work) == 1);
    CHECK(take(WorkQueue::work) == 2);
    put(Kind::expand, 55, 5);
    put(Kind::expand, 70, 6);
    put(Kind::expand, 10, 7);
    CHECK(first_work(*store)->node == 7);
    CHECK(take(WorkQueue::work) == 7);
    CHECK(take(WorkQueue::work) == 5);
    CHECK(take(WorkQueue::work) == 6);
    CHECK(take(WorkQueue::work) == 0);
    CHECK(count_work(*store).open == 1);
    CHECK(take(WorkQueue::waiting) == 3);
    CHECK_FALSE(first_work(*store));
    CHECK(deferred_work(*store, 9).size() == 1);
    CHECK(count_work(*store).deferred == 1);
}

TEST_CASE("items that were taken are not passed again by those that look at the queue afterwards",
          "[pipeline]") {
    constexpr std::uint64_t kItems = 20'000;
    TemporaryDirectory folder;
    const auto store = RocksStore::open(folder / "state");
    WriteSet put;
    for (std::uint64_t i = 0; i < kItems; ++i)
        enqueue_root(*store, put, item_root(1), Lsn{1'000});
    store->write(put, false);
    Overlay staged{*store};
    for (std::uint64_t i = 0; i + 1 < kItems; ++i)
        remove_work(staged, *first_work(staged, WorkQueue::waiting));
    store->write(staged.staged(), false);
    CHECK(removed_entries_passed([&] { CHECK(first_work(*store)); }) < 100);
    CHECK(removed_entries_passed([&] { CHECK(count_work(*store).open == 1); }) < 100);
}

}  // namespace crossfade::test
