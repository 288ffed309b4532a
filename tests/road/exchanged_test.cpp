// Unique values that somebody exchanged on the target by hand, where the rows have nothing else to
// write meanwhile, or are not written as a whole.
#include "tests/road/small_road.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

class Exchanged {
public:
    explicit Exchanged(const std::string& type, const std::string& rule = {})
        : road{
              "CREATE TABLE t (id bigint PRIMARY KEY, v text, good boolean DEFAULT true);"
              "INSERT INTO t SELECT g, CASE WHEN g < 4 THEN 'v' ELSE 'v' || g END FROM "
              "generate_series(1, 6) AS g",
              "CREATE TABLE t (id uuid PRIMARY KEY, old bigint, v " + type + " UNIQUE, s text)",
              "entities:\n  t:\n    target: public.t\n    root: {row: t}\n    id: \"'t/' || "
              "t.id\"\n" +
                  rule +
                  "    columns:\n      old: t.id\n      s: \"if(t.good, 'live', reject('bad'))\"\n"
                  "      v: {claim: t.v, else: \"'fb' || t.id\"}\n"} {
        road.start();
        road.settle();
        CHECK(values() == kRight);
    }
    std::string values() const {
        return road.target_value("SELECT string_agg(old || '=' || v, ' ' ORDER BY old) FROM t");
    }
    void exchange(int a, int b) const {
        const std::string first = std::to_string(a), second = std::to_string(b);
        road.target(
            "CREATE TEMP TABLE was AS SELECT old, v FROM t; UPDATE t SET v = 'x' WHERE old = " +
            first + "; UPDATE t SET v = (SELECT v FROM was WHERE old = " + first +
            ") WHERE old = " + second + "; UPDATE t SET v = (SELECT v FROM was WHERE old = " +
            second + ") WHERE old = " + first);
    }
    static constexpr const char* kRight = "1=v 2=fb2 3=fb3 4=v4 5=v5 6=v6";
    SmallRoad road;
};

}  // namespace

TEST_CASE("values of rows that lost a claim are put back as well", "[road][postgres]") {
    const std::string type = GENERATE("text", "text NOT NULL", "varchar(40) NOT NULL");
    CAPTURE(type);
    Exchanged it{type};
    it.exchange(2, 3);
    CHECK(it.values() == "1=v 2=fb3 3=fb2 4=v4 5=v5 6=v6");
    SECTION("by a repair") {
        CHECK(it.road.command({"verify", "--repair"}).status == 1);
        CHECK(it.values() == Exchanged::kRight);
    }
    SECTION("of three") {
        it.exchange(3, 4);
        CHECK(it.road.command({"verify", "--repair"}).status == 1);
        CHECK(it.values() == Exchanged::kRight);
    }
    SECTION("by a change of one that needs the value") {
        it.road.source("UPDATE t SET v = 'fb3' WHERE id = 4");
        it.road.settle();
        CHECK(it.values() == "1=v 2=fb2 3=fb3 4=fb4 5=v5 6=v6");
    }
    CHECK(it.road.differences() == 0);
    CHECK(it.road.command({"quarantine", "list"}).output == "nothing is in quarantine\n");
}

TEST_CASE("a row that is only kept gives up a value that somebody put there", "[road][postgres]") {
    const bool gone = GENERATE(true, false);
    CAPTURE(gone);
    Exchanged it{"text NOT NULL", "    on_delete: {keep: {s: \"'left'\"}}\n"};
    it.road.source(gone ? "DELETE FROM t WHERE id = 6" : "UPDATE t SET good = false WHERE id = 6");
    it.road.settle();
    CHECK(it.values() == Exchanged::kRight);
    it.exchange(5, 6);
    CHECK_THAT(it.road.command({"verify"}).output, ContainsSubstring("different t 5"));
    CHECK(it.road.command({"verify", "--repair"}).status == 1);
    // What it had itself is free now.
    CHECK(it.values() == "1=v 2=fb2 3=fb3 4=v4 5=v5 6=fb6");
    CHECK(it.road.differences() == 0);
    it.road.source("INSERT INTO t VALUES (7, 'v6')");
    it.road.settle();
    CHECK(it.values() == "1=v 2=fb2 3=fb3 4=v4 5=v5 6=fb6 7=v6");
    CHECK(it.road.differences() == 0);
}

TEST_CASE("a row that leaves gives up a value that somebody put there", "[road][postgres]") {
    Exchanged it{"text NOT NULL"};
    it.exchange(4, 5);
    it.road.source(
        "BEGIN; UPDATE t SET v = 'v4', good = good WHERE id = 3; DELETE FROM t WHERE id = 5;"
        "DELETE FROM t WHERE id = 4; COMMIT");
    it.road.settle();
    CHECK(it.road.runs());
    CHECK(it.values() == "1=v 2=fb2 3=v4 6=v6");
    CHECK(it.road.differences() == 0);
}
