// What each owner means on the three ways of writing a row: insert, update, and insert over a row
// that stands.
#include "tests/target/target_fixture.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

Value text(const char* value) { return std::string{value}; }
Json json(const char* value) { return Json{value}; }

const char* const kTable =
    "CREATE TABLE items (id uuid PRIMARY KEY, name text, note text, touched text,"
    " secret text, seen timestamptz, extra jsonb, state text)";

std::vector<TargetSpec> items() {
    return {
        spec("items", {column("name"), column("note", Owner::target),
                       column("touched", Owner::trigger), column("secret", Owner::until_changed),
                       column("seen", Owner::at_least), json_column("extra", {"a", "b'"})})};
}

std::vector<Value> row(const char* name, const char* secret, std::int64_t seen, const char* extra) {
    return {text(name), text("note"), text("touched"), text(secret), Timestamp{seen * 1'000'000},
            json(extra)};
}

std::string digest(const char* value) {
    ColumnShape shape;
    shape.base = "text";
    return column_digest(text(value), shape);
}

}  // namespace

TEST_CASE("an insert writes every column, whoever owns it", "[target][postgres]") {
    Target target{kTable, items()};
    REQUIRE(target.apply({.writes = {insertion(0, 1, row("n", "s", 5, R"({"a": 1})"))}}).ready());
    CHECK(
        target.value("SELECT t::text FROM items t") ==
        R"((00000000-0000-0000-0000-000000000001,n,note,touched,s,"1970-01-01 00:00:05+00","{""a"": 1}",))");
}

TEST_CASE("an update keeps what the target, a trigger or somebody else owns",
          "[target][postgres]") {
    Target target{kTable, items()};
    target.apply({.writes = {insertion(0, 1, row("n", "s", 5, R"({"a": 1, "b'": 2})"))}});
    target.sql(
        "UPDATE items SET note = 'theirs', touched = 'by trigger',"
        " extra = extra || '{\"own\": [1]}', state = 'x', seen = '1970-01-01 00:00:09+00'");
    const auto updated = row("m", "t", 7, R"({"a": 3})");
    REQUIRE(target.apply({.writes = {update(0, 1, updated, {{3, digest("s")}})}}).ready());
    const std::string query =
        "SELECT concat_ws('|', name, note, touched, secret, extract(second FROM seen)::int, extra,"
        " state) FROM items";
    CHECK(target.value(query) == R"(m|theirs|by trigger|t|9|{"a": 3, "own": [1]}|x)");

    SECTION("a value that somebody changed stays") {
        target.sql("UPDATE items SET secret = 'changed'");
        target.apply({.writes = {update(0, 1, row("k", "u", 11, "{}"), {{3, digest("t")}})}});
        CHECK(target.value(query) == R"(k|theirs|by trigger|changed|11|{"own": [1]}|x)");
    }
    SECTION("a value that became null is a changed one") {
        target.sql("UPDATE items SET secret = NULL");
        target.apply({.writes = {update(0, 1, row("k", "u", 11, "{}"), {{3, digest("t")}})}});
        CHECK(target.value("SELECT secret IS NULL FROM items") == "t");
        target.apply({.writes = {update(0, 1, row("k", "u", 11, "{}"), {{3, "null"}})}});
        CHECK(target.value("SELECT secret FROM items") == "u");
    }
    SECTION("an empty digest writes in any case, no guard never") {
        target.sql("UPDATE items SET secret = 'changed'");
        target.apply({.writes = {update(0, 1, row("k", "u", 1, "{}"))}});
        CHECK(target.value("SELECT secret FROM items") == "changed");
        target.apply({.writes = {update(0, 1, row("k", "u", 1, "{}"), {{3, ""}})}});
        CHECK(target.value("SELECT secret FROM items") == "u");
    }
    SECTION("a null is less than anything stored, and anything is greater than a null") {
        auto values = row("k", "u", 0, "{}");
        values[4] = Null{};
        target.apply({.writes = {update(0, 1, values)}});
        CHECK(target.value("SELECT extract(second FROM seen)::int FROM items") == "9");
        target.sql("UPDATE items SET seen = NULL");
        target.apply({.writes = {update(0, 1, row("k", "u", 2, "{}"))}});
        CHECK(target.value("SELECT extract(second FROM seen)::int FROM items") == "2");
    }
    SECTION("a document that is missing, or no object, becomes the owned keys") {
        for (const char* stored : {"NULL", "'7'", "'[1, 2]'", "'null'"}) {
            target.sql(std::string{"UPDATE items SET extra = "} + stored);
            target.apply({.writes = {update(0, 1, row("k", "u", 1, R"({"b'": "x"})"))}});
            CHECK(target.value("SELECT extra FROM items") == R"({"b'": "x"})");
        }
    }
}

TEST_CASE("an insert leaves a row that stands under its id as it is, and says so",
          "[target][postgres]") {
    for (const std::size_t merge_rows : {2000, 1}) {
        Target target{kTable, items(), merge_rows};
        target.sql(
            "INSERT INTO items VALUES ('00000000-0000-0000-0000-000000000001', 'old', 'theirs',"
            " 'by trigger', 'changed', '1970-01-01 00:00:09+00', '{\"own\": 1, \"a\": 0}', 'x')");
        const std::string before = target.dump("items");
        const BatchAnswer answer =
            target.apply({.writes = {insertion(0, 1, row("m", "t", 7, R"({"b'": 3})"))}});
        REQUIRE(answer.refused.size() == 1);
        CHECK(answer.refused.front().sqlstate == "23505");
        CHECK(answer.refused.front().message ==
              "conflict: a row with the id 00000000-0000-0000-0000-000000000001 stands on the "
              "target, and is not the bridge's");
        CHECK(target.dump("items") == before);
    }
}

TEST_CASE("a partial update writes only the columns it names", "[target][postgres]") {
    Target target{kTable, items()};
    target.apply({.writes = {insertion(0, 1, row("n", "locked", 5, R"({"a": 1})"))}});
    RowWrite fill = update(0, 1, row("ignored", "hash", 1, "{}"), {{3, digest("locked")}});
    fill.only = {3};
    target.apply({.writes = {fill}});
    CHECK(target.value("SELECT name || secret FROM items") == "nhash");

    RowWrite retire =
        update(0, 1, {text("r"), text("written"), Null{}, Null{}, Null{}, json("{}")});
    retire.only = {0, 1};
    retire.present = false;  // `only` speaks of a row that stands in any case
    target.apply({.writes = {retire}});
    CHECK(target.value("SELECT name || note || secret || touched FROM items") ==
          "rwrittenhashtouched");
    CHECK(target.apply({.writes = {fill}}).ready());
    CHECK(target.value("SELECT secret FROM items") == "hash");
}

TEST_CASE("a value that somebody changed is not vacated, and what was vacated is written again",
          "[target][postgres]") {
    Target target{kTable, items()};
    target.apply({.writes = {insertion(0, 1, row("n", "s", 5, "{}")),
                             insertion(0, 2, row("n", "t", 5, "{}"))}});
    target.sql("UPDATE items SET secret = 'theirs' WHERE right(id::text, 1) = '2'");
    TargetBatch batch;
    for (std::uint64_t i = 1; i <= 2; ++i) {
        batch.vacates.push_back({.root = root(0, i),
                                 .id = uuid(i),
                                 .columns = {0, 3},
                                 .values = {text("-"), Null{}},
                                 .guards = {{3, digest(i == 1 ? "s" : "t")}}});
    }
    const std::string query =
        "SELECT string_agg(name || coalesce(secret, '?'), ',' ORDER BY id) FROM items";
    REQUIRE(target.apply(batch).ready());
    CHECK(target.value(query) == "-?,-theirs");
    for (std::uint64_t i = 1; i <= 2; ++i)
        batch.writes.push_back(update(0, i, row("m", "u", 5, "{}"), {{3, "null"}}));
    REQUIRE(target.apply({.writes = batch.writes}).ready());
    CHECK(target.value(query) == "mu,mtheirs");
    // Without a guard a vacate is done in any case.
    batch.writes.clear();
    batch.vacates[1].guards.clear();
    REQUIRE(target.apply(batch).ready());
    CHECK(target.value(query) == "-u,-?");
}

TEST_CASE("a blind write that changes nothing does not touch the row", "[target][postgres]") {
    Target target{
        "CREATE TABLE items (id uuid PRIMARY KEY, amount numeric(5,2), at timestamptz(0), brief"
        " varchar(3), secret text, seen timestamptz, extra jsonb, note text);"
        "CREATE TABLE fired (id uuid);"
        "CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO fired VALUES (NEW.id); RETURN NULL; END $$;"
        "CREATE TRIGGER fire AFTER UPDATE ON items FOR EACH ROW EXECUTE FUNCTION fire()",
        {spec("items", {column("amount"), column("at"), column("brief"),
                        column("secret", Owner::until_changed), column("seen", Owner::at_least),
                        json_column("extra", {"a", "b'"}), column("note", Owner::target)})}};
    const std::vector<Value> values{Decimal::parse("3.145").value(),
                                    Timestamp{1'500'000},
                                    text("abc"),
                                    text("s"),
                                    Timestamp{5'000'000},
                                    json(R"({"a": 1.50})"),
                                    text("n")};
    target.apply({.writes = {insertion(0, 1, values)}});
    target.sql(
        "UPDATE items SET extra = extra || '{\"own\": 1}', note = NULL, "
        "seen = '1970-01-01 00:00:09+00'; TRUNCATE fired");
    RowWrite write = update(0, 1, values, {{3, digest("s")}});
    write.blind = true;
    const auto fired = [&] { return target.value("SELECT count(*) FROM fired"); };
    const auto apply = [&](const RowWrite& row) { return target.apply({.writes = {row}}); };

    CHECK(apply(write).ready());
    CHECK(fired() == "0");
    SECTION("each column is reason enough") {
        const std::vector<Value> others{
            Decimal::parse("3.16").value(), Timestamp{2'500'000}, Null{}, text("t"),
            Timestamp{10'000'000},          json(R"({"a": 1.5})")};
        for (std::size_t i = 0; i < others.size(); ++i) {
            RowWrite other = write;
            other.values[i] = others[i];
            CHECK(apply(other).ready());
            CHECK(fired() == "1");
            other.guards = {{3, digest(i == 3 ? "t" : "s")}};
            CHECK(apply(other).ready());
            CHECK(fired() == "1");
            target.sql("UPDATE items SET seen = '1970-01-01 00:00:09+00'");
            write.guards[0].digest = "";
            apply(write);
            write.guards[0].digest = digest("s");
            target.sql("TRUNCATE fired");
        }
    }
    SECTION("a value that somebody else changed is not a difference") {
        target.sql("UPDATE items SET secret = 'theirs'; TRUNCATE fired");
        CHECK(apply(write).ready());
        CHECK(fired() == "0");
        write.guards = {};
        CHECK(apply(write).ready());
        CHECK(fired() == "0");
    }
    SECTION("only the columns it names are looked at") {
        target.sql("UPDATE items SET brief = NULL; TRUNCATE fired");
        write.only = {0, 5};
        CHECK(apply(write).ready());
        CHECK(fired() == "0");
        write.only = {0, 2, 6};
        CHECK(apply(write).ready());
        CHECK(fired() == "1");
        CHECK(target.value("SELECT brief || note FROM items") == "abcn");
    }
    SECTION("what does not fit is refused, though its beginning stands there") {
        write.values[2] = text("abcd");
        CHECK(refused_roots(apply(write)) == std::set<RootRef>{root(0, 1)});
    }
    SECTION("a row that is gone is missing, alone or among others") {
        RowWrite gone = update(0, 2, values);
        gone.blind = true;
        CHECK(apply(gone).missing == std::vector<RootRef>{root(0, 2)});
        CHECK(target.apply({.writes = {write, gone}}).missing == std::vector<RootRef>{root(0, 2)});
        RowWrite refused = update(0, 1, values);
        refused.values[2] = text("abcd");
        const BatchAnswer answer = target.apply({.writes = {refused, gone}});
        CHECK(answer.missing == std::vector<RootRef>{root(0, 2)});
        CHECK(refused_roots(answer) == std::set<RootRef>{root(0, 1)});
    }
}

TEST_CASE("a table without columns of ours to update is written and missed all the same",
          "[target][postgres]") {
    Target target{"CREATE TABLE marks (id uuid PRIMARY KEY, born text)",
                  {spec("marks", {column("born", Owner::target)})}};
    target.apply({.writes = {insertion(0, 1, {text("here")})}});
    CHECK(target.apply({.writes = {update(0, 1, {text("again")})}}).ready());
    CHECK(target.value("SELECT born FROM marks") == "here");
    CHECK(target.apply({.writes = {update(0, 2, {text("again")})}}).missing ==
          std::vector<RootRef>{root(0, 2)});
}

TEST_CASE("an identity column that is always generated takes the bridge's value",
          "[target][postgres]") {
    for (const std::size_t merge_rows : {2000, 1}) {
        Target target{
            "CREATE TABLE n (id uuid PRIMARY KEY, seq bigint GENERATED ALWAYS AS IDENTITY)",
            {spec("n", {column("seq", Owner::target)})},
            merge_rows};
        REQUIRE(target.apply({.writes = {insertion(0, 1, {std::int64_t{77}})}}).ready());
        CHECK(target.value("SELECT seq FROM n") == "77");
    }
}

TEST_CASE("a check of the shape names every column that cannot be written", "[target][postgres]") {
    Target target{
        "CREATE TABLE g (id uuid PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED,"
        " c json, d numeric, e timestamptz, f varchar(9)); CREATE TABLE h (id bigint PRIMARY KEY)",
        {}};
    const auto g = spec("g", {column("aa"), column("b"), json_column("c", {"k"})});
    Findings findings;
    check_shape(g, read_shape(target.connection(), "public", "g"), findings);
    check_shape(spec("h", {}), read_shape(target.connection(), "public", "h"), findings);
    REQUIRE(findings.size() == 4);
    CHECK(findings[0].message.find("did you mean \"a\"") != std::string::npos);
    CHECK(findings[1].message.find("generated") != std::string::npos);
    CHECK(findings[2].message.find("jsonb") != std::string::npos);
    CHECK(findings[3].message.find("uuid") != std::string::npos);
    CHECK_THROWS_AS(read_shape(target.connection(), "public", "none"), Failure);

    // A guard compares texts, so the type must give them back as they were written.
    findings.clear();
    auto deferred = column("e");
    deferred.kind = ColumnSpec::Kind::deferred;
    check_shape(spec("g", {column("a", Owner::until_changed), column("d", Owner::until_changed),
                           deferred, column("f", Owner::until_changed)}),
                read_shape(target.connection(), "public", "g"), findings);
    REQUIRE(findings.size() == 2);
    CHECK(findings[0].path == "entities.g.columns.d");
    CHECK(findings[1].path == "entities.g.columns.e");
}
