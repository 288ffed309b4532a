// A connection that is lost takes no other with it.
#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

// The backends of the target that feed it, and the one that reads the slot.
std::string applier_of(const EndToEnd& road) {
    return road.target_value(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name LIKE 'crossfade%' AND application_name LIKE '%apply%'");
}

std::string reader_of(const EndToEnd& road) {
    return road.source_value(
        "SELECT active_pid FROM pg_replication_slots WHERE database = "
        "current_database() AND active");
}

}  // namespace

TEST_CASE("a lost connection to one side leaves the other's alone", "[road][fault]") {
    EndToEnd road;
    road.change(51, 20, 4);
    road.start();
    road.settle();
    const std::string applier = applier_of(road);
    const std::string reader = reader_of(road);
    REQUIRE(applier != "");
    REQUIRE(reader != "");

    // The target's connection is lost; what was received meanwhile is applied by the next one.
    road.target("SELECT pg_terminate_backend(" + applier + ", 5000)");
    road.change(52, 10, 4);
    road.settle();
    CHECK(reader_of(road) == reader);
    const std::string second = applier_of(road);
    CHECK(second != applier);

    // The source's connection is lost.
    road.source("SELECT pg_terminate_backend(" + reader + ", 5000)");
    road.change(53, 10, 4);
    road.settle();
    CHECK(applier_of(road) == second);
    CHECK(reader_of(road) != reader);
    check_agreement(road);
    road.stop();
}
