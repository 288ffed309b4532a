// Keys that PostgreSQL holds equal although they are not written alike: a child finds its parent as
// the source's foreign key does. docs/mapping.md says which are refused.
#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

#include <fstream>

using namespace crossfade;
using namespace crossfade::test;

namespace {

constexpr const char* kTop =
    "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\nentities:\n";

constexpr const char* kParentAndChild = R"yaml(
  p: {target: public.p, root: {row: p}, id: "'p/' || p.k", columns: {v: p.v}}
  c:
    target: public.c
    root: {row: c}
    id: "'c/' || c.id"
    parents: {pid: {of: p, root: c.pk, missing: park}}
    columns: {pv: "p[c.pk].v", siblings: count(all_of_it)}
    sets: {all_of_it: {from: c, key: pk, at: c.pk}}
)yaml";

class Keys {
public:
    explicit Keys(const std::string& entities) { std::ofstream{mapping_} << kTop << entities; }
    EndToEnd& road() { return road_; }

    // p(k) and its child c(pk), the child's key written in another way.
    void make(const std::string& parent_type, const std::string& child_type) {
        road_.source(
            "CREATE EXTENSION IF NOT EXISTS citext; CREATE DOMAIN email AS citext;"
            "CREATE DOMAIN digits AS numeric");
        road_.source("CREATE TABLE p (k " + parent_type + " PRIMARY KEY, v text)");
        road_.source("CREATE TABLE c (id bigint PRIMARY KEY, pk " + child_type +
                     " REFERENCES p ON UPDATE CASCADE)");
        road_.target("CREATE TABLE p (id uuid PRIMARY KEY, v text)");
        road_.target(
            "CREATE TABLE c (id uuid PRIMARY KEY, pid uuid REFERENCES p, pv text, siblings int)");
    }
    std::string joined() {
        return road_.target_value(
            "SELECT string_agg(pv || siblings || (pid IS NOT NULL)::text, ' ' ORDER BY pv) FROM c");
    }

private:
    TemporaryDirectory folder_;
    std::string mapping_ = (folder_ / "mapping.yaml").string();
    EndToEnd road_{{{"mapping", mapping_}}};
};

}  // namespace

TEST_CASE("a child finds its parent by a key that is equal and written otherwise",
          "[road][postgres]") {
    struct Example {
        const char *parent_type, *parent, *child_type, *child, *other_child;
    };
    const auto example =
        GENERATE(Example{"char(4)", "'ab'", "char(8)", "'ab '", "'ab'"},
                 Example{"char(4)", "'ab'", "varchar(8)", "'ab'", "'ab'"},
                 Example{"numeric", "1.50", "numeric(9,4)", "1.5", "1.5000"},
                 Example{"float8", "0", "float8", "'-0'", "0"},
                 Example{"timestamptz", "'2024-02-29 12:00+02'", "timestamptz",
                         "'2024-02-29 10:00Z'", "'2024-02-29 05:00-05'"},
                 Example{"citext", "'Ärger'", "citext", "'äRGER'", "'ÄRGER'"},
                 Example{"citext", "'Иван'", "email", "'иВАН'", "'ИВАН'"},
                 Example{"email", "'a/B%'", "citext", "'A/b%'", "'a/b%'"},
                 Example{"interval", "'1 mon'", "interval", "'30 days'", "'-1 mons 1440:00:00'"},
                 Example{"jsonb", "'{\"a\": 1, \"bb\": [2.0]}'", "jsonb",
                         "'{\"bb\": [2], \"a\": 1.00}'", "'{\"bb\": [20e-1], \"a\": 5, \"a\": 1}'"},
                 Example{"numeric[]", "'{1.0,NULL}'", "numeric[]", "'{1,NULL}'", "'{1.00,NULL}'"},
                 Example{"citext[]", "'{A,\"b c\"}'", "citext[]", "'{a,\"B c\"}'", "'{a,\"b C\"}'"},
                 Example{"digits[]", "'{1.0}'", "digits[]", "'{1}'", "'{1.000}'"},
                 Example{"float8", "2", "int", "2", "2"},
                 Example{"timestamp", "'2024-02-29'", "date", "'2024-02-29'", "'2024-02-29'"});
    CAPTURE(example.parent_type, example.child_type);
    Keys keys{kParentAndChild};
    keys.make(example.parent_type, example.child_type);
    EndToEnd& road = keys.road();
    const std::string insert = "INSERT INTO c VALUES ";
    road.source("INSERT INTO p VALUES (" + std::string{example.parent} + ", 'one')");
    road.source(insert + "(1, " + example.child + ")");
    road.start();
    road.settle();
    CHECK(keys.joined() == "one1true");
    road.source(insert + "(2, " + example.other_child + ")");
    road.source("UPDATE p SET v = 'two'");
    road.settle();
    CHECK(keys.joined() == "two2true two2true");
    CHECK(road.differences() == 0);
    road.stop();
}

TEST_CASE("a text finds a char(n) with blanks at its end, as a foreign key does",
          "[road][postgres]") {
    Keys keys{kParentAndChild};
    EndToEnd& road = keys.road();
    keys.make("char(3)", "text");
    road.source("INSERT INTO p VALUES ('ab', 'one'); INSERT INTO c VALUES (1, 'ab  ')");
    road.start();
    road.settle();
    CHECK(keys.joined() == "one1true");
    road.source("INSERT INTO c VALUES (2, 'ab'), (3, 'ab '); UPDATE p SET v = 'two'");
    road.settle();
    CHECK(keys.joined() == "two1true two1true two1true");  // but to each other they are unlike
    CHECK(road.differences() == 0);
    road.stop();
}

TEST_CASE("a key that changes only in how it is written keeps its row", "[road][postgres]") {
    struct Example {
        const char *type, *before, *after;
    };
    const auto example =
        GENERATE(Example{"numeric", "1.0", "1.000"}, Example{"numeric", "10", "1e1"},
                 Example{"float8", "0", "'-0'"}, Example{"char(3)", "'a'", "'a '"},
                 Example{"citext", "'Äb'", "'äB'"}, Example{"interval", "'1 day'", "'24:00'"},
                 Example{"jsonb", "'[1.0]'", "'[1]'"}, Example{"float8[]", "'{0}'", "'{-0}'"});
    CAPTURE(example.type);
    Keys keys{R"yaml(
  p: {target: public.p, root: {row: p}, id: "'p/' || p.k", columns: {v: p.v}}
)yaml"};
    EndToEnd& road = keys.road();
    road.source("CREATE EXTENSION IF NOT EXISTS citext; CREATE TABLE p (k " +
                std::string{example.type} + " PRIMARY KEY, v text)");
    road.target("CREATE TABLE p (id uuid PRIMARY KEY, v text)");
    road.source("INSERT INTO p VALUES (" + std::string{example.before} + ", 'a')");
    road.start();
    road.settle();
    const std::string id = road.target_value("SELECT id FROM p");
    road.source("UPDATE p SET v = 'b', k = " + std::string{example.after});
    road.settle();
    CHECK(road.target_value("SELECT string_agg(id || v, ' ') FROM p") == id + "b");
    CHECK(road.differences() == 0);
    road.stop();
}

TEST_CASE("a group has one row for all keys that are equal, and its id does not move",
          "[road][postgres]") {
    struct Example {
        const char *type, *one, *other, *third;
    };
    const auto example =
        GENERATE(Example{"citext", "'ÄBC'", "'äbc'", "'Äbc'"},
                 Example{"interval", "'1 day'", "'24:00'", "'1 day 00:00'"},
                 Example{"jsonb", "'{\"a\": 1}'", "'{\"a\": 1.0}'", "'{\"a\": 2, \"a\": 1.00}'"},
                 Example{"citext[]", "'{A}'", "'{a}'", "'{\"a\"}'"});
    CAPTURE(example.type);
    Keys keys{R"yaml(
  g:
    target: public.g
    root: {group: {a: {from: a, key: m}, b: {from: b, key: m}}}
    id: "'g/' || key"
    columns: {n: a.n, q: "sum(b, q)", z: count(same)}
    sets: {same: {from: b, key: m, at: key}}
  b:
    target: public.b
    root: {row: b}
    id: "'b/' || b.id"
    parents: {gid: {of: g, root: b.m}, other: {of: g, row: b}}
    columns: {n: "a[b.m].n"}
)yaml"};
    EndToEnd& road = keys.road();
    const std::string type = example.type;
    const std::string one = example.one, other = example.other, third = example.third;
    road.source("CREATE EXTENSION citext; CREATE TABLE a (m " + type +
                " PRIMARY KEY, n text); CREATE TABLE b (id bigint PRIMARY KEY, m " + type +
                " REFERENCES a ON UPDATE CASCADE, q int);"
                "INSERT INTO a VALUES (" +
                one + ", 'x'); INSERT INTO b VALUES (1, " + other + ", 1), (2, " + one + ", 2)");
    road.target(
        "CREATE TABLE g (id uuid PRIMARY KEY, n text, q int, z int);"
        "CREATE TABLE b (id uuid PRIMARY KEY, gid uuid NOT NULL REFERENCES g,"
        " other uuid NOT NULL REFERENCES g, n text)");
    const auto rows = [&] {
        return road.target_value(
            "SELECT string_agg(concat(n, q, '/', z, (SELECT concat(count(*) FILTER (WHERE gid ="
            " other), string_agg(b.n, '')) FROM b WHERE gid = g.id)), ' ') FROM g");
    };
    road.start();
    road.settle();
    CHECK(rows() == "x3/22xx");
    const std::string id = road.target_value("SELECT id FROM g");
    // The very row that gave the key its spelling goes, another comes.
    road.source("DELETE FROM b WHERE id = 2; UPDATE a SET m = " + third + ", n = 'y'");
    road.source("INSERT INTO b VALUES (3, " + other + ", 5)");
    road.settle();
    CHECK(rows() == "y6/22yy");
    CHECK(road.target_value("SELECT id FROM g") == id);
    CHECK(road.differences() == 0);
    road.stop();
    road.start();
    road.source("UPDATE b SET m = m, q = 1");
    road.settle();
    CHECK(rows() == "y2/22yy");
    CHECK(road.differences() == 0);
    road.stop();
}

TEST_CASE("a root is found by any spelling of its key", "[road][postgres]") {
    Keys keys{R"yaml(
  p: {target: public.p, root: {row: p}, id: "'p/' || p.k || '/' || p.n", columns: {v: p.v}}
)yaml"};
    EndToEnd& road = keys.road();
    road.source(
        "CREATE EXTENSION citext; CREATE TABLE p (k citext, n interval, v text,"
        " PRIMARY KEY (k, n)); INSERT INTO p VALUES ('Äb/C', '1 mon', 'here')");
    road.target("CREATE TABLE p (id uuid PRIMARY KEY, v text)");
    road.start();
    road.settle();
    const std::string id = road.target_value("SELECT id FROM p");
    for (const char* name : {"äb%2Fc/720:00:00", "ÄB%2FC/30 days", "Äb%2Fc/1 mon"}) {
        CAPTURE(name);
        CHECK(road.command({"map", "get", "p", name}).output.find(id) != std::string::npos);
    }
    CHECK(road.differences() == 0);
    road.stop();
}
