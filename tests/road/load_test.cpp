// The initial load of the whole program: what it takes off the target, and what it says of itself.
#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

// Every index and every constraint of the target's tables.
std::string shape(const EndToEnd& road) {
    return road.target_value(
        "SELECT string_agg(line, E'\n' ORDER BY line) FROM ("
        " SELECT indexdef AS line FROM pg_indexes WHERE schemaname = 'public'"
        " UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)"
        "  FROM pg_constraint WHERE connamespace = 'public'::regnamespace) AS lines");
}

}  // namespace

TEST_CASE(
    "a load that takes indexes off, killed before its first row or while it puts them back,"
    " ends like any other",
    "[road][postgres]") {
    const std::string point = GENERATE("indexes_off", "put_back");
    CAPTURE(point);
    EndToEnd road{{{"load.defer_indexes", "true"}}};
    const std::string before = shape(road);
    REQUIRE(before.find("FOREIGN KEY") != std::string::npos);
    road.change(1, 60, 8);
    road.start_armed(point);
    CHECK(road.wait_for_end() == kKilled);
    CHECK(shape(road) != before);
    road.start();
    road.settle();
    CHECK(shape(road) == before);
    check_agreement(road);
}

TEST_CASE("dropping a bridge whose load was given up puts the target's indexes back",
          "[road][postgres]") {
    EndToEnd road{{{"load.defer_indexes", "true"}}};
    const std::string before = shape(road);
    road.change(3, 20, 8);
    road.start_armed("load_chunk");
    CHECK(road.wait_for_end() == kKilled);
    CHECK(shape(road) != before);
    const CommandResult dropped = road.command({"drop", "--yes"});
    CHECK(dropped.status == 0);
    CHECK_THAT(dropped.output, Catch::Matchers::ContainsSubstring("puts back"));
    CHECK(shape(road) == before);
}

TEST_CASE("small chunks of a load, killed after one of them, give the same target",
          "[road][postgres]") {
    EndToEnd road{{{"load.chunk_rows", "100"}, {"load.connections", "3"}}};
    road.change(4, 400, 8);
    road.start_armed("load_chunk");
    CHECK(road.wait_for_end() == kKilled);
    road.start();
    road.settle();
    check_agreement(road);
    CHECK(road.status_json().find("\"open_work\": []") != std::string::npos);
}
