// Rows that stand on the target under an id which a root of the source gives, and that the bridge
// did not write: they are somebody's, and stay as they are.
#include "tests/road/small_road.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* kRows = R"yaml(
entities:
  t:
    target: public.t
    root: {row: t}
    id: "'t/' || t.id"
    exists: t.good
    columns: {v: t.v}
  c:
    target: public.c
    root: {row: c}
    id: "'c/' || c.id"
    parents: {t_id: {of: t, root: c.t, missing: park}}
    columns: {n: c.id}
)yaml";

// 60 rows of t, of which some are not carried, and a child of each; rows of theirs on the target.
class Born {
public:
    Born()
        : road{
              "CREATE TABLE t (id bigint PRIMARY KEY, v text, good boolean);"
              "INSERT INTO t SELECT g, 'v' || g, true FROM generate_series(1, 60) AS g;"
              "CREATE TABLE c (id bigint PRIMARY KEY, t bigint);"
              "INSERT INTO c SELECT g, g FROM generate_series(1, 60) AS g",
              "CREATE TABLE t (id uuid PRIMARY KEY, v text);"
              "CREATE TABLE c (id uuid PRIMARY KEY, n bigint, t_id uuid REFERENCES t)",
              kRows} {
        road.start();
        road.settle();
        const std::string id = id_of(7);
        road.source("UPDATE t SET good = false");
        road.settle();
        CHECK(road.target_value("SELECT count(*) FROM t") == "0");
        road.target("INSERT INTO t VALUES ('" + id + "', 'somebody''s')");
    }
    std::string id_of(int number) const {
        return road.target_value("SELECT id FROM t WHERE v = 'v" + std::to_string(number) + "'");
    }
    std::string rows() const {
        return road.target_value(
                   "SELECT count(*) || ' ' || count(*) FILTER (WHERE v LIKE 'some%') "
                   "FROM t") +
               " " + road.target_value("SELECT count(*) FROM c");
    }
    std::string quarantine() const { return road.command({"quarantine", "list"}).output; }
    SmallRoad road;
};

}  // namespace

TEST_CASE("a row born under the id of a root that is not carried is not overwritten when it is",
          "[road][postgres]") {
    const std::string which = GENERATE("id = 7", "id IN (6, 7, 8)", "true");
    CAPTURE(which);
    Born it;
    it.road.source("UPDATE t SET good = true WHERE " + which);
    it.road.settle();
    const std::string others = it.road.source_value("SELECT count(*) - 1 FROM t WHERE good");
    const int rows = std::stoi(others) + 1;
    CHECK(it.rows() == std::to_string(rows) + " 1 " + others);
    CHECK_THAT(it.quarantine(), ContainsSubstring("conflict: a row with the id"));
    CHECK_THAT(it.quarantine(), ContainsSubstring("is not the bridge's"));

    SECTION("it is taken when the row went and somebody tells the bridge") {
        it.road.target("DELETE FROM t WHERE v = 'somebody''s'");
        CHECK(it.road.command({"quarantine", "retry", "t", "7"}).status == 0);
        it.road.settle();
        CHECK(it.rows() == std::to_string(rows) + " 0 " + std::to_string(rows));
        CHECK(it.road.differences() == 0);
    }
    SECTION("nor by a repair, a change, or a source row that goes") {
        it.road.command({"verify", "--repair"});
        it.road.source("UPDATE t SET v = 'other' WHERE id = 7");
        it.road.settle();
        CHECK(it.rows() == std::to_string(rows) + " 1 " + others);
        it.road.source("DELETE FROM t WHERE id = 7");
        it.road.settle();
        CHECK(it.rows() == std::to_string(rows) + " 1 " + others);
    }
    SECTION("a load finds it under the id that its root has, and takes it over") {
        it.road.stop();
        CHECK(it.road.command({"drop", "--state", "--yes"}).status == 0);
        it.road.start();
        it.road.settle();
        CHECK(it.rows() == std::to_string(rows) + " 0 " + std::to_string(rows));
        CHECK_THAT(it.road.log_end(), ContainsSubstring("rows adopted by their ids"));
        CHECK(it.road.differences() == 0);
    }
}

TEST_CASE("a unique value that a root wants and nobody holds any more is found, and taken",
          "[road][postgres]") {
    const std::string freed =
        GENERATE("DELETE FROM t WHERE old IS NULL", "UPDATE t SET v = 'else' WHERE old IS NULL");
    CAPTURE(freed);
    SmallRoad road{
        "CREATE TABLE t (id bigint PRIMARY KEY, v text, w int);"
        "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 1), (3, 'b', 1), (4, 'b', 2)",
        "CREATE TABLE t (id uuid PRIMARY KEY, old bigint, v text, w int, UNIQUE (w, v));"
        "INSERT INTO t VALUES (gen_random_uuid(), NULL, 'b', 1), (gen_random_uuid(), NULL, 'x', 9)",
        "entities: {t: {target: public.t, root: {row: t}, id: \"'t/' || t.id\", columns: {old: "
        "t.id, w: t.w, v: {claim: t.v, within: [w], else: \"'t' || t.id\"}}}}\n"};
    const auto values = [&] {
        return road.target_value(
            "SELECT string_agg(old || '=' || v, ' ' ORDER BY old) FROM t WHERE old IS NOT NULL");
    };
    road.start();
    road.settle();
    CHECK(values() == "1=a 2=t2 3=t3 4=b");
    CHECK(road.differences() == 0);
    road.target(freed);
    CHECK_THAT(road.command({"verify"}).output,
               ContainsSubstring("different t 2") && ContainsSubstring("v should be b, is t2"));
    CHECK(values() == "1=a 2=t2 3=t3 4=b");
    CHECK_THAT(road.command({"verify", "--repair"}).output, ContainsSubstring("repaired 1 root"));
    CHECK(values() == "1=a 2=b 3=t3 4=b");
    CHECK(road.differences() == 0);
}
