// A load after another: the source went on while no slot kept its changes. What stands on the
// target afterwards is what a first load would have made, but for what users chose there.
#include "tests/road/small_road.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* kSource =
    "CREATE TABLE b (id bigint PRIMARY KEY, code text, status text);"
    "INSERT INTO b SELECT g, 'B-' || g, 'new' FROM generate_series(1, 8) AS g;"
    "CREATE TABLE c (id bigint PRIMARY KEY, b bigint, n int);"
    "INSERT INTO c SELECT g, (g + 1) / 2, g FROM generate_series(1, 16) AS g;"
    "CREATE TABLE d (id bigint PRIMARY KEY, b bigint);"
    "INSERT INTO d SELECT 4, 4";
constexpr const char* kTarget =
    "CREATE TABLE b (id uuid PRIMARY KEY, old bigint, code text UNIQUE, status text);"
    "CREATE TABLE g (id uuid PRIMARY KEY, b_id uuid NOT NULL REFERENCES b, total bigint)";
constexpr const char* kMapping = R"yaml(
entities:
  b:
    target: public.b
    root: {row: b}
    id: "'b/' || b.id"
    columns:
      old: b.id
      code: {claim: b.code, else: "'BR' || b.id"}
      status: {value: b.status, owner: until_changed}
  g:
    target: public.g
    root: {group: {c: {from: c, key: b}, d: {from: d, key: b}}}
    id: "'g/' || key.b"
    parents: {b_id: {of: b, root: key.b}}
    columns: {total: "sum(c, n) + count(d)"}
)yaml";

class Reload {
public:
    explicit Reload(const std::string& mapping = kMapping) : road{kSource, kTarget, mapping} {
        road.start();
        road.settle();
    }
    std::string codes() const {
        return road.target_value("SELECT string_agg(old || '=' || code, ' ' ORDER BY old) FROM b");
    }
    std::string totals() const {
        return road.target_value(
            "SELECT string_agg(old || '=' || total, ' ' ORDER BY old) FROM g JOIN b ON b.id = "
            "b_id");
    }
    std::string status(int old) const {
        return road.target_value("SELECT status FROM b WHERE old = " + std::to_string(old));
    }
    void drop(const std::vector<std::string>& more = {}) {
        road.stop();
        std::vector<std::string> words{"drop", "--state", "--yes"};
        words.insert(words.end(), more.begin(), more.end());
        const CommandResult dropped = road.command(words);
        INFO(dropped.output);
        REQUIRE(dropped.status == 0);
    }
    void load() {
        road.start();
        road.settle();
        CHECK(road.differences() == 0);
    }
    std::filesystem::path map() const { return road.folder() / "state" / "previous.map"; }
    SmallRoad road;
};

}  // namespace

TEST_CASE("values exchanged and rows gone while no slot was there come right with a new load",
          "[road][postgres]") {
    Reload it;
    CHECK(it.codes() == "1=B-1 2=B-2 3=B-3 4=B-4 5=B-5 6=B-6 7=B-7 8=B-8");
    CHECK(it.totals() == "1=3 2=7 3=11 4=16 5=19 6=23 7=27 8=31");
    it.road.target("UPDATE b SET status = 'chosen' WHERE old = 4");
    it.drop();
    CHECK(std::filesystem::exists(it.map()));
    it.road.source(
        "UPDATE b SET code = CASE id WHEN 1 THEN 'B-2' WHEN 2 THEN 'B-3' ELSE 'B-1' END "
        "WHERE id IN (1, 2, 3);"
        "DELETE FROM b WHERE id = 8; DELETE FROM c WHERE b IN (7, 8);"
        "INSERT INTO b VALUES (9, 'B-8', 'new'); UPDATE b SET status = 'next' WHERE id IN (4, 5)");
    it.load();
    CHECK(it.codes() == "1=B-2 2=B-3 3=B-1 4=B-4 5=B-5 6=B-6 7=B-7 9=B-8");
    CHECK(it.totals() == "1=3 2=7 3=11 4=16 5=19 6=23");
    CHECK(it.status(4) == "chosen");
    CHECK(it.status(5) == "next");
    CHECK_FALSE(std::filesystem::exists(it.map()));

    SECTION("and the stream goes on from there") {
        it.road.source(
            "UPDATE b SET status = 'last' WHERE id IN (4, 5); DELETE FROM c WHERE b = 1");
        it.road.settle();
        CHECK(it.status(4) == "chosen");
        CHECK(it.status(5) == "last");
        CHECK(it.totals() == "2=7 3=11 4=16 5=19 6=23");
        CHECK(it.road.differences() == 0);
    }
    SECTION("and another one follows") {
        it.drop();
        it.road.source("DELETE FROM c; UPDATE b SET status = 'last' WHERE id = 5");
        it.load();
        CHECK(it.status(5) == "last");
        CHECK(it.totals().empty());
    }
}

TEST_CASE("a load that is killed finds the map again", "[road][postgres]") {
    const std::string point = GENERATE("slot_created", "images_loaded", "before_commit");
    CAPTURE(point);
    Reload it;
    it.drop();
    it.road.source(
        "UPDATE b SET code = CASE id WHEN 1 THEN 'B-2' ELSE 'B-1' END WHERE id IN (1, 2);"
        "DELETE FROM b WHERE id = 8; DELETE FROM c WHERE b >= 7;"
        "UPDATE b SET status = 'next' WHERE id = 5");
    it.road.start_armed(point);
    CHECK(it.road.wait_for_end() == kKilled);
    it.load();
    CHECK(it.codes() == "1=B-2 2=B-1 3=B-3 4=B-4 5=B-5 6=B-6 7=B-7");
    CHECK(it.totals() == "1=3 2=7 3=11 4=16 5=19 6=23");
    CHECK(it.status(5) == "next");
}

TEST_CASE("a target that was emptied, or lost rows, is filled again", "[road][postgres]") {
    const std::string sql =
        GENERATE("TRUNCATE b CASCADE", "DELETE FROM g", "DELETE FROM g WHERE total < 20");
    CAPTURE(sql);
    Reload it;
    const std::string totals = it.totals();
    it.drop();
    it.road.target(sql);
    it.road.source("UPDATE b SET code = CASE id WHEN 1 THEN 'B-2' ELSE 'B-1' END WHERE id <= 2");
    it.load();
    CHECK(it.codes() == "1=B-2 2=B-1 3=B-3 4=B-4 5=B-5 6=B-6 7=B-7 8=B-8");
    CHECK(it.totals() == totals);
}

TEST_CASE("a load without the map knows rows by their ids, and removes none", "[road][postgres]") {
    Reload it;
    it.road.target("UPDATE b SET status = 'chosen' WHERE old = 4");
    it.drop({"--forget"});
    CHECK_FALSE(std::filesystem::exists(it.map()));
    it.road.source(
        "UPDATE b SET code = CASE id WHEN 1 THEN 'B-2' WHEN 2 THEN 'B-3' ELSE 'B-1' END "
        "WHERE id IN (1, 2, 3); DELETE FROM c WHERE b = 6; INSERT INTO b VALUES (9, 'B-9', 'new')");
    it.load();
    CHECK(it.codes() == "1=B-2 2=B-3 3=B-1 4=B-4 5=B-5 6=B-6 7=B-7 8=B-8 9=B-9");
    CHECK(it.totals() == "1=3 2=7 3=11 4=16 5=19 6=23 7=27 8=31");
    CHECK(it.status(4) == "chosen");
    // What stands was the bridge's own where it is what the bridge would write.
    it.road.source("UPDATE b SET status = 'next' WHERE id IN (4, 5)");
    it.road.settle();
    CHECK(it.status(4) == "chosen");
    CHECK(it.status(5) == "next");
    CHECK(it.road.differences() == 0);
}

TEST_CASE("values exchanged on the target by hand are found, and put back", "[road][postgres]") {
    const std::vector<int> circle =
        GENERATE(std::vector<int>{6, 7}, std::vector<int>{7, 6}, std::vector<int>{1, 2, 3},
                 std::vector<int>{3, 2, 1}, std::vector<int>{8, 1}, std::vector<int>{2, 5, 1, 7});
    CAPTURE(circle);
    Reload it;
    const std::string codes = it.codes();
    const auto set = [&](int old, const std::string& code) {
        it.road.target("UPDATE b SET code = '" + code + "' WHERE old = " + std::to_string(old));
    };
    for (const int old : circle)
        set(old, "x" + std::to_string(old));
    for (std::size_t i = 0; i < circle.size(); ++i)
        set(circle[i], "B-" + std::to_string(circle[(i + 1) % circle.size()]));
    REQUIRE(it.codes() != codes);
    CHECK(it.road.differences() > 0);
    INFO(it.road.command({"verify", "--repair"}).output);
    CHECK(it.codes() == codes);
    CHECK(it.road.differences() == 0);
}

TEST_CASE("a damaged map stops the load, and says what to do", "[road][postgres]") {
    Reload it;
    it.drop();
    const std::string text = text_of(it.map());
    const std::string cut =
        GENERATE_COPY(text.substr(0, text.size() - 1), text.substr(0, 9),
                      text.substr(0, text.size() / 2) + "x" + text.substr(text.size() / 2 + 1));
    std::ofstream{it.map(), std::ios::binary} << cut;
    it.road.start_armed("never");
    CHECK(it.road.wait_for_end() == 3);
    CHECK_THAT(it.road.log_end(), ContainsSubstring("previous.map"));
    CHECK_THAT(it.road.log_end(), ContainsSubstring("remove it"));
    std::ofstream{it.map(), std::ios::binary} << text;
    it.load();
}

TEST_CASE("the map serves another mapping, where it is alike", "[road][postgres]") {
    std::string mapping = kMapping;
    const auto replace = [&](const std::string& from, const std::string& to) {
        const std::size_t at = mapping.find(from);
        REQUIRE(at != std::string::npos);
        mapping.replace(at, from.size(), to);
    };
    Reload it;
    it.drop();
    it.road.source("DELETE FROM c WHERE b = 6; UPDATE b SET status = 'next' WHERE id = 5");
    SECTION("another order of the entities and a claim less") {
        replace("code: {claim: b.code, else: \"'BR' || b.id\"}", "code: b.code");
        it.road.target("ALTER TABLE b DROP CONSTRAINT b_code_key");  // nothing covers it now
        const std::size_t g = mapping.find("  g:\n");
        mapping = "\nentities:\n" + mapping.substr(g) + mapping.substr(11, g - 11);
    }
    SECTION("another claim") {
        replace("code: {claim: b.code, else: \"'BR' || b.id\"}",
                "code: {claim: b.code, order: b.id desc, else: \"'BR' || b.id\"}");
    }
    SECTION("a column more") {
        it.road.target("ALTER TABLE g ADD more text");
        replace("{total:", "{more: \"'x'\", total:");
    }
    it.road.remap(mapping);
    it.load();
    CHECK(it.codes() == "1=B-1 2=B-2 3=B-3 4=B-4 5=B-5 6=B-6 7=B-7 8=B-8");
    CHECK(it.totals() == "1=3 2=7 3=11 4=16 5=19 7=27 8=31");
    CHECK(it.status(5) == "next");
}

TEST_CASE("another load leaves an id to the root that owns it", "[road][postgres]") {
    // Of entities that share a table and an id the first by name owns it.
    SmallRoad road{
        "CREATE TABLE p (id bigint PRIMARY KEY); CREATE TABLE q (id bigint PRIMARY KEY);"
        "INSERT INTO p VALUES (1), (2); INSERT INTO q VALUES (2), (3)",
        "CREATE TABLE t (id uuid PRIMARY KEY, v text)",
        "entities:\n"
        "  a: {target: public.t, root: {row: p}, id: \"'t/' || p.id\", columns: {v: \"'a' || "
        "p.id\"}}\n"
        "  b: {target: public.t, root: {row: q}, id: \"'t/' || q.id\", columns: {v: \"'b' || "
        "q.id\"}}\n"};
    const auto values = [&] {
        return road.target_value("SELECT string_agg(v, ' ' ORDER BY v) FROM t");
    };
    road.start();
    road.settle();
    CHECK(values() == "a1 a2 b3");
    road.stop();
    CHECK(road.command({"drop", "--state", "--yes"}).status == 0);
    road.start();
    road.settle();
    CHECK(values() == "a1 a2 b3");
    CHECK(road.differences() == 0);
}
