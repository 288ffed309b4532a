// SIGKILL at every step of the road: after a restart the target is as if nothing had happened, and
// no write of the stream was made twice.
#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

#include <atomic>
#include <random>
#include <set>
#include <thread>

using namespace crossfade;
using namespace crossfade::test;

namespace {

// Few of everything in a batch, so that every step is passed often and a fan-out becomes work that
// takes several batches.
const EndToEnd::Settings kSmallBatches{{"batch.transactions_max", "2"},
                                       {"work.chunk_roots", "4"},
                                       {"work.inline_roots_max", "2"},
                                       {"load.chunk_rows", "100"}};

// All rows that read a country, or that stand below a warehouse, are derived again as work.
void fan_out(const EndToEnd& road, int round) {
    road.source("UPDATE country SET name = code || ' " + std::to_string(round) + "'");
}

// A refused account, and a supplier whose products therefore wait.
void refuse_rows(const EndToEnd& road) {
    road.target(
        "INSERT INTO refusal VALUES ('account', 'username', 'berta'), "
        "('supplier', 'name', 'Acme')");
}

bool has_refused_rows(const Status& status) {
    for (const EntityAccount& entity : status.entities) {
        if (entity.rejected > 0) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("a service killed at any step of the stream goes on as if it had not been",
          "[road][fault]") {
    EndToEnd road{kSmallBatches};
    refuse_rows(road);
    road.change(11, 60, 6);
    road.start();
    road.settle();
    REQUIRE(has_refused_rows(road.status()));
    road.stop();
    const std::vector<std::string> points{"receive",       "stage",         "derive",
                                          "execute",       "before_intent", "after_intent",
                                          "before_commit", "after_commit",  "before_settle",
                                          "after_settle",  "confirm"};
    int round = 0;
    std::set<std::string> with_open_work;
    for (const std::string& point : points) {
        for (const char* passage : {"1", "4"}) {
            INFO("killed at passage " << passage << " of " << point);
            ++round;
            fan_out(road, round);
            road.change(10'000 + 100 * round, 10, 4);
            road.start_armed(point + ":" + passage);
            REQUIRE(road.wait_for_end() == kKilled);
            if (road.status().work > 0) with_open_work.insert(point);
            road.start();
            road.settle();
            check_agreement(road);
            road.stop();
        }
    }
    // Between two batches of work: the queue holds the rest.
    CHECK(with_open_work.contains("before_intent"));
    CHECK(with_open_work.contains("after_commit"));
}

TEST_CASE("a service killed again while it recovers goes on all the same", "[road][fault]") {
    EndToEnd road{kSmallBatches};
    refuse_rows(road);
    road.change(12, 40, 6);
    road.start();
    road.settle();
    road.stop();
    int round = 0;
    for (const char* first : {"after_intent:2", "after_commit:2", "after_settle:3"}) {
        for (const char* second : {"receive:1", "before_intent:1", "before_commit:1"}) {
            INFO("killed at " << first << ", then at " << second);
            ++round;
            fan_out(road, round);
            road.change(20'000 + 100 * round, 10, 4);
            road.start_armed(first);
            REQUIRE(road.wait_for_end() == kKilled);
            road.start_armed(second);
            REQUIRE(road.wait_for_end() == kKilled);
        }
    }
    road.start();
    road.settle();
    check_agreement(road);
    road.stop();
}

TEST_CASE("a load that is killed at any step ends with the same target", "[road][fault]") {
    std::string expected;
    TemporaryDirectory keys;
    const std::vector<std::string> points{"",
                                          "slot_created",
                                          "images_loaded",
                                          "load_chunk:1",
                                          "load_chunk:3",
                                          "load_done",
                                          "execute:2",
                                          "before_intent:2",
                                          "after_intent:2",
                                          "before_commit:3",
                                          "after_commit:1",
                                          "after_commit:3",
                                          "before_settle:2",
                                          "after_settle:2"};
    for (const std::string& point : points) {
        INFO("killed at " << point);
        EndToEnd road{kSmallBatches, keys / "secret.key"};
        refuse_rows(road);
        road.change(13, 60, 6);
        if (!point.empty()) {
            road.start_armed(point);
            REQUIRE(road.wait_for_end() == kKilled);
            // Meanwhile the old application goes on; what it does is taken back, so that all
            // targets are comparable.
            road.source("INSERT INTO country VALUES ('no', 'Norway', '25')");
            road.source("DELETE FROM country WHERE code = 'no'");
        }
        road.start();
        road.settle();
        check_agreement(road);
        road.stop();
        if (expected.empty()) expected = road.dump();
        CHECK(differing_lines(road.dump(), expected) == "");
    }
}

TEST_CASE("twenty kills at random moments under load leave no trace", "[road][fault]") {
    EndToEnd road{kSmallBatches};
    refuse_rows(road);
    road.change(14, 40, 6);
    road.start();
    road.settle();
    road.kill();
    std::atomic<bool> stop{false};
    std::string failure;
    std::thread application{[&] {
        try {
            for (int round = 1; !stop; ++round) {
                if (round % 10 == 0) fan_out(road, round);
                road.change(30'000 + 10 * round, 5, 4);
                std::this_thread::sleep_for(std::chrono::milliseconds{60});
            }
        } catch (const std::exception& error) {
            failure = error.what();
        }
    }};
    std::mt19937 random{14};
    std::uniform_int_distribution<int> moments{0, 900};
    std::string stopped;
    try {
        for (int kill = 0; kill < 20; ++kill) {
            road.start_armed("never");
            std::this_thread::sleep_for(std::chrono::milliseconds{moments(random)});
            if (!road.runs()) {
                stopped = "the service ended by itself\n" + road.log_end();
                break;
            }
            road.kill();
        }
    } catch (const std::exception& error) {
        stopped = error.what();
    }
    stop = true;
    application.join();
    REQUIRE(stopped == "");
    REQUIRE(failure == "");
    road.start();
    road.settle();
    check_agreement(road);
    road.stop();
}
