// Rows that an earlier load wrote, whose source rows went, and of which nothing is known since the
// map of that load is lost. They are listed, and leave only if somebody says so.
#include "tests/road/small_road.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string mapping(const std::string& rule) {
    return "entities:\n"
           "  b:\n    target: public.b\n    root: {row: b}\n    id: \"'b/' || b.id\"\n"
           "    exists: b.good\n" +
           rule +
           "    columns:\n      old: b.id\n      code: {claim: b.code, else: \"'BR' || b.id\"}\n"
           "      status: \"'live'\"\n"
           "  c:\n    target: public.c\n    root: {row: c}\n    id: \"'c/' || c.id\"\n"
           "    parents: {b_id: {of: b, root: c.b}}\n    columns: {old: c.id}\n";
}

// Of eight b and a child of each: 7 and 8 went with their children, and of 6 the child alone, while
// no slot was there and the map was lost; 9 came and wants the code of 8; 5 is not carried any
// more.
class Lost {
public:
    explicit Lost(const std::string& rule = {})
        : road{
              "CREATE TABLE b (id bigint PRIMARY KEY, code text, good boolean DEFAULT true);"
              "INSERT INTO b SELECT g, 'B-' || g FROM generate_series(1, 8) AS g;"
              "CREATE TABLE c (id bigint PRIMARY KEY, b bigint);"
              "INSERT INTO c SELECT g, g FROM generate_series(1, 8) AS g",
              "CREATE TABLE b (id uuid PRIMARY KEY, old bigint, code text UNIQUE, status text);"
              "CREATE TABLE c (id uuid PRIMARY KEY, b_id uuid NOT NULL REFERENCES b, old bigint)",
              mapping(rule)} {
        road.start();
        road.settle();
        road.stop();
        CHECK(road.command({"drop", "--state", "--yes", "--forget"}).status == 0);
        road.source(
            "DELETE FROM c WHERE id IN (5, 6, 7, 8); DELETE FROM b WHERE id IN (7, 8);"
            "UPDATE b SET good = false WHERE id = 5; INSERT INTO b VALUES (9, 'B-8')");
        road.target(
            "INSERT INTO b VALUES (gen_random_uuid(), NULL, 'theirs', 'live');"
            "INSERT INTO c SELECT gen_random_uuid(), id, NULL FROM b WHERE old = 7");
        road.start();
        road.settle();
    }
    // The b of the target, the bridge's and others.
    std::string rows() const {
        return road.target_value(
                   "SELECT string_agg(coalesce(old::text, 'born') || '=' || code || '/' || status, "
                   "' ' ORDER BY old) FROM b") +
               ", " +
               road.target_value(
                   "SELECT string_agg(coalesce(old::text, 'born'), ' ' ORDER BY old) "
                   "FROM c");
    }
    std::string id(const std::string& table, int old) const {
        return road.target_value("SELECT id FROM " + table + " WHERE old = " + std::to_string(old));
    }
    SmallRoad road;
};

constexpr const char* kBefore =
    "1=B-1/live 2=B-2/live 3=B-3/live 4=B-4/live 5=B-5/live 6=B-6/live 7=B-7/live 8=B-8/live "
    "9=BR9/live born=theirs/live, 1 2 3 4 5 6 7 8 born";

}  // namespace

TEST_CASE("rows of a lost load that no root gives are listed, and leave when they are adopted",
          "[road][postgres]") {
    Lost it;
    CHECK(it.rows() == kBefore);
    const std::string listed = it.road.command({"verify", "--born", "--repair"}).output;
    for (const int old : {7, 8})
        CHECK_THAT(listed, ContainsSubstring("unknown b id " + it.id("b", old)));
    for (const int old : {5, 6, 7, 8})
        CHECK_THAT(listed, ContainsSubstring("unknown c id " + it.id("c", old)));
    CHECK_THAT(listed, ContainsSubstring("--adopt-unknown"));
    // A row of the target's own, and one under the id of a root that is not carried, are not meant.
    CHECK_THAT(listed, ContainsSubstring("born b id " + it.id("b", 5)));
    CHECK_THAT(listed, ContainsSubstring("id_taken b 5"));
    CHECK(it.road.target_value("SELECT 'born b id ' || id FROM b WHERE old IS NULL").size() > 0);
    CHECK_THAT(listed, ContainsSubstring(it.road.target_value(
                           "SELECT 'born b id ' || id FROM b WHERE old IS NULL")));
    CHECK(it.rows() == kBefore);

    const std::string adopted = it.road.command({"verify", "--adopt-unknown", "--repair"}).output;
    CHECK_THAT(adopted, ContainsSubstring("unknown rows: 5 removed, 0 kept as the mapping says, 1 "
                                          "left"));
    CHECK_THAT(adopted, ContainsSubstring("could not remove b id " + it.id("b", 7) +
                                          ": other rows refer to it"));
    CHECK(it.rows() ==
          "1=B-1/live 2=B-2/live 3=B-3/live 4=B-4/live 5=B-5/live 6=B-6/live 7=B-7/live 9=B-8/live "
          "born=theirs/live, 1 2 3 4 born");
    it.road.source("UPDATE b SET code = code || 'x'");
    it.road.settle();
    CHECK(it.road.runs());
    it.road.stop();
    it.road.start();
    it.road.settle();
    CHECK_THAT(it.road.command({"verify"}).output, ContainsSubstring("\n1 difference\n"));
}

TEST_CASE("what the mapping keeps of rows whose root went is kept of rows that nobody knows",
          "[road][postgres]") {
    Lost it{"    on_delete: {keep: {status: \"'kept'\"}}\n"};
    const std::string adopted = it.road.command({"verify", "--adopt-unknown"}).output;
    CHECK_THAT(adopted, ContainsSubstring("unknown rows: 4 removed, 2 kept as the mapping says, 0 "
                                          "left"));
    CHECK(it.rows() ==
          "1=B-1/live 2=B-2/live 3=B-3/live 4=B-4/live 5=B-5/live 6=B-6/live 7=B-7/kept 8=B-8/kept "
          "9=BR9/live born=theirs/live, 1 2 3 4 born");
}

TEST_CASE("with the map no row of the bridge is unknown", "[road][postgres]") {
    Lost it;
    const std::string json = it.road.command({"verify", "--born", "--json"}).output;
    CHECK_THAT(json,
               ContainsSubstring("\"unknown\":true") || ContainsSubstring("\"unknown\": true"));
    it.road.command({"verify", "--adopt-unknown"});
    it.road.source("INSERT INTO c VALUES (20, 1), (21, 2)");
    it.road.settle();
    it.road.stop();
    CHECK(it.road.command({"drop", "--state", "--yes"}).status == 0);
    it.road.source("DELETE FROM c WHERE id = 20");
    it.road.start();
    it.road.settle();
    const std::string listed = it.road.command({"verify", "--born"}).output;
    CHECK_THAT(listed, ContainsSubstring("unknown b id " + it.id("b", 7)));
    CHECK_THAT(listed, !ContainsSubstring("unknown c"));
    CHECK(it.road.target_value("SELECT count(*) FROM c WHERE old >= 20") == "1");
}

TEST_CASE("nothing is adopted without the running service", "[road][postgres]") {
    Lost it;
    it.road.stop();
    const CommandResult refused = it.road.command({"verify", "--adopt-unknown"});
    CHECK_THAT(refused.output, ContainsSubstring("--adopt-unknown needs the running service"));
    CHECK(refused.status == 2);
}
