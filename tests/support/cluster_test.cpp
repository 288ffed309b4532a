#include "tests/support/cluster.hpp"

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include <unistd.h>

#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

using crossfade::test::Cluster;
using crossfade::test::StopMode;

TEST_CASE("a private server decodes logically and keeps databases apart", "[postgres]") {
    Cluster& cluster = Cluster::shared();
    const std::string first = cluster.create_database("cluster");
    const std::string second = cluster.create_database("cluster");
    REQUIRE(first != second);

    cluster.execute(first, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (7)");
    CHECK(cluster.value(first, "SELECT id FROM t") == "7");
    CHECK(cluster.value(second, "SELECT to_regclass('t')").empty());
    CHECK(cluster.value(first, "SHOW wal_level") == "logical");
    CHECK_THROWS(cluster.execute(first, "SELECT nonsense"));
}

TEST_CASE("wal2json is admitted on servers that ask for it", "[postgres]") {
    Cluster& cluster = Cluster::shared();
    const std::string database = cluster.create_database("plugin");
    cluster.execute(database, "SELECT pg_create_logical_replication_slot('probe', 'wal2json')");
    cluster.execute(database, "SELECT pg_drop_replication_slot('probe')");
}

TEST_CASE("a server comes back on its port after an immediate stop", "[postgres]") {
    Cluster cluster({.settings = {{"work_mem", "'5MB'"}}});
    cluster.execute("postgres", "CREATE TABLE t AS SELECT 1 AS id");
    const int port = cluster.port();
    cluster.restart(StopMode::immediate);
    CHECK(cluster.port() == port);
    CHECK(cluster.value("postgres", "SELECT count(*) FROM t") == "1");
    CHECK(cluster.value("postgres", "SHOW work_mem") == "5MB");
}

TEST_CASE("a server goes away with its owner", "[postgres]") {
    std::filesystem::path folder;
    {
        const Cluster cluster;
        folder = cluster.directory();
        REQUIRE(std::filesystem::exists(folder / "data" / "postmaster.pid"));
    }
    CHECK_FALSE(std::filesystem::exists(folder));
}
