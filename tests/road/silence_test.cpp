// A server that is gone without a word, one that dies in the middle of an answer, and somebody who
// holds up the slot: the service says so, answers, goes on by itself, and ends when it is told to.
#include "state/rocks_store.hpp"
#include "tests/road/proxied.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <csignal>
#include <thread>

using namespace crossfade;
using namespace crossfade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

using Clock = std::chrono::steady_clock;

TEST_CASE("a side that says nothing any more is noticed, said, and taken up again by itself",
          "[road][fault]") {
    const std::string side = GENERATE("source", "target");
    CAPTURE(side);
    Proxied it;
    it.road.change(61, 30, 6);
    it.road.start();
    it.road.settle();
    it.side(side).freeze();
    it.add_customer(9001);
    it.wait_until([&] { return it.road.status().phase == side + "_down"; });
    const Status status = it.road.status();
    CHECK_FALSE(status.since.empty());
    CHECK_FALSE(status.waits.empty());
    CHECK_THAT(it.log(), ContainsSubstring("session cut off"));
    CHECK(it.road.runs());
    it.side(side).thaw();
    it.check_all_is_there(1);
    CHECK(it.road.status().phase == "streaming");
    it.road.stop();
}

TEST_CASE("SIGTERM ends a service whose servers say nothing", "[road][fault]") {
    const std::string side = GENERATE("source", "target");
    CAPTURE(side);
    Proxied it{{{"retry.silence", "60s"}, {"retry.connect_timeout", "60s"}}};
    it.road.change(62, 30, 6);
    if (side == "target") {
        SECTION("while it connects") {
            it.road.start();
            it.road.settle();
            it.road.stop();
            it.target.freeze();
            it.road.start();
            std::this_thread::sleep_for(300ms);
        }
    }
    SECTION("in the load") {
        it.road.start();
        it.wait_until([&] { return it.log().find("slot created") != std::string::npos; });
        it.side(side).freeze();
    }
    SECTION("in the stream") {
        it.road.start();
        it.road.settle();
        it.side(side).freeze();
        it.add_customer(9001);
        std::this_thread::sleep_for(300ms);
    }
    it.stop_in_time();
    it.side(side).thaw();
    it.check_all_is_there(
        it.road.source_value("SELECT count(*) FROM customer WHERE name = 'Late'") == "1" ? 1 : 0);
}

TEST_CASE("a backend of the target that dies in the middle of a batch costs nothing",
          "[road][fault]") {
    EndToEnd road{{{"target.lock_timeout", "0"}}};
    road.change(63, 30, 6);
    road.start();
    road.settle();
    const std::string pid = "(SELECT pid FROM pg_stat_activity WHERE datname = '" +
                            road.target_database() + "' AND application_name = 'crossfade apply')";
    for (int i = 0; i < 3; ++i) {
        // The batch waits for the row, with answers outstanding.
        const std::string id = std::to_string(9001 + i);
        const pid_t holder =
            spawn({.argv = {"psql", "-X", "-q", "-d",
                            ShopServers::shared().target.conninfo(road.target_database()), "-c",
                            "BEGIN", "-c", "LOCK TABLE customer", "-c", "SELECT pg_sleep(600)"},
                   .output = road.folder() / "psql.log"});
        const auto until_one = [&](const std::string& what) {
            const std::string query = "SELECT count(*) FROM " + what;
            for (const auto end = Clock::now() + 60s; road.target_value(query) != "1";) {
                if (Clock::now() > end) FAIL(query << "\n" << road.log_end());
                std::this_thread::sleep_for(20ms);
            }
        };
        until_one(
            "pg_locks WHERE granted AND relation = 'customer'::regclass AND mode = "
            "'AccessExclusiveLock'");
        road.source("INSERT INTO customer (id, name, active, created) VALUES (" + id +
                    ", 'Late', 1, now())");
        until_one(
            "pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'crossfade "
            "apply'");
        road.target_value("SELECT pg_terminate_backend(" + pid + ")");
        ::kill(holder, SIGKILL);
        wait_for(holder);
        road.target_value(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE "
            "'%pg_sleep(600)' AND pid <> pg_backend_pid()");
        road.settle();
        CHECK(road.runs());
    }
    check_agreement(road);
    road.stop();
}

TEST_CASE("who holds up a new slot is named in the log and in status, and SIGTERM ends the wait",
          "[road][fault]") {
    const bool prepared = GENERATE(false, true);
    CAPTURE(prepared);
    EndToEnd road;
    road.change(64, 10, 4);
    const Cluster& server = ShopServers::shared().source;
    const std::string begin =
        "BEGIN; INSERT INTO customer (id, name, active, created) VALUES (9001, 'Late', 1, now())";
    pid_t holder = -1;
    if (prepared) {
        road.source(begin + "; PREPARE TRANSACTION 'late'");
    } else {
        holder = spawn({.argv = {"psql", "-X", "-q", "-d", server.conninfo(road.source_database()),
                                 "-c", "SET application_name = migration", "-c", begin, "-c",
                                 "SELECT pg_sleep(600)"},
                        .output = road.folder() / "psql.log"});
    }
    const auto wait_until = [&](auto done) {
        for (const auto end = Clock::now() + 60s; !done(); std::this_thread::sleep_for(20ms)) {
            if (Clock::now() > end) FAIL("it does not happen\n" << road.log_end());
        }
    };
    wait_until([&] {
        return road.source_value(prepared ? "SELECT count(*) FROM pg_prepared_xacts"
                                          : "SELECT count(*) FROM pg_stat_activity WHERE "
                                            "application_name = 'migration' AND backend_xid IS NOT "
                                            "NULL") == "1";
    });
    road.start();
    wait_until([&] { return !road.status().waits.empty(); });
    const std::string ends = prepared ? "ROLLBACK PREPARED 'late'" : "pg_terminate_backend(";
    CHECK_THAT(road.status().waits.front(), ContainsSubstring(ends));
    CHECK_THAT(text_of(road.folder() / "service.log"), ContainsSubstring(ends));
    const auto began = Clock::now();
    road.stop();
    CHECK(Clock::now() - began < 5s);
    if (prepared) {
        road.source("COMMIT PREPARED 'late'");
    } else {
        ::kill(holder, SIGKILL);
        wait_for(holder);
        road.source_value(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
            "application_name = 'migration'");
    }
    road.start();
    road.settle();
    check_agreement(road);
    road.stop();
}

TEST_CASE("a service that does not answer is said to be so", "[road][fault]") {
    EndToEnd road;
    road.start();
    road.settle();
    const pid_t service = road.service();
    ::kill(service, SIGSTOP);
    const CommandResult asked = road.command({"status"}, 20s);
    ::kill(service, SIGCONT);
    CHECK(asked.status == 2);
    CHECK_THAT(asked.output, ContainsSubstring("does not answer"));
    road.settle();
    road.stop();
}

TEST_CASE("a state whose source lost a table says its phase and its position all the same",
          "[road][fault]") {
    EndToEnd road;
    road.change(65, 10, 4);
    road.start();
    road.settle();
    road.stop();
    road.source("ALTER TABLE customer RENAME TO customer_before");
    const CommandResult asked = road.command({"status"});
    CHECK(asked.status == 0);
    CHECK_THAT(asked.output, ContainsSubstring("phase     halted"));
    CHECK_THAT(asked.output, ContainsSubstring("public.customer"));  // what is wrong with it
    CHECK_THAT(asked.output, !ContainsSubstring("applied 0/0"));
}

TEST_CASE("a service that starts while a command reads the state waits for it", "[road][fault]") {
    EndToEnd road;
    road.start();
    road.settle();
    road.stop();
    auto held = RocksStore::open(road.folder() / "state");
    std::thread reader{[&held] {
        std::this_thread::sleep_for(1s);
        held.reset();
    }};
    road.start();
    reader.join();
    road.settle();
    CHECK(road.runs());
    road.stop();
}
