// Tables of one name in several schemas, on both sides.
#include "service/status.hpp"
#include "tests/road/small_road.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("tables of one name in two schemas, of source and target, are not mistaken",
          "[road][postgres]") {
    SmallRoad road{
        "CREATE SCHEMA a; CREATE SCHEMA b;"
        "CREATE TABLE a.t (id bigint PRIMARY KEY, v text);"
        "CREATE TABLE b.t (id bigint PRIMARY KEY, v text);"
        "CREATE TABLE public.t (id bigint PRIMARY KEY, v text);"
        "INSERT INTO a.t VALUES (1, 'a1'), (2, 'a2'); INSERT INTO b.t VALUES (1, 'b1'), (3, 'b3');"
        "INSERT INTO t VALUES (1, 'not mapped')",
        "CREATE SCHEMA x; CREATE SCHEMA y;"
        "CREATE TABLE x.t (id uuid PRIMARY KEY, v text, other text);"
        "CREATE TABLE y.t (id uuid PRIMARY KEY, v text, a_id uuid REFERENCES x.t)",
        "relations: {t: {schema: a}, t2: {table: b.t}}\n"
        "entities:\n"
        "  ta: {target: x.t, root: {row: t}, id: \"'a/' || t.id\",\n"
        "    lookups: {other: \"t2[t.id]\"}, columns: {v: t.v, other: other.v}}\n"
        "  tb: {target: y.t, root: {row: t2, as: u}, id: \"'b/' || u.id\",\n"
        "    parents: {a_id: {of: ta, root: u.id, missing: park}}, columns: {v: u.v}}\n"};
    const auto rows = [&] {
        return road.target_value(
                   "SELECT string_agg(v || ' ' || coalesce(other, '-'), ',' ORDER BY "
                   "v) FROM x.t") +
               " " + road.target_value("SELECT string_agg(v, ',' ORDER BY v) FROM y.t");
    };
    road.start();
    road.settle();
    CHECK(rows() == "a1 b1,a2 - b1");
    CHECK(road.differences() == 0);

    road.source(
        "INSERT INTO a.t VALUES (3, 'a3'); UPDATE b.t SET v = 'b1+' WHERE id = 1;"
        "UPDATE t SET v = 'still not'; INSERT INTO t VALUES (2, 'nor this')");
    road.settle();
    CHECK(rows() == "a1 b1+,a2 -,a3 b3 b1+,b3");
    road.source("TRUNCATE b.t; INSERT INTO b.t VALUES (2, 'b2'), (9, 'b9'); TRUNCATE t");
    road.settle();
    CHECK(rows() == "a1 -,a2 b2,a3 - b2");
    CHECK_THAT(road.command({"quarantine", "list", "tb"}).output, ContainsSubstring("9"));
    CHECK(road.differences() == 0);

    road.stop();
    road.source("DELETE FROM a.t WHERE id = 1");
    road.start();
    road.settle();
    CHECK(rows() == "a2 b2,a3 - b2");
    CHECK(road.differences() == 0);
    const std::string plan = road.command({"plan"}).output;
    CHECK_THAT(plan, ContainsSubstring("a.t: id, v"));
    CHECK_THAT(plan, ContainsSubstring("b.t as t2: id, v"));
    road.stop();
}

TEST_CASE("names with dots, capitals, blanks and quotes go the whole road", "[road][postgres]") {
    SmallRoad road{
        "CREATE SCHEMA \"My.Schema\"; CREATE SCHEMA \"my.schema\";"
        "CREATE TABLE \"My.Schema\".\"T.1\" (id bigint PRIMARY KEY, \"V\" text);"
        "CREATE TABLE \"my.schema\".\"T.1\" (id bigint PRIMARY KEY, \"V\" text);"
        "CREATE TABLE \"say \"\"x\"\", y\" (id bigint PRIMARY KEY, secret text);"
        "INSERT INTO \"My.Schema\".\"T.1\" VALUES (1, 'upper'); "
        "INSERT INTO \"my.schema\".\"T.1\" VALUES (1, 'lower');"
        "INSERT INTO \"say \"\"x\"\", y\" VALUES (1, 's1')",
        "CREATE SCHEMA \"X y\"; CREATE TABLE \"X y\".\"T\" (id uuid PRIMARY KEY, u text, l text);"
        "CREATE TABLE \"T\" (id uuid PRIMARY KEY, s text)",
        "relations:\n"
        "  upper: {schema: My.Schema, table: T.1}\n"
        "  lower: {schema: my.schema, table: T.1}\n"
        "  said: {schema: public, table: 'say \"x\", y', secret: secret}\n"
        "entities:\n"
        "  both: {target: X y.T, root: {row: upper}, id: \"'u/' || key\",\n"
        "    columns: {u: upper.\"V\", l: \"lower[upper.id].\\\"V\\\"\"}}\n"
        "  said: {target: T, root: {row: said}, id: \"'s/' || key\",\n"
        "    columns: {s: {deferred: base64_password(said.secret), until: \"'!'\"}}}\n"};
    const auto row = [&] {
        return road.target_value("SELECT string_agg(u || ' ' || l, ',') FROM \"X y\".\"T\"") + " " +
               road.target_value("SELECT string_agg(s, ',' ORDER BY s) FROM \"T\"");
    };
    road.start();
    road.settle();
    CHECK(row() == "upper lower !");
    road.source(
        "UPDATE \"my.schema\".\"T.1\" SET \"V\" = 'deep';"
        "UPDATE \"My.Schema\".\"T.1\" SET \"V\" = 'high';"
        "UPDATE \"say \"\"x\"\", y\" SET secret = 'YWJj'");
    road.settle();
    CHECK(row() == "high deep abc");
    CHECK(road.differences() == 0);
    road.stop();
}

TEST_CASE("check says where a second name for one table stands", "[road][postgres]") {
    const SmallRoad road{
        "CREATE SCHEMA a; CREATE TABLE a.t (id bigint PRIMARY KEY, v text)",
        "CREATE TABLE t (id uuid PRIMARY KEY, v text);"
        "CREATE TABLE u (id uuid PRIMARY KEY, v text)",
        "relations:\n"
        "  t: {schema: a}\n"
        "  again: {table: a.t}\n"
        "entities:\n"
        "  t: {target: t, root: {row: t}, id: \"'t/' || key\", columns: {v: t.v}}\n"
        "  u: {target: u, root: {row: again}, id: \"'u/' || key\", columns: {v: "
        "again.v}}\n"};
    const CommandResult check = road.command({"check"});
    CHECK(check.status != 0);
    CHECK_THAT(check.output, ContainsSubstring("small.yaml:5:3"));
    CHECK_THAT(check.output, ContainsSubstring("one table is one relation"));
}
