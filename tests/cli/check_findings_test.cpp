// What can never work is found by check before the first row, with its place and what to write; and
// what works is no finding.
#include "tests/cli/program.hpp"

using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

// Tables and a mapping of one entity `e`, from public.s to public.t.
class Small {
public:
    Small(const std::string& source, const std::string& target, const std::string& columns,
          const std::string& more = "", Cluster& cluster = Cluster::shared())
        : shop_{cluster} {
        shop_.on_source("CREATE TABLE s (id bigint PRIMARY KEY, " + source + ")");
        shop_.on_target(
            "CREATE TYPE mood AS ENUM ('sad', 'happy');"
            "CREATE TABLE t (id uuid PRIMARY KEY, " +
            target + ")");
        map(columns, more);
    }
    void map(const std::string& columns, const std::string& more = "") const {
        shop_.program().write("shop.yaml",
                              "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\n"
                              "entities:\n  e:\n    target: public.t\n    root: {row: s}\n"
                              "    id: \"'s/' || s.id\"\n    columns:\n" +
                                  columns + more);
    }
    Answer check() const { return shop_.check(); }
    const Shop& shop() const { return shop_; }

private:
    Shop shop_;
};

}  // namespace

TEST_CASE("check says nothing of the types of a mapping that works", "[cli][postgres]") {
    const Shop shop;
    const Answer answer = shop.check();
    CHECK(answer.status == 0);
    CHECK_FALSE(answer.says("entities."));
    CHECK_FALSE(answer.says("origin is free"));
}

TEST_CASE("check finds types that no value of the column can have, and says what to write",
          "[cli][postgres]") {
    const Small small(
        "day text, at timestamp, n integer, f boolean, born date, amount numeric, seen timestamptz",
        "a date, b timestamptz, c uuid, d integer, e boolean, g integer, h date, i timestamptz, "
        "j date",
        "      a: s.day\n"
        "      b: coalesce(s.at, s.seen)\n"
        "      c: s.n\n"
        "      d: s.f\n"
        "      e: \"if(s.n > 1, s.day, 'yes')\"\n"
        "      g: s.amount\n"
        "      h: s.at\n"
        "      i: s.born\n"
        "      j: s.seen\n");
    const Answer answer = small.check();
    CHECK(answer.status == 1);
    CHECK(
        answer.says("shop.yaml:10:21: entities.e.columns.b: \"s.at\" is of type timestamp without "
                    "time zone, and the target's column is timestamp with time zone"));
    CHECK(answer.fix("columns.b") == "write at_zone(s.at, 'Zone')");
    CHECK(answer.says("warning: "));
    CHECK(answer.fix("columns.a: \"s.day\" is of type text, and the target's column is date") ==
          "write date(s.day)");
    CHECK(
        answer.says("entities.e.columns.c: \"s.n\" is of type integer, and the target's column is "
                    "uuid: no value of it can be written"));
    CHECK(answer.fix("columns.d") == "write if(s.f, 1, 0)");
    CHECK(answer.fix("columns.e") == "write flag(num(s.day))");
    CHECK(answer.fix("columns.g") == "write int(s.amount)");
    CHECK_FALSE(answer.says("columns.h"));
    CHECK(answer.fix("columns.i") == "write midnight(s.born, 'Zone')");
    CHECK(answer.fix("columns.j") == "write local_date(s.seen, 'Zone')");
    CHECK(answer.says("3 errors, "));
    // What the fixes say is no finding any more.
    small.map(
        "      a: date(s.day)\n"
        "      b: \"coalesce(at_zone(s.at, 'Europe/Berlin'), s.seen)\"\n"
        "      d: if(s.f, 1, 0)\n"
        "      e: flag(num(s.day))\n"
        "      g: int(s.amount)\n"
        "      i: midnight(s.born, 'UTC')\n"
        "      j: local_date(s.seen, 'UTC')\n");
    const Answer fixed = small.check();
    CHECK(fixed.status == 0);
    CHECK_FALSE(fixed.says("entities.e"));
}

TEST_CASE("check finds constants that the column's type does not know", "[cli][postgres]") {
    const Small small("n integer",
                      "mood mood, tags text[], code varchar(3), few numeric(3,1), day date, "
                      "ok mood, also text[], long varchar(8)",
                      "      mood: \"if(s.n > 1, 'happy', 'sadd')\"\n"
                      "      tags: \"'a,b'\"\n"
                      "      code: \"'four'\"\n"
                      "      few: \"100.5\"\n"
                      "      day: \"'2020-02-30'\"\n"
                      "      ok: \"coalesce('sad', null)\"\n"
                      "      also: \"'{a,b}'\"\n"
                      "      long: \"'customer_' || s.n\"\n");
    const Answer answer = small.check();
    CHECK(answer.status == 1);
    CHECK(answer.fix("'sadd' is no value of the target's column, which is mood") ==
          "one of 'sad', 'happy'");
    CHECK(answer.fix("'a,b' is no value") == "'{a,b}' is how an array is written");
    CHECK(
        answer.says("columns.code: 'four' has at least 4 characters, and the target's column is "
                    "character varying(3)"));
    CHECK(answer.says("columns.few: 100.5 is no value"));
    CHECK(answer.says("columns.day: '2020-02-30' is no value"));
    CHECK(answer.says("columns.long: 'customer_' || s.n has at least 9 characters"));
    CHECK(answer.says("6 errors"));
}

TEST_CASE("check finds NULL and shared fallbacks where the column takes none", "[cli][postgres]") {
    const Small small(
        "up bigint, name text, n integer",
        "up uuid NOT NULL REFERENCES t (id), a text NOT NULL UNIQUE, b text UNIQUE, c text UNIQUE, "
        "n bigint GENERATED ALWAYS AS IDENTITY",
        "      a: {claim: s.name, else: null}\n"
        "      b: {claim: s.name, else: \"'none'\"}\n"
        "      c: {claim: s.name, else: null}\n"
        "      n: s.n\n",
        "    parents:\n"
        "      up: {of: e, root: s.up, missing: detach, gone: detach}\n");
    const Answer answer = small.check();
    CHECK(answer.status == 1);
    const std::string table = "ALTER TABLE \"public\".\"t\" ALTER COLUMN ";
    CHECK(answer.fix("entities.e.parents.up: missing: detach writes NULL") ==
          table + "\"up\" DROP NOT NULL; -- or missing: park");
    CHECK(answer.says("gone: detach writes NULL"));
    CHECK(answer.fix("columns.a: who loses the claim gets NULL") ==
          "columns: {a: {claim: ..., else: \"'a_' || key\"}}");
    CHECK(answer.says("columns.b: all who lose the claim get one value (else: 'none')"));
    CHECK_FALSE(answer.says("columns.c"));
    CHECK(answer.says("5 errors"));
    const std::string fix = answer.fix("columns.n: the column is GENERATED ALWAYS AS IDENTITY");
    REQUIRE(fix == table + "\"n\" SET GENERATED BY DEFAULT;");
    small.shop().on_target(fix);
    CHECK(small.check().says("4 errors"));
}

TEST_CASE("check finds that the target has no room for a replication origin", "[cli][postgres]") {
    Cluster none(
        {.settings = {
             {"max_replication_slots", "0"}, {"max_wal_senders", "0"}, {"wal_level", "replica"}}});
    const Shop shop;
    const std::string target = none.create_database("room_target");
    none.execute(target, read_text(Program::source_file("tests/mappings/shop/target.sql")));
    shop.program().configure(shop.cluster().conninfo(shop.source()), none.conninfo(target));
    Answer answer = shop.check();
    CHECK(answer.status == 1);
    CHECK_THAT(answer.fix("target: max_replication_slots is 0"),
               ContainsSubstring("ALTER SYSTEM SET max_replication_slots = 2;"));
    CHECK(answer.says("1 error"));
    none.execute("postgres", "ALTER SYSTEM SET max_replication_slots = 1");
    none.restart();
    CHECK(shop.check().status == 0);
    none.execute("postgres", "SELECT pg_replication_origin_create('other');");
    CHECK(shop.check().status == 0);
    // Set up once, it keeps its place after its session ended.
    none.execute("postgres",
                 "SELECT pg_replication_origin_session_setup('other');"
                 "BEGIN; SELECT pg_replication_origin_xact_setup('0/1', now());"
                 "CREATE TABLE written (); COMMIT");
    answer = shop.check();
    CHECK(answer.status == 1);
    CHECK(answer.says("max_replication_slots is 1, and others are in use (other)"));
}

TEST_CASE("check finds that the source has no slot left", "[cli][postgres]") {
    Cluster full({.settings = {{"max_replication_slots", "1"}}});
    const Shop shop{full};
    CHECK(shop.check().status == 0);
    full.execute("postgres", "SELECT pg_create_physical_replication_slot('standby')");
    const Answer answer = shop.check();
    CHECK(answer.status == 1);
    CHECK_THAT(answer.fix("has no free replication slot for " + shop.source()),
               ContainsSubstring("ALTER SYSTEM SET max_replication_slots = 3;"));
    CHECK(answer.says("1 error"));
}

TEST_CASE("check lets a partition be mapped by its own name", "[cli][postgres]") {
    const Small small("day date", "day date", "      day: s.day\n");
    small.shop().on_source(
        "DROP TABLE s; CREATE TABLE whole (id bigint, day date, PRIMARY KEY (id)) PARTITION BY "
        "RANGE (id); CREATE TABLE s PARTITION OF whole FOR VALUES FROM (0) TO (10)");
    CHECK(small.check().status == 0);
    small.shop().on_source("ALTER TABLE s RENAME TO leaf; ALTER TABLE whole RENAME TO s");
    CHECK(small.check().says("is partitioned or inherited"));
}
