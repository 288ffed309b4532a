// A unique value whose holder was to give it up, and was refused by the target: it goes to the root
// that wants it once the holder has given it up, and to nobody before.
#include "tests/road/small_road.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* kMapping =
    "entities: {t: {target: public.t, root: {row: t}, id: \"'t/' || t.id\", columns: {old: t.id, "
    "r: t.r, v: {claim: t.v, else: \"'t' || t.id\"}}}}\n";

class Refused {
public:
    Refused()
        : road{
              "CREATE TABLE t (id bigint PRIMARY KEY, v text, r int);"
              "INSERT INTO t SELECT g, 'v' || g, 1 FROM generate_series(1, 9) AS g",
              "CREATE TABLE t (id uuid PRIMARY KEY, old bigint, v text UNIQUE, r int CHECK (r < "
              "100))",
              kMapping} {
        road.start();
        road.settle();
    }
    // What the row of a root carries.
    std::string value(int root) const {
        return road.target_value("SELECT v FROM t WHERE old = " + std::to_string(root));
    }
    void change(const std::string& sql) {
        road.source(sql);
        road.settle();
        CHECK(road.runs());
        CHECK(road.differences() == 0);
    }
    SmallRoad road;
};

}  // namespace

TEST_CASE("a value that a refused row goes on holding goes to who wants it when that is put right",
          "[road][postgres]") {
    const int holder = GENERATE(3, 7);
    const bool one_batch = GENERATE(true, false);
    CAPTURE(holder, one_batch);
    const int wants = 5;
    const std::string of_holder = " WHERE id = " + std::to_string(holder);
    const std::string old = "v" + std::to_string(holder);
    Refused it;
    const std::string first = "UPDATE t SET v = 'new', r = 500" + of_holder;
    const std::string second = "UPDATE t SET v = '" + old + "' WHERE id = 5";
    if (one_batch) {
        it.change(first + "; " + second);
    } else {
        it.change(first);
        it.change(second);
    }
    // The lowest root holds it, as among rows that nothing is wrong with.
    CHECK(it.value(wants) == (holder < wants ? "t5" : old));
    CHECK_THAT(it.road.command({"quarantine", "list"}).output, ContainsSubstring("t_r_check"));
    it.change("UPDATE t SET r = 2" + of_holder);
    CHECK(it.value(wants) == old);
    CHECK(it.value(holder) == "new");
}

TEST_CASE("several rows that wait for values of refused rows come to theirs", "[road][postgres]") {
    Refused it;
    // 2 waits for the value of 1, 3 for that of 2; what 1 is to carry is refused.
    it.change(
        "UPDATE t SET v = 'w' || id, r = 500 WHERE id = 1; UPDATE t SET v = 'v1' WHERE id = 2;"
        "UPDATE t SET v = 'v2' WHERE id = 3");
    CHECK(it.value(1) == "v1");
    CHECK(it.value(2) == "t2");
    CHECK(it.value(3) == "v2");
    it.change("UPDATE t SET r = 3 WHERE id = 1");
    CHECK(it.value(1) == "w1");
    CHECK(it.value(2) == "v1");
    CHECK(it.value(3) == "v2");
}

TEST_CASE("a value in a row that cannot be changed at all is asked for again when it is given up",
          "[road][postgres]") {
    const int holder = GENERATE(3, 7);
    CAPTURE(holder);
    const std::string of_holder = " WHERE id = " + std::to_string(holder);
    const std::string old = "v" + std::to_string(holder);
    Refused it;
    it.road.target(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'not this row' "
        "USING ERRCODE = '23514'; END$$;"
        "CREATE TRIGGER t BEFORE UPDATE ON t FOR EACH ROW WHEN (OLD.old = " +
        std::to_string(holder) + ") EXECUTE FUNCTION no()");
    it.road.source("UPDATE t SET v = 'new'" + of_holder + "; UPDATE t SET v = '" + old +
                   "' WHERE id = 5");
    it.road.settle();
    CHECK(it.value(holder) == old);
    CHECK(it.value(5) == "t5");
    it.road.target("DROP TRIGGER t ON t");
    it.change("UPDATE t SET r = 2" + of_holder);
    CHECK(it.value(holder) == "new");
    CHECK(it.value(5) == old);
}

TEST_CASE("a value whose holder refers to a refused row goes to who wants it", "[road][postgres]") {
    const std::string deferred = GENERATE("", " DEFERRABLE INITIALLY DEFERRED");
    const int holder = GENERATE(3, 7);
    CAPTURE(deferred, holder);
    const std::string of_holder = " WHERE id = " + std::to_string(holder);
    const std::string old = "v" + std::to_string(holder);
    SmallRoad road{
        "CREATE TABLE p (id bigint PRIMARY KEY, r int); INSERT INTO p VALUES (1, 1);"
        "CREATE TABLE t (id bigint PRIMARY KEY, p bigint, v text);"
        "INSERT INTO t SELECT g, 1, 'v' || g FROM generate_series(1, 9) AS g",
        "CREATE TABLE p (id uuid PRIMARY KEY, r int CHECK (r < 100));"
        "CREATE TABLE t (id uuid PRIMARY KEY, old bigint, v text UNIQUE,"
        " p uuid NOT NULL REFERENCES p" +
            deferred + ")",
        "entities:\n"
        "  p: {target: public.p, root: {row: p}, id: \"'p/' || p.id\", columns: {r: p.r}}\n"
        "  t: {target: public.t, root: {row: t}, id: \"'t/' || t.id\", parents: {p: {of: "
        "p, root: t.p}}, columns: {old: t.id, v: {claim: t.v, else: \"'t' || t.id\"}}}\n"};
    road.start();
    road.settle();
    const auto value = [&](int root) {
        return road.target_value("SELECT v FROM t WHERE old = " + std::to_string(root));
    };
    // The holder is to give its value up and to come under a row that the target refuses.
    road.source("BEGIN; INSERT INTO p VALUES (2, 500); UPDATE t SET v = 'new', p = 2" + of_holder +
                "; UPDATE t SET v = '" + old + "' WHERE id = 5; COMMIT");
    road.settle();
    CHECK(road.differences() == 0);
    // The lowest root holds it; the holder's last good row stands.
    CHECK(value(5) == (holder < 5 ? "t5" : old));
    road.source("UPDATE p SET r = 5 WHERE id = 2");
    road.settle();
    CHECK(road.differences() == 0);
    CHECK(value(5) == old);
    CHECK(value(holder) == "new");
}
