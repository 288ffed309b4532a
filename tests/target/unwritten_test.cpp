// Rows that the target takes without an error and does not write.
#include "tests/target/target_fixture.hpp"

#include <chrono>
#include <thread>

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

Value text(std::string value) { return value; }

using Roots = std::set<RootRef>;

// Rows named 'bad' are neither written nor deleted.
const std::string kSwallow =
    "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF TG_OP = 'DELETE' THEN IF OLD.name = 'bad' THEN RETURN NULL; END IF; RETURN OLD; END IF;"
    " IF NEW.name = 'bad' THEN RETURN NULL; END IF; RETURN NEW; END $$;";

std::string table(const std::string& events, const std::string& more = "") {
    return "CREATE TABLE t (id uuid PRIMARY KEY, name text" + more + ");" + kSwallow +
           "CREATE TRIGGER swallow BEFORE " + events +
           " ON t FOR EACH ROW EXECUTE FUNCTION swallow()";
}

}  // namespace

TEST_CASE("a new row that a trigger drops is refused, whichever way it is written",
          "[target][postgres]") {
    for (const bool loading : {false, true}) {
        for (const std::size_t merge_rows : {std::size_t{1'000'000}, std::size_t{1}}) {
            for (const std::uint64_t size : {1, 2, 64, 65, 300}) {
                Target target{table("INSERT"), {spec("t", {column("name")})}, merge_rows};
                TargetBatch batch{.loading = loading};
                for (std::uint64_t i = 1; i <= size; ++i)
                    batch.writes.push_back(insertion(0, i, {text("good")}));
                const std::uint64_t bad = size / 2 + 1;
                batch.writes[bad - 1].values[0] = text("bad");
                const BatchAnswer answer = target.apply(batch);
                REQUIRE(refused_roots(answer) == Roots{root(0, bad)});
                CHECK(answer.refused[0].sqlstate == kNotWritten);
                CHECK(answer.refused[0].table == "t");
                CHECK(answer.refused[0].constraint == "swallow");
                CHECK(answer.refused[0].message ==
                      "not_written: the target did not write the row (trigger swallow on "
                      "public.t)");
                CHECK(target.dump("t").empty());

                std::erase_if(batch.writes,
                              [&](const RowWrite& write) { return write.root == root(0, bad); });
                CHECK(target.apply(batch).ready());
                CHECK(target.value("SELECT count(*) FROM t") == std::to_string(size - 1));
                CHECK(target.writer().counters().isolations == 1);
            }
        }
    }
}

TEST_CASE("all rows that a trigger drops are found at once, and their children are not blamed",
          "[target][postgres]") {
    Target target{
        table("INSERT") + ";CREATE TABLE c (id uuid PRIMARY KEY, up uuid NOT NULL REFERENCES t)",
        {spec("t", {column("name")}), spec("c", {column("up")})}};
    TargetBatch batch;
    Roots bad;
    for (std::uint64_t i = 1; i <= 200; ++i) {
        batch.writes.push_back(insertion(0, i, {text(i % 3 == 0 ? "bad" : "good")}));
        if (i % 3 == 0) bad.insert(root(0, i));
        batch.writes.push_back(insertion(1, 1000 + i, {uuid(i)}));
    }
    const BatchAnswer answer = target.apply(batch);
    CHECK(refused_roots(answer) == bad);
    for (const Refusal& refusal : answer.refused)
        CHECK(refusal.sqlstate == kNotWritten);
}

TEST_CASE("an update that a trigger drops is refused, and one of a row that is gone is not",
          "[target][postgres]") {
    Target target{table("UPDATE"), {spec("t", {column("name")})}};
    REQUIRE(target
                .apply({.writes = {insertion(0, 1, {text("a")}), insertion(0, 2, {text("b")}),
                                   insertion(0, 3, {text("bad")})}})
                .ready());
    SECTION("what changes") {
        const BatchAnswer answer =
            target.apply({.writes = {update(0, 1, {text("bad")}), update(0, 2, {text("c")}),
                                     update(0, 4, {text("bad")})}});
        CHECK(refused_roots(answer) == Roots{root(0, 1)});
        CHECK(answer.missing == std::vector<RootRef>{root(0, 4)});
        CHECK(answer.refused[0].sqlstate == kNotWritten);
        CHECK_THAT(answer.refused[0].message, ContainsSubstring("trigger swallow on public.t"));
    }
    SECTION("a blind one") {
        RowWrite blind = update(0, 1, {text("bad")});
        blind.blind = true;
        CHECK(refused_roots(target.apply({.writes = {blind}})) == Roots{root(0, 1)});
    }
    SECTION("one that would change nothing") {
        RowWrite blind = update(0, 3, {text("bad")});
        CHECK(target.apply({.writes = {blind}}).ready());
        blind.blind = true;
        CHECK(target.apply({.writes = {blind}}).ready());
        CHECK(target.writer().counters().isolations == 0);
    }
    SECTION("a value that is to be given up") {
        const BatchAnswer answer = target.apply(
            {.vacates = {
                 {.root = root(0, 1), .id = uuid(1), .columns = {0}, .values = {text("bad")}},
                 {.root = root(0, 9), .id = uuid(9), .columns = {0}, .values = {text("bad")}}}});
        CHECK(refused_roots(answer) == Roots{root(0, 1)});
        CHECK(answer.missing.empty());
    }
    SECTION("a new row that is there already") {
        const BatchAnswer answer = target.apply({.writes = {insertion(0, 1, {text("bad")})}});
        CHECK(refused_roots(answer) == Roots{root(0, 1)});
        CHECK(answer.refused.front().message.starts_with(kBornThere));
    }
}

TEST_CASE("a trigger that drops updates which change nothing is in nobody's way",
          "[target][postgres]") {
    Target target{
        "CREATE TABLE t (id uuid PRIMARY KEY, name text); CREATE TRIGGER idle BEFORE UPDATE ON t"
        " FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        {spec("t", {column("name")})},
        2};
    const TargetBatch batch{.writes = {insertion(0, 1, {text("a")}), insertion(0, 2, {text("b")})}};
    REQUIRE(target.apply(batch).ready());
    CHECK(target.apply({.writes = {update(0, 1, {text("a")})}}).ready());
    CHECK(target
              .apply({.vacates = {{.root = root(0, 1),
                                   .id = uuid(1),
                                   .columns = {0},
                                   .values = {text("a")}}}})
              .ready());
}

TEST_CASE("a delete that a trigger drops is refused, and one that rows refer to is not",
          "[target][postgres]") {
    for (const std::string more : {"", ", up uuid REFERENCES t"}) {
        Target target{
            table("DELETE", more) + ";CREATE TABLE born (id int PRIMARY KEY, up uuid REFERENCES t)",
            {spec("t", {column("name")})}};
        REQUIRE(
            target
                .apply({.writes = {insertion(0, 1, {text("good")}), insertion(0, 2, {text("bad")}),
                                   insertion(0, 3, {text("bad")})}})
                .ready());
        target.sql("INSERT INTO born SELECT 1, id FROM t WHERE right(id::text, 1) = '3'");
        TargetBatch batch;
        for (const std::uint64_t i : {1, 2, 3, 4})
            batch.deletes.push_back(removal(0, i));
        BatchAnswer answer = target.apply(batch);
        REQUIRE(refused_roots(answer) == Roots{root(0, 2)});
        CHECK(answer.refused[0].message ==
              "not_removed: the target kept the row (trigger swallow on public.t)");
        std::erase_if(batch.deletes,
                      [](const RowDelete& removal) { return removal.root == root(0, 2); });
        answer = target.apply(batch);
        CHECK(answer.ready());
        CHECK(answer.referred == std::vector<RootRef>{root(0, 3)});
        CHECK(target.value("SELECT count(*) FROM t") == "2");
    }
}

TEST_CASE("a row that a rule or a policy keeps out is refused by that name", "[target][postgres]") {
    Target target{"CREATE TABLE t (id uuid PRIMARY KEY, name text)", {spec("t", {column("name")})}};
    REQUIRE(target.apply({.writes = {insertion(0, 1, {text("a")})}}).ready());
    target.sql(
        "CREATE RULE keep AS ON DELETE TO t DO INSTEAD NOTHING;"
        "CREATE RULE same AS ON UPDATE TO t DO INSTEAD NOTHING");
    BatchAnswer answer = target.apply({.deletes = {removal(0, 1)}});
    REQUIRE(refused_roots(answer) == Roots{root(0, 1)});
    CHECK_THAT(answer.refused[0].message, ContainsSubstring("rule keep on public.t"));
    answer = target.apply({.writes = {update(0, 1, {text("b")})}});
    REQUIRE(refused_roots(answer) == Roots{root(0, 1)});
    CHECK(answer.refused[0].constraint == "same");
    target.sql("DROP RULE keep ON t; DROP RULE same ON t");
    CHECK(target.apply({.deletes = {removal(0, 1)}}).ready());
}

TEST_CASE("a row that somebody deletes while it is written is missing, not kept out",
          "[target][postgres]") {
    Target target{table("UPDATE OR DELETE"), {spec("t", {column("name")})}};
    REQUIRE(target.apply({.writes = {insertion(0, 1, {text("a")}), insertion(0, 2, {text("b")})}})
                .ready());
    Connection other = Connection::open({.conninfo = Cluster::shared().conninfo(target.database()),
                                         .application_name = "crossfade test",
                                         .purpose = "target"});
    other.exec("BEGIN");
    other.exec("DELETE FROM t WHERE right(id::text, 1) = '1'");
    std::thread ends{[&] {
        std::this_thread::sleep_for(std::chrono::milliseconds{300});
        other.exec("COMMIT");
    }};
    // The second one has the batch taken apart.
    const BatchAnswer answer =
        target.apply({.writes = {update(0, 1, {text("c")}), update(0, 2, {text("bad")})}});
    ends.join();
    CHECK(answer.missing == std::vector<RootRef>{root(0, 1)});
    CHECK(refused_roots(answer) == Roots{root(0, 2)});
}

TEST_CASE("a load of which no row is written is refused row by row", "[target][postgres]") {
    Target target{table("INSERT"), {spec("t", {column("name")})}};
    TargetBatch batch{.loading = true};
    for (std::uint64_t i = 1; i <= 3000; ++i)
        batch.writes.push_back(insertion(0, i, {text("bad")}));
    CHECK(target.apply(batch).refused.size() == 3000);
}
