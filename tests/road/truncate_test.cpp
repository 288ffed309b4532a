// TRUNCATE on the source, of tables that are too large for the bridge to remove row by row.
#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

// Two rows are many already, and a fan-out takes several batches.
const EndToEnd::Settings kSmallBatches{{"work.chunk_roots", "4"}, {"work.inline_roots_max", "2"}};

// Empties a table and brings every second row back, in one transaction.
void refill(const EndToEnd& road, const std::string& table, const std::string& key) {
    road.source("BEGIN; CREATE TEMP TABLE kept AS SELECT * FROM " + table + " WHERE " + key +
                " % 2 = 0; TRUNCATE " + table + "; INSERT INTO " + table +
                " SELECT * FROM kept; DROP TABLE kept; COMMIT");
}

}  // namespace

TEST_CASE("tables of every role are truncated and filled again, one by one and together",
          "[road][postgres]") {
    EndToEnd road{kSmallBatches};
    road.change(41, 80, 6);
    road.start();
    road.settle();
    // Groups with another relation, a tree whose rows are kept, parents, lines.
    for (const auto& [table, key] : {std::pair{"customer", "id"},
                                     {"login", "id"},
                                     {"warehouse", "id"},
                                     {"supplier", "id"},
                                     {"orders", "id"},
                                     {"order_line", "line_no"}}) {
        INFO(table);
        refill(road, table, key);
        road.settle();
        check_agreement(road);
    }
    // The rows that are read by very many, and nothing instead.
    road.source("TRUNCATE country, archive.country_old");
    road.settle();
    check_agreement(road);
    road.change(42, 40, 6);
    road.source(
        "BEGIN; TRUNCATE orders, order_line, customer, login; TRUNCATE login;"
        "INSERT INTO login (id, username) VALUES (1, 'first'), (2, 'second'), (3, 'third');"
        "TRUNCATE login; INSERT INTO login (id, username) VALUES (2, 'second'); COMMIT");
    road.change(43, 40, 6);
    road.settle();
    check_agreement(road);
    road.stop();
}

TEST_CASE("a TRUNCATE that the service is killed in the middle of ends as if it had not been",
          "[road][fault]") {
    EndToEnd road{kSmallBatches};
    road.change(44, 80, 6);
    road.start();
    road.settle();
    road.stop();
    int round = 0;
    for (const char* point : {"stage:1", "before_intent:1", "after_intent:1", "after_intent:4",
                              "after_commit:1", "after_commit:3", "before_settle:2", "derive:5"}) {
        INFO("killed at " << point);
        ++round;
        refill(road, round % 2 == 0 ? "customer" : "product", "id");
        road.start_armed(point);
        REQUIRE(road.wait_for_end() == kKilled);
        road.start();
        road.settle();
        check_agreement(road);
        road.stop();
        road.change(45 + round, 30, 6);
    }
}
