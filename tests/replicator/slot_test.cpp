#include "replicator/slot.hpp"

#include "postgres/catalog.hpp"
#include "postgres/transaction.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"

using namespace crossfade;
using Catch::Matchers::ContainsSubstring;

namespace {
Connection open(const std::string& database, bool replication = false) {
    ConnectionOptions options{test::Cluster::shared().conninfo(database), "slot test", "source"};
    options.replication = replication;
    return Connection::open(options);
}

std::string trust_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Failure& failure) {
        CHECK(failure.error().kind() == ErrorKind::trust);
        return failure.error().format();
    }
    FAIL("nothing was thrown");
    return "";
}
}  // namespace

TEST_CASE("a slot exports a snapshot that sees what was committed before it", "[postgres]") {
    auto& cluster = test::Cluster::shared();
    const std::string database = cluster.create_database("slot");
    cluster.execute(database, "CREATE TABLE t AS SELECT 1 AS id");
    auto exporter = open(database, true);
    const CreatedSlot created = create_slot(exporter, database, "wal2json");
    cluster.execute(database, "INSERT INTO t VALUES (2)");
    {
        auto reader = open(database);
        Transaction transaction{reader, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
        reader.exec("SET TRANSACTION SNAPSHOT '" + created.snapshot + "'");
        CHECK(reader.exec("SELECT count(*) FROM t").integer(0, 0) == 1);
    }
    auto connection = open(database);
    const auto info = inspect_slot(connection, database);
    REQUIRE(info);
    CHECK(info->plugin == "wal2json");
    CHECK(info->database == database);
    CHECK_FALSE(info->active);
    CHECK(info->confirmed == created.consistent_point);
    CHECK(info->status == WalStatus::reserved);
    CHECK_FALSE(must_close(*info));
    CHECK_FALSE(inspect_slot(connection, "no_such_slot"));
    CHECK_THROWS_AS(create_slot(exporter, database, "wal2json"), Failure);
    CHECK(drop_slot(connection, database));
    CHECK_FALSE(drop_slot(connection, database));
}

TEST_CASE("a marker has a position", "[postgres]") {
    auto connection = open("postgres");
    const Lsn first = write_marker(connection, "crossfade", "one");
    CHECK(write_marker(connection, "crossfade", "two", false) > first);
}

TEST_CASE("the replication connection says which server it is, as the catalog does", "[postgres]") {
    auto connection = open("postgres");
    auto replication = open("postgres", true);
    const ServerFacts facts = read_server_facts(connection);
    const SystemPosition system = identify_system(replication);
    CHECK(system.identity.system_identifier == facts.system_identifier);
    CHECK(system.identity.timeline == facts.timeline);
    CHECK(system.flushed > Lsn{});
    CHECK_NOTHROW(require_same_source(system.identity, system.identity));
    CHECK_THAT(trust_of([&] {
                   require_same_source({1, 1}, {2, 1});
               }),
               ContainsSubstring("another server"));
    CHECK_THAT(trust_of([&] {
                   require_same_source({1, 1}, {1, 2});
               }),
               ContainsSubstring("failed over"));
}

TEST_CASE("a stream resumes only where nothing is missing", "[replicator]") {
    ServerFacts facts;
    facts.database = "legacy";
    facts.current = Lsn{1000};
    SlotInfo slot;
    slot.plugin = "wal2json";
    slot.database = "legacy";
    slot.confirmed = EndLsn{Lsn{500}};
    const auto at = [](std::uint64_t offset) { return EndLsn{Lsn{offset}}; };
    const auto check = [&](const std::optional<SlotInfo>& found, EndLsn stored, EndLsn idle = {}) {
        check_resume(found, "s", "wal2json", stored, idle, facts);
    };
    CHECK_NOTHROW(check(slot, at(500)));
    CHECK_NOTHROW(check(slot, at(600)));           // confirmation had not arrived yet
    CHECK_NOTHROW(check(slot, at(400), at(500)));  // confirmed while idle
    CHECK_THAT(trust_of([&] { check(slot, at(400)); }), ContainsSubstring("by somebody else"));
    CHECK_THAT(trust_of([&] { check(slot, at(1001)); }), ContainsSubstring("ahead of the source"));
    CHECK_THAT(trust_of([&] { check(std::nullopt, at(500)); }),
               ContainsSubstring("does not exist"));
    SlotInfo changed = slot;
    changed.status = WalStatus::lost;
    CHECK(must_close(changed));
    CHECK_THAT(trust_of([&] { check(changed, at(500)); }), ContainsSubstring("invalidated"));
    changed = slot;
    changed.plugin = "pgoutput";
    CHECK_THAT(trust_of([&] { check(changed, at(500)); }), ContainsSubstring("pgoutput"));
    changed = slot;
    changed.database = "another";
    CHECK_THAT(trust_of([&] { check(changed, at(500)); }), ContainsSubstring("another"));
}
