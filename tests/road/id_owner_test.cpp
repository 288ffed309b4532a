// Two roots that give one id: one owns it and with it the row, the other is rejected, whichever
// came first; nothing is counted applied that has no row, and verify agrees.
#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

#include <fstream>

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* kHead =
    "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\nentities:\n";

// t(a, b, v) whose id joins a and b by hand, and c(id, a, b), its children.
class OneId {
public:
    explicit OneId(const std::string& entities) {
        std::ofstream{mapping_} << kHead << entities;
        road_.source("CREATE TABLE t (a text, b text, v text, PRIMARY KEY (a, b))");
        road_.source("CREATE TABLE c (id bigint PRIMARY KEY, a text, b text)");
        road_.target("CREATE TABLE t (id uuid PRIMARY KEY, v text)");
        road_.target("CREATE TABLE c (id uuid PRIMARY KEY, n bigint, t_id uuid REFERENCES t)");
    }
    EndToEnd& road() { return road_; }
    std::string rows() { return road_.target_value("SELECT string_agg(v, ',' ORDER BY v) FROM t"); }
    // Each child with what its parent holds.
    std::string children() {
        return road_.target_value(
            "SELECT string_agg(c.n || ':' || coalesce(t.v, '-'), ' ' ORDER BY n) FROM c LEFT JOIN "
            "t ON t.id = t_id");
    }
    std::string quarantine() { return road_.command({"quarantine", "list"}).output; }

private:
    TemporaryDirectory folder_;
    std::string mapping_ = (folder_ / "mapping.yaml").string();
    EndToEnd road_{{{"mapping", mapping_}}};
};

constexpr const char* kJoined = R"yaml(
  t: {target: public.t, root: {row: t}, id: "'t/' || t.a || '/' || t.b", columns: {v: t.v}}
  c:
    target: public.c
    root: {row: c}
    id: "'c/' || c.id"
    parents: {t_id: {of: t, root: [c.a, c.b], missing: detach, gone: detach}}
    columns: {n: c.id}
)yaml";

}  // namespace

TEST_CASE("of two roots that give one id the lower owns the row, whichever came first",
          "[road][postgres]") {
    OneId one{kJoined};
    EndToEnd& road = one.road();
    const std::string low = "INSERT INTO t VALUES ('a', 'b/c', 'low')";
    const std::string high = "INSERT INTO t VALUES ('a/b', 'c', 'high')";
    road.source("INSERT INTO c VALUES (1, 'a', 'b/c'), (2, 'a/b', 'c')");
    const bool low_in_load = GENERATE(true, false);
    const bool high_in_load = GENERATE(true, false);
    CAPTURE(low_in_load, high_in_load);
    if (low_in_load) road.source(low);
    if (high_in_load) road.source(high);
    road.start();
    road.settle();
    if (!high_in_load) road.source(high);
    if (!low_in_load) {
        road.settle();
        CHECK(one.rows() == "high");
        CHECK(one.children() == "1:- 2:high");
        CHECK(road.differences() == 0);
        road.source(low);
    }
    road.settle();
    CHECK(one.rows() == "low");
    CHECK(one.children() == "1:low 2:-");
    CHECK_THAT(one.quarantine(), ContainsSubstring("t a%2Fb/c") && ContainsSubstring("conflict") &&
                                     ContainsSubstring("owned by t a/b%2Fc"));
    CHECK(road.differences() == 0);

    // The owner goes, and comes back.
    road.source("DELETE FROM t WHERE v = 'low'");
    road.settle();
    CHECK(one.rows() == "high");
    CHECK(one.children() == "1:- 2:high");
    CHECK_THAT(one.quarantine(), ContainsSubstring("nothing is in quarantine"));
    CHECK(road.differences() == 0);
    road.source(low);
    road.source("DELETE FROM t WHERE v = 'high'");
    road.settle();
    CHECK(one.rows() == "low");
    CHECK(one.children() == "1:low 2:-");
    CHECK(road.differences() == 0);
    road.stop();
}

TEST_CASE("an owner that the target refuses leaves its id to the next", "[road][postgres]") {
    OneId one{kJoined};
    EndToEnd& road = one.road();
    road.target("ALTER TABLE t ADD CHECK (v <> 'bad')");
    road.source("INSERT INTO t VALUES ('a', 'b/c', 'bad'), ('a/b', 'c', 'high')");
    road.start();
    road.settle();
    CHECK(one.rows() == "high");
    CHECK(road.differences() == 0);
    road.source("UPDATE t SET v = 'good' WHERE v = 'bad'");
    road.settle();
    CHECK(one.rows() == "good");
    CHECK(road.differences() == 0);
    road.source("UPDATE t SET v = 'bad' WHERE v = 'good'");
    road.settle();
    CHECK(one.rows() == "good");  // the last good row stands
    CHECK(road.differences() == 0);
    road.stop();
}

TEST_CASE("two entities that write to one table have one owner of an id", "[road][postgres]") {
    const bool first_is_lower = GENERATE(true, false);
    CAPTURE(first_is_lower);
    OneId one{std::string{"\n  "} + (first_is_lower ? "ours" : "the_first") + R"yaml(:
    target: public.t
    root: {row: t}
    id: "'t/' || t.a"
    columns: {v: t.v}
  others: {target: public.t, root: {row: c}, id: "'t/' || c.id", columns: {v: "'c' || c.id"}}
)yaml"};
    EndToEnd& road = one.road();
    road.source("INSERT INTO t VALUES ('1', '', 't1'), ('2', '', 't2')");
    road.source("INSERT INTO c VALUES (2), (3)");
    // By the names of the entities.
    const bool other = std::string{"others"} < (first_is_lower ? "ours" : "the_first");
    road.start();
    road.settle();
    CHECK(one.rows() == (other ? "c2,c3,t1" : "c3,t1,t2"));
    CHECK(road.differences() == 0);
    road.source("INSERT INTO c VALUES (1)");
    road.source("INSERT INTO t VALUES ('3', '', 't3')");
    road.settle();
    CHECK(one.rows() == (other ? "c1,c2,c3" : "t1,t2,t3"));
    CHECK(road.differences() == 0);
    road.source(other ? "DELETE FROM c WHERE id < 3" : "DELETE FROM t WHERE a < '3'");
    road.settle();
    CHECK(one.rows() == (other ? "c3,t1,t2" : "c1,c2,t3"));
    CHECK(road.differences() == 0);
    road.stop();
}

TEST_CASE("rows of two tables may have one id", "[road][postgres]") {
    OneId one{R"yaml(
  t: {target: public.t, root: {row: t}, id: "'x/' || t.a", columns: {v: t.v}}
  c: {target: public.c, root: {row: c}, id: "'x/' || c.id", columns: {n: c.id}}
)yaml"};
    EndToEnd& road = one.road();
    road.source("INSERT INTO t VALUES ('1', '', 'one')");
    road.source("INSERT INTO c VALUES (1)");
    road.start();
    road.settle();
    const std::string id = road.target_value("SELECT id FROM t");
    CHECK(road.target_value("SELECT id FROM c") == id);
    const std::string found = road.command({"map", "find", id}).output;
    CHECK_THAT(found, ContainsSubstring("t 1/") && ContainsSubstring("c 1"));
    CHECK(road.differences() == 0);
    // What one of them left behind is still known as its own.
    road.source("DELETE FROM c");
    road.settle();
    CHECK_THAT(road.command({"map", "find", id}).output, ContainsSubstring("t 1/"));
    CHECK(road.differences() == 0);
    road.stop();
}
