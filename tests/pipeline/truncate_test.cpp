// TRUNCATE of a table that is too large to be removed row by row.
#include "tests/pipeline/real_road.hpp"
#include "tests/support/catch.hpp"

#include <fstream>
#include <set>

#include <malloc.h>

namespace crossfade::test {
namespace {
using R = RealRoad;

constexpr std::int64_t kItemsOfLabel = 100;

// Items 1 to `count`, a hundred to a label, and the marks they read.
void fill(RealRoad& road, std::int64_t count, std::size_t word_size = 1) {
    road.apply({R::mark(1, "one"), R::mark(2, "two")});
    for (std::int64_t from = 1; from <= count; from += 5'000) {
        std::vector<Change> changes;
        for (std::int64_t id = from; id < from + 5'000 && id <= count; ++id)
            changes.push_back(R::item(id, std::string(word_size, 'w'), id / kItemsOfLabel));
        road.apply(std::move(changes));
        road.work();
    }
}

std::size_t entries(const Reader& reader, Family family) {
    std::size_t count = 0;
    reader.scan(family, {}, {}, [&](std::string_view, std::string_view) {
        ++count;
        return true;
    });
    return count;
}

// The most memory this process has had, in bytes; reset_peak() forgets what was before.
std::size_t peak_memory() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
    }
    return 0;
}

void reset_peak() {
    ::malloc_trim(0);
    std::ofstream{"/proc/self/clear_refs"} << "5";
}
}  // namespace

TEST_CASE("a table of 100,000 rows is emptied without reading it into memory",
          "[pipeline][postgres]") {
    constexpr std::int64_t kRows = 100'000;
    constexpr std::size_t kWord = 1'000;
    RealRoad road;
    fill(road, kRows, kWord);
    REQUIRE(road.target("SELECT count(*) FROM items") == std::to_string(kRows));
    road.rocks().flush();

    reset_peak();
    const std::size_t before = peak_memory();
    const std::uint64_t images = road.store().steps_of(Family::images);
    road.apply({R::truncate(R::kItem), R::item(7, "seven")});
    // As many images as say that there are too many, and no more.
    CHECK(road.store().steps_of(Family::images) - images < 5'000);
    CHECK(entries(road.store(), Family::images) == 3);
    CHECK(road.counter(R::kItems, "source") == 1);
    CHECK(road.work() > 100);
    const std::size_t grown = peak_memory() - before;
    INFO("grown by " << grown << " bytes");
#ifndef __SANITIZE_ADDRESS__  // the address sanitizer keeps what was freed
    CHECK(grown < kRows * kWord / 2);
#endif
    CHECK(road.target("SELECT string_agg(word, ' ') FROM items") == "seven");
    CHECK(road.target("SELECT string_agg(items || '/' || marks, ' ' ORDER BY items, marks) "
                      "FROM labels") == "0/1 1/1");
    CHECK(road.account(R::kItems) == "1 rows, 0 pending");
    CHECK(road.account(R::kLabels) == "3 rows, 0 pending");
    CHECK(entries(road.store(), Family::derived) == 3);
    CHECK(entries(road.store(), Family::members) == 0);
}

TEST_CASE("accounts add up, and no row is pending twice, while an emptied table's roots are walked",
          "[pipeline][postgres]") {
    BatchLimits limits;
    limits.inline_entries = 10;
    limits.chunk_roots = 50;
    limits.chunk_entries = 1'000;
    RealRoad road{limits};
    fill(road, 1'000);
    road.apply({R::item(2'000, "goes too"), R::truncate(R::kItem), R::item(1, "again"),
                R::item(3'000, "new"), R::truncate(R::kItem), R::item(2, "last")});
    std::set<std::string> items, labels;
    do {
        items.insert(road.account(R::kItems));
        labels.insert(road.account(R::kLabels));
    } while (road.work_once());
    // The one row is derived with the TRUNCATE itself.
    CHECK(items == std::set<std::string>{"1 rows, 0 pending"});
    for (const std::string& account : labels)
        CHECK(account.starts_with("3 rows, "));
    CHECK(labels.contains("3 rows, 0 pending"));
    CHECK(road.target("SELECT string_agg(word, ' ') FROM items") == "last");
    CHECK(road.target("SELECT sum(items) || '/' || sum(marks) FROM labels") == "1/2");
}

TEST_CASE("what reads an emptied table, and what it feeds together with another, follows",
          "[pipeline][postgres]") {
    BatchLimits limits;
    limits.inline_entries = 1;
    limits.chunk_roots = 20;
    RealRoad road{limits};
    fill(road, 300);
    REQUIRE(road.target("SELECT count(*) FROM items WHERE mark = 'one'") == "300");
    SECTION("of the rows it reads") {
        road.apply({R::truncate(R::kMark), R::mark(1, "uno")});
        road.work();
        CHECK(road.target("SELECT count(*) FROM items WHERE mark = 'uno'") == "300");
        CHECK(road.target("SELECT sum(items) || '/' || sum(marks) FROM labels") == "300/1");
        CHECK(road.account(R::kLabels) == "301 rows, 0 pending");
    }
    SECTION("of both, in one transaction") {
        road.apply({R::truncate(R::kMark), R::truncate(R::kItem), R::item(9, "x", 2, 2)});
        road.work();
        CHECK(road.target("SELECT count(*) || ' ' || min(word) || ' ' || coalesce(min(mark), '-') "
                          "FROM items") == "1 x -");
        CHECK(road.target("SELECT sum(items) || '/' || sum(marks) FROM labels") == "1/0");
    }
    SECTION("in the middle of which the road is cut off") {
        road.apply({R::truncate(R::kItem)});
        road.work_once();
        road.restart();
        road.work();
        CHECK(road.target("SELECT count(*) FROM items") == "0");
        CHECK(road.target("SELECT sum(items) || '/' || sum(marks) FROM labels") == "0/2");
    }
}

}  // namespace crossfade::test
