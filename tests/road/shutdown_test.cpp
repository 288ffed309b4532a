// A server that is shut down waits for nobody: neither for a slot that is being made, nor for a
// COMMIT, nor for a verification.
#include "tests/support/bridge.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

using namespace crossfade;
using namespace crossfade::test;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

// Servers of its own, to be shut down. `stop` of a cluster throws if the server takes a minute.
class OwnServers {
public:
    OwnServers() {
        std::ofstream{mapping_} << "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\n"
                                   "entities: {t: {target: public.t, root: {row: t}, id: \"'t/' || "
                                   "t.id\", columns: {v: t.v}}}\n";
        road.emplace(BridgeEnds{source, "template1", target, "template1", mapping_},
                     Bridge::Settings{}, std::filesystem::path{});
        road->source(
            "CREATE TABLE t (id bigint PRIMARY KEY, v text); INSERT INTO t SELECT g, 'v' "
            "|| g FROM generate_series(1, 2000) AS g");
        road->target("CREATE TABLE t (id uuid PRIMARY KEY, v text)");
    }
    template <class Done>
    void wait_until(Done done) const {
        for (const auto end = Clock::now() + 60s; !done(); std::this_thread::sleep_for(20ms)) {
            if (Clock::now() > end) FAIL("it does not happen\n" << road->log_end());
        }
    }
    void check_all_is_there() {
        road->settle();
        CHECK(road->differences() == 0);
        CHECK(road->runs());
        road->stop();
    }

private:
    TemporaryDirectory folder_;
    std::filesystem::path mapping_ = folder_ / "m.yaml";

public:
    Cluster source;
    Cluster target;
    std::optional<Bridge> road;
};

}  // namespace

TEST_CASE("a source that shuts down does not wait for the slot that is being made",
          "[road][fault]") {
    OwnServers servers;
    Bridge& road = *servers.road;
    road.source("BEGIN; UPDATE t SET v = 'late' WHERE id = 1; PREPARE TRANSACTION 'late'");
    road.start();
    servers.wait_until([&] {
        return road.source_value(
                   "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender' AND "
                   "wait_event_type = 'Lock'") == "1";
    });
    servers.source.stop(StopMode::fast);
    servers.source.start();
    road.source("COMMIT PREPARED 'late'");
    servers.check_all_is_there();
}

TEST_CASE("a target that shuts down does not wait for a COMMIT that waits for a standby",
          "[road][fault]") {
    OwnServers servers;
    Bridge& road = *servers.road;
    road.start();
    road.settle();
    servers.target.execute("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    servers.target.execute("postgres", "SELECT pg_reload_conf()");
    road.source("UPDATE t SET v = 'late' WHERE id = 1");
    servers.wait_until([&] {
        return road.target_value(
                   "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == "1";
    });
    servers.target.stop(StopMode::fast);
    servers.target.start();
    servers.target.execute("postgres", "ALTER SYSTEM RESET synchronous_standby_names");
    servers.target.execute("postgres", "SELECT pg_reload_conf()");
    servers.check_all_is_there();
}

TEST_CASE("servers that shut down do not wait for a verification", "[road][fault]") {
    const bool of_source = GENERATE(true, false);
    CAPTURE(of_source);
    OwnServers servers;
    Bridge& road = *servers.road;
    road.start();
    road.settle();
    Cluster& server = of_source ? servers.source : servers.target;
    const auto value = [&](const std::string& sql) {
        return of_source ? road.source_value(sql) : road.target_value(sql);
    };
    // Verification reads under this lock, and waits.
    const std::string database = of_source ? road.source_database() : road.target_database();
    const pid_t holder =
        spawn({.argv = {"psql", "-X", "-q", "-d", server.conninfo(database), "-c", "BEGIN", "-c",
                        "LOCK TABLE t", "-c", "SELECT pg_sleep(600)"},
               .output = road.folder() / "psql.log"});
    servers.wait_until([&] {
        return value(
                   "SELECT count(*) FROM pg_locks WHERE granted AND relation = 't'::regclass AND "
                   "mode = 'AccessExclusiveLock'") == "1";
    });
    const pid_t verify = spawn({.argv = {std::filesystem::path{CROSSFADE_BINARY_DIR} / "crossfade",
                                         "-c", road.folder() / "crossfade.yaml", "verify"},
                                .output = road.folder() / "verify.log"});
    servers.wait_until([&] {
        return value(
                   "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
                   "application_name LIKE 'crossfade%'") == "t";
    });
    server.stop(StopMode::fast);
    CHECK(wait_for(verify) == 2);
    wait_for(holder);
    server.start();
    servers.check_all_is_there();
}
