// The source may remove WAL that the bridge still needs (max_slot_wal_keep_size): a load stops
// before the slot is lost. And columns that the source gets are told of.
#include <thread>

#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::filesystem::path kShopFolder =
    std::filesystem::path{CROSSFADE_SOURCE_DIR} / "tests/mappings/shop";

// A source that keeps little WAL for slots, and looks at them only when it is told to.
struct SmallSource {
    Cluster cluster{{.settings = {{"max_slot_wal_keep_size", "'32MB'"},
                                  {"max_wal_size", "'2GB'"},
                                  {"checkpoint_timeout", "'1h'"}}}};
    SmallSource() {
        cluster.execute("postgres", "CREATE DATABASE shop_source");
        cluster.execute("shop_source", text_of(kShopFolder / "source.sql"));
    }
    BridgeEnds ends() {
        return {cluster, "shop_source", ShopServers::shared().target, "shop_target",
                kShopFolder.parent_path() / "shop.yaml"};
    }
    // 96 MB of WAL.
    void write_much() const {
        for (int i = 0; i < 12; ++i) {
            cluster.execute("postgres",
                            "SELECT pg_logical_emit_message(false, 'x', repeat('x', 8000000))");
        }
    }
    std::string slot_status() const {
        return cluster.value("postgres", "SELECT wal_status FROM pg_replication_slots");
    }
};

template <class Done>
void wait_until(const Bridge& bridge, Done done) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    for (; !done(); std::this_thread::sleep_for(20ms)) {
        if (std::chrono::steady_clock::now() > end)
            FAIL("it does not happen\n" << bridge.log_end());
    }
}

bool waits_for_lock(const Cluster& cluster, const std::string& database) {
    return cluster.value("postgres",
                         "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
                         "application_name LIKE 'crossfade%' AND datname = '" +
                             database + "'") != "0";
}

// Keeps `table` locked for as long as it lives.
class Lock {
public:
    Lock(const Cluster& cluster, std::string database, const std::string& table,
         const std::string& mode)
        : cluster_{cluster}, database_{std::move(database)} {
        session_ = std::thread{[&cluster, database = database_,
                                sql = "BEGIN; SET application_name = 'holder'; LOCK TABLE " +
                                      table + " IN " + mode +
                                      " MODE; SELECT pg_current_xact_id(); SELECT "
                                      "pg_sleep(600)"] {
            try {
                cluster.execute(database, sql);
            } catch (const std::exception&) {
                // terminated below
            }
        }};
        while (pids() == "0")
            std::this_thread::sleep_for(10ms);
    }
    ~Lock() {
        cluster_.value("postgres",
                       "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE "
                       "application_name = 'holder' AND datname = '" +
                           database_ + "'");
        session_.join();
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

private:
    std::string pids() const {
        return cluster_.value("postgres",
                              "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                              "'holder' AND wait_event = 'PgSleep' AND datname = '" +
                                  database_ + "'");
    }
    const Cluster& cluster_;
    std::string database_;
    std::thread session_;
};

constexpr const char* kCustomers =
    "INSERT INTO customer (id, name, active, created)"
    " SELECT i, 'One', 1, now() FROM generate_series(1, 100) AS i";

void check_stopped_in_time(Bridge& bridge) {
    CHECK(bridge.wait_for_end() == 3);
    const std::string log = text_of(bridge.folder() / "service.log");
    CHECK_THAT(log, ContainsSubstring("more than max_slot_wal_keep_size (32MB)"));
    CHECK_THAT(log, ContainsSubstring("crossfade drop"));
}

}  // namespace

TEST_CASE(
    "a load whose derivation takes longer than the source keeps WAL stops before the slot is"
    " lost",
    "[road][postgres]") {
    SmallSource source;
    Bridge bridge{source.ends(), {{"target.lock_timeout", "500ms"}}, {}};
    bridge.source(kCustomers);
    const Lock lock{ShopServers::shared().target, bridge.target_database(), "customer", "SHARE"};
    bridge.start();
    wait_until(bridge, [&] {
        return waits_for_lock(ShopServers::shared().target, bridge.target_database());
    });
    source.write_much();
    check_stopped_in_time(bridge);
    CHECK(source.slot_status() == "unreserved");  // not lost yet
}

// The lock is held by an open transaction with an id, which a new slot waits for. It may be read
// under: the check before the load does.
TEST_CASE(
    "a load that waits for its slot when the source has no more room for WAL ends, and the slot"
    " with it",
    "[road][postgres]") {
    SmallSource source;
    Bridge bridge{source.ends(), {}, {}};
    bridge.source(kCustomers);
    {
        const Lock lock{source.cluster, bridge.source_database(), "customer", "SHARE"};
        bridge.start();
        wait_until(bridge,
                   [&] { return waits_for_lock(source.cluster, bridge.source_database()); });
        source.write_much();
        check_stopped_in_time(bridge);
        CHECK(source.slot_status().empty());
    }
    // The next start begins the load anew.
    bridge.start();
    bridge.settle();
    CHECK(bridge.differences() == 0);
    bridge.stop();
}

TEST_CASE("SIGTERM ends a load whose slot waits for a transaction of the source",
          "[road][postgres]") {
    EndToEnd road;
    road.source(kCustomers);
    const Lock lock{ShopServers::shared().source, road.source_database(), "customer", "SHARE"};
    road.start();
    wait_until(
        road, [&] { return waits_for_lock(ShopServers::shared().source, road.source_database()); });
    const auto began = std::chrono::steady_clock::now();
    road.stop();
    CHECK(std::chrono::steady_clock::now() - began < 5s);
}

TEST_CASE("a column that the source gets while the bridge runs is told of once, and not carried",
          "[road][postgres]") {
    EndToEnd road;
    road.source(kCustomers);
    road.start();
    road.settle();
    road.source(
        "ALTER TABLE customer ADD COLUMN \"Shoe size\" integer;"
        "UPDATE customer SET \"Shoe size\" = -4398761, name = 'Two' WHERE id = 1;"
        "UPDATE customer SET \"Shoe size\" = 44, name = 'Three' WHERE id = 2");
    road.settle();
    const std::string log = text_of(road.folder() / "service.log");
    const std::string told = "new column of the source: not mapped, not carried";
    const auto first = log.find(told);
    REQUIRE(first != std::string::npos);
    CHECK(log.find(told, first + 1) == std::string::npos);
    CHECK_THAT(log, ContainsSubstring("public.customer"));
    CHECK_THAT(log, ContainsSubstring("Shoe size"));
    CHECK_THAT(log, !ContainsSubstring("4398761"));
    check_agreement(road);
    road.stop();
}
