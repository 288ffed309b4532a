// What is confirmed to the slot: never more than what passed while the catalog was as it shall be.
#include "postgres/connection.hpp"
#include "tests/road/small_road.hpp"
#include "tests/support/catch.hpp"

#include <signal.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <optional>
#include <thread>

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* kConfirmed =
    "(SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE database = current_database())";

void until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!done()) {
        REQUIRE(std::chrono::steady_clock::now() < end);
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
}

class Confirming : public SmallRoad {
public:
    Confirming()
        : SmallRoad{
              "CREATE TABLE t (id bigint PRIMARY KEY, v text); CREATE TABLE other (v int); "
              // So that the bridge tells where it is every second.
              "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET "
              "wal_sender_timeout = 3000'; END $$; "
              "INSERT INTO t SELECT n, 'v' || n FROM generate_series(1, 5) n",
              "CREATE TABLE t (id uuid PRIMARY KEY, v text)",
              "entities:\n  t: {target: public.t, root: {row: t}, id: \"'t/' || t.id\", "
              "columns: {v: t.v}}\n"} {
        start();
        settle();
    }
    Connection session() const {
        return Connection::open(
            {.conninfo = SmallServers::shared().source.conninfo(source_database()),
             .application_name = "test",
             .purpose = "test"});
    }
    std::string here() const { return source_value("SELECT pg_current_wal_insert_lsn()"); }
    bool confirmed(const std::string& lsn) const {
        return source_value("SELECT " + std::string{kConfirmed} + " >= '" + lsn + "'") == "t";
    }
    void until_confirmed(const std::string& lsn) const {
        until([&] { return confirmed(lsn); });
    }
    // Until the source has twice been told where the bridge is, behind `lsn`.
    void until_told(const std::string& lsn) const {
        std::string since = source_value("SELECT clock_timestamp()");
        for (int update = 0; update < 2; ++update) {
            std::string at;
            until([&] {
                at = source_value(
                    "SELECT coalesce(max(reply_time)::text, '') FROM pg_stat_replication r JOIN "
                    "pg_replication_slots s ON s.active_pid = r.pid WHERE s.database = "
                    "current_database() AND write_lsn >= '" +
                    lsn + "' AND reply_time > '" + since + "'");
                return !at.empty();
            });
            since = at;
        }
    }
    // The backend of the watch, just behind a look: it holds no lock of the server.
    pid_t watch() const {
        std::string pid;
        const std::string since = source_value("SELECT clock_timestamp()");
        until([&] {
            pid = source_value(
                "SELECT coalesce(max(pid)::text, '') FROM pg_stat_activity WHERE datname = "
                "current_database() AND application_name = 'crossfade catalog' AND state = 'idle' "
                "AND query LIKE '%pg_current_wal_insert_lsn%' AND state_change BETWEEN '" +
                since + "' AND clock_timestamp() - interval '50 ms'");
            return !pid.empty();
        });
        return std::stoi(pid);
    }
};

// The backend of the watch stands still.
class NoLook {
public:
    explicit NoLook(pid_t watch) : watch_{watch} { REQUIRE(::kill(watch_, SIGSTOP) == 0); }
    ~NoLook() { ::kill(watch_, SIGCONT); }
    NoLook(const NoLook&) = delete;
    NoLook& operator=(const NoLook&) = delete;

private:
    pid_t watch_;
};

// The two positions of the message that ends the service.
std::pair<std::string, std::string> interval_of(const std::string& log) {
    const std::size_t from = log.rfind(", between ") + 10;
    const std::size_t and_at = log.find(" and ", from);
    const std::size_t end = log.find_first_not_of("0123456789ABCDEF/", and_at + 5);
    return {log.substr(from, and_at - from), log.substr(and_at + 5, end - and_at - 5)};
}

}  // namespace

TEST_CASE("nothing is confirmed behind the last look that saw the catalog unchanged",
          "[road][postgres]") {
    Confirming road;
    std::string before, after;
    const bool killed = GENERATE(false, true);
    {
        const NoLook held{road.watch()};
        before = road.here();
        road.source(
            "BEGIN; CREATE TABLE n (LIKE t INCLUDING ALL); INSERT INTO n SELECT * FROM t; DROP "
            "TABLE t; ALTER TABLE n RENAME TO t; COMMIT; INSERT INTO t VALUES (101, 'after')");
        after = road.here();
        road.source("INSERT INTO other VALUES (1)");
        road.settle();  // applied all the same
        road.until_told(after);
        CHECK_FALSE(road.confirmed(after));
        if (killed) road.kill();
    }
    if (killed) road.start_armed("nowhere");
    CHECK(road.wait_for_end() == 3);
    CHECK_THAT(road.log_end(), ContainsSubstring("table public.t is another table of that name"));
    const auto [from, to] = interval_of(road.log_end());
    CAPTURE(from, to, before, after);
    CHECK(road.source_value("SELECT " + std::string{kConfirmed} + " <= '" + from + "'") == "t");
    CHECK(road.source_value("SELECT '" + from + "'::pg_lsn <= '" + before + "'") == "t");
    CHECK(road.source_value("SELECT '" + after + "'::pg_lsn <= '" + to + "'") == "t");
}

TEST_CASE("the slot follows on an idle and on a busy source, and behind a kill",
          "[road][postgres]") {
    Confirming road;
    road.source("INSERT INTO other VALUES (1)");
    road.until_confirmed(road.here());
    for (int round = 0; round < 20; ++round) {
        road.source("UPDATE t SET v = v || 'x'");
        if (round == 10) road.kill();
        if (round == 10) road.start();
    }
    road.until_confirmed(road.here());
    road.settle();
    CHECK(road.differences() == 0);
}

TEST_CASE("a look that cannot be made holds back, and the next one lets go", "[road][postgres]") {
    Confirming road;
    std::string after;
    {
        const NoLook held{road.watch()};
        road.source("INSERT INTO t VALUES (6, 'six')");
        after = road.here();
        road.settle();
        road.until_told(after);
        CHECK_FALSE(road.confirmed(after));
    }
    road.until_confirmed(after);
    CHECK(road.target_value("SELECT count(*) FROM t") == "6");
}

TEST_CASE("while somebody may be changing a mapped table nothing is confirmed",
          "[road][postgres]") {
    Confirming road;
    Connection changer = road.session();
    changer.exec("BEGIN");
    changer.exec("LOCK TABLE t");
    const std::string before = road.here();
    road.source("INSERT INTO other VALUES (1)");
    const std::string after = road.here();
    road.settle();
    road.until_told(after);
    CHECK(road.source_value("SELECT " + std::string{kConfirmed} + " <= '" + before + "'") == "t");
    changer.exec("ROLLBACK");
    road.until_confirmed(after);
}

TEST_CASE("a source that shuts down does not wait for what is not confirmed", "[road][postgres]") {
    Cluster source;
    const TemporaryDirectory folder;
    std::ofstream{folder / "m.yaml"}
        << "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\nentities:\n  t: {target: "
           "public.t, root: {row: t}, id: \"'t/' || t.id\", columns: {v: t.v}}\n";
    Bridge road{
        {source, "template1", SmallServers::shared().target, "template1", folder / "m.yaml"},
        {},
        {}};
    road.source("CREATE TABLE t (id bigint PRIMARY KEY, v text)");
    road.target("CREATE TABLE t (id uuid PRIMARY KEY, v text)");
    road.start();
    road.settle();
    const bool blocked = GENERATE(false, true);
    CAPTURE(blocked);
    std::optional<Connection> locker;
    if (blocked) {
        locker = Connection::open(
            {.conninfo = SmallServers::shared().target.conninfo(road.target_database()),
             .application_name = "test",
             .purpose = "test"});
        locker->exec("BEGIN");
        locker->exec("LOCK TABLE t");
    }
    road.source("INSERT INTO t SELECT n, 'v' || n FROM generate_series(1, 1000) n");
    source.stop(StopMode::fast);  // throws if it takes a minute
    source.start();
    locker.reset();
    road.settle();
    CHECK(road.target_value("SELECT count(*) FROM t") == "1000");
    CHECK(road.differences() == 0);
    road.stop();
}
