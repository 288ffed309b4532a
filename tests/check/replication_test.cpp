#include "check/replication.hpp"

#include "postgres/transaction.hpp"
#include "replicator/slot.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"

using namespace crossfade;
using Catch::Matchers::ContainsSubstring;

namespace {
Connection open(const std::string& database) {
    return Connection::open({test::Cluster::shared().conninfo(database), "check test", "source"});
}
}  // namespace

TEST_CASE("a source that can be read has no findings but of the WAL it may keep", "[postgres]") {
    auto connection = open("postgres");
    const auto findings = check_replication(connection, read_server_facts(connection), "wal2json");
    for (const Finding& finding : findings)
        INFO(finding.format());
    CHECK_FALSE(has_errors(findings));
    CHECK(findings.size() == 1);
    CHECK(connection.exec("SHOW statement_timeout").text(0, 0) == "0");
    CHECK(
        connection
            .exec(
                "SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'crossfade_probe%'")
            .integer(0, 0) == 0);
}

TEST_CASE("a plugin that is not there, a role without the right, an open transaction are found",
          "[postgres]") {
    auto& cluster = test::Cluster::shared();
    const std::string database = cluster.create_database("check");
    auto connection = open(database);
    const auto missing =
        check_replication(connection, read_server_facts(connection), "no_such_plugin");
    CHECK(has_errors(missing));

    cluster.execute(database, "CREATE ROLE plain_reader LOGIN");
    auto plain =
        Connection::open({cluster.conninfo(database) + " user=plain_reader", "t", "source"});
    const auto unprivileged = check_replication(plain, read_server_facts(plain), "wal2json");
    REQUIRE(has_errors(unprivileged));
    CHECK(unprivileged[unprivileged.size() - 1].fix == "ALTER ROLE \"plain_reader\" REPLICATION;");

    auto other = open(database);
    Transaction blocking{other};
    other.exec("SELECT pg_current_xact_id()");
    const auto held_up =
        check_replication(connection, read_server_facts(connection), "wal2json", 300);
    CHECK_FALSE(has_errors(held_up));
    CHECK_THAT(held_up.back().message, ContainsSubstring("open transactions"));
    CHECK_THAT(held_up.back().fix,
               ContainsSubstring("pg_terminate_backend(" + std::to_string(other.backend_pid())));
    const auto holders = blocking_transactions(connection);
    REQUIRE(holders.size() == 1);
    CHECK(holders[0].pid == other.backend_pid());
}
