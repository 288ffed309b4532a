// Keys that repeat inside of a transaction: a deferrable key lets rows change places in any order,
// so a row comes to a key before the other has left it.
#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

#include <fstream>

using namespace crossfade;
using namespace crossfade::test;

namespace {

constexpr const char* kMapping = R"yaml(version: 1
namespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7
entities:
  t: {target: public.t, root: {row: t}, id: "'t/' || t.id", columns: {n: t.id, v: t.v}}
)yaml";

class Deferrable {
public:
    explicit Deferrable(const EndToEnd::Settings& more = {}) : road_{with(more)} {
        road_.source(
            "CREATE TABLE t (id bigint PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, v text)");
        road_.source("ALTER TABLE t REPLICA IDENTITY FULL");
        road_.target("CREATE TABLE t (id uuid PRIMARY KEY, n bigint, v text)");
    }
    EndToEnd& road() { return road_; }
    std::string source() {
        return road_.source_value("SELECT string_agg(id || v, ' ' ORDER BY id) FROM t");
    }
    std::string target() {
        return road_.target_value("SELECT string_agg(n || v, ' ' ORDER BY n) FROM t");
    }

private:
    EndToEnd::Settings with(EndToEnd::Settings settings) {
        std::ofstream{mapping_} << kMapping;
        settings["mapping"] = mapping_;
        return settings;
    }
    TemporaryDirectory folder_;
    std::string mapping_ = (folder_ / "mapping.yaml").string();
    EndToEnd road_;
};

}  // namespace

TEST_CASE("rows that pass through each other's keys in a transaction arrive where they should",
          "[road][postgres]") {
    const std::string change = GENERATE(
        as<std::string>{}, "UPDATE t SET id = id + 1", "UPDATE t SET id = id - 1",
        "UPDATE t SET id = 5 - id", "UPDATE t SET id = id % 4 + 1",
        // a row that shares its key for a while is changed, or deleted, or another one comes to it
        "UPDATE t SET id = 2 WHERE v = 'a'; UPDATE t SET v = 'B' WHERE v = 'b'; "
        "UPDATE t SET id = 9 WHERE v = 'B'",
        "UPDATE t SET id = 2 WHERE v = 'a'; UPDATE t SET v = 'A' WHERE v = 'a'; "
        "DELETE FROM t WHERE v = 'b'",
        "UPDATE t SET id = 2 WHERE v = 'a'; DELETE FROM t WHERE v = 'a'",
        "INSERT INTO t VALUES (3, 'new'); UPDATE t SET id = 3 WHERE v IN ('a', 'b'); "
        "DELETE FROM t WHERE v IN ('c', 'new'); UPDATE t SET id = 8 WHERE v = 'a'",
        // rows that are equal but for the key
        "UPDATE t SET v = 'x'; UPDATE t SET id = id + 1",
        "UPDATE t SET id = 1; DELETE FROM t; INSERT INTO t VALUES (1, 'one')");
    CAPTURE(change);
    Deferrable keys;
    EndToEnd& road = keys.road();
    road.source("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')");
    road.start();
    road.settle();
    road.source("BEGIN; " + change + "; COMMIT");
    road.settle();
    CHECK(keys.target() == keys.source());
    CHECK(road.differences() == 0);
    road.stop();
}

TEST_CASE("a large transaction in slices keeps the rows whose keys were taken",
          "[road][postgres]") {
    Deferrable keys{{{"batch.spill_bytes", "65536"}}};
    EndToEnd& road = keys.road();
    road.source("INSERT INTO t SELECT n, repeat('x', 100) || n FROM generate_series(1, 3000) AS n");
    road.start();
    road.settle();
    road.source("UPDATE t SET id = id + 1");
    road.settle();
    CHECK(road.target_value("SELECT count(*) || ' ' || count(*) FILTER (WHERE right(v, "
                            "length(v) - 100) = (n - 1)::text) FROM t") == "3000 3000");
    CHECK(road.differences() == 0);
    road.stop();
}

TEST_CASE("two rows that keep one key stop the bridge", "[road][postgres]") {
    TemporaryDirectory folder;
    const std::string mapping = (folder / "mapping.yaml").string();
    std::ofstream{mapping} << "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\n"
                              "relations: {t: {key: a}}\nentities:\n"
                              "  t: {target: public.t, root: {row: t}, id: \"'t/' || t.a\", "
                              "columns: {v: t.v}}\n";
    EndToEnd road{{{"mapping", mapping}}};
    road.source("CREATE TABLE t (id bigint PRIMARY KEY, a text NOT NULL, v text)");
    road.source("ALTER TABLE t REPLICA IDENTITY FULL");
    road.target("CREATE TABLE t (id uuid PRIMARY KEY, v text)");
    road.source("INSERT INTO t VALUES (1, 'a', 'one')");
    road.start();
    road.settle();
    road.source("INSERT INTO t VALUES (2, 'a', 'two')");
    CHECK(road.wait_for_end() != 0);
    CHECK(road.log_end().find("two rows of public.t have the key a") != std::string::npos);
}
