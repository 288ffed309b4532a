#include "tests/target/target_fixture.hpp"

#include <csignal>

using namespace crossfade;
using namespace crossfade::test;

namespace {

Value text(std::string value) { return value; }

const char* const kFamilyTables =
    "CREATE TABLE parents (id uuid PRIMARY KEY, code text UNIQUE);"
    "CREATE TABLE children (id uuid PRIMARY KEY, parent_id uuid REFERENCES parents ON DELETE "
    "CASCADE,"
    " name text);"
    "CREATE TABLE born (id int PRIMARY KEY, parent_id uuid REFERENCES parents ON DELETE CASCADE)";

std::vector<TargetSpec> family() {
    return {spec("parents", {column("code")}),
            spec("children", {column("parent_id"), column("name")})};
}

ErrorKind kind_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Failure& failure) {
        return failure.error().kind();
    }
    FAIL("nothing failed");
    return ErrorKind::internal;
}

}  // namespace

TEST_CASE("three rows swap unique values through vacating them", "[target][postgres]") {
    Target target{kFamilyTables, family()};
    target.apply({.writes = {insertion(0, 1, {text("a")}), insertion(0, 2, {text("b")}),
                             insertion(0, 3, {text("c")})}});
    TargetBatch swap{.writes = {update(0, 1, {text("b")}), update(0, 2, {text("c")}),
                                update(0, 3, {text("a")})}};
    CHECK_FALSE(target.apply(swap).ready());
    for (std::uint64_t i = 1; i <= 3; ++i) {
        const Value meanwhile = i == 2 ? text("vacated-2") : Value{Null{}};
        swap.vacates.push_back(
            {.root = root(0, i), .id = uuid(i), .columns = {0}, .values = {meanwhile}});
    }
    REQUIRE(target.apply(swap).ready());
    CHECK(target.value("SELECT string_agg(code, '' ORDER BY id) FROM parents") == "bca");
}

TEST_CASE("a batch moves the position, and an empty one does too", "[target][postgres]") {
    Target target{kFamilyTables, family()};
    REQUIRE(target.apply({.writes = {insertion(0, 1, {text("a")})}}).ready());
    REQUIRE(target.apply({}).ready());
    const auto progress = read_progress(target.connection(), "slot");
    CHECK(progress == TargetProgress{.batch = 2, .end = EndLsn{Lsn{0x102}}, .source_system = "7"});
    CHECK(target.writer().counters().batches == 2);
    CHECK(target.writer().counters().inserted == 1);
}

TEST_CASE("a position that is not at the batch before is an error of trust", "[target][postgres]") {
    Target target{kFamilyTables, family()};
    target.sql("UPDATE crossfade.progress SET batch = 5");
    TargetBatch batch{.writes = {insertion(0, 1, {text("a")})}};
    CHECK(kind_of([&] { target.execute(batch); }) == ErrorKind::trust);
    CHECK_FALSE(target.writer().is_open());
    // Also when the batch is taken apart, or merged.
    batch.writes.push_back(insertion(0, 2, {text("a")}));
    CHECK(kind_of([&] { target.execute(batch); }) == ErrorKind::trust);
    Target merging{kFamilyTables, family(), 1};
    merging.sql("DELETE FROM crossfade.progress");
    CHECK(kind_of([&] { merging.execute(batch); }) == ErrorKind::trust);
    CHECK(target.dump("parents").empty());
}

TEST_CASE("the position's table comes and goes", "[target][postgres]") {
    Target target{kFamilyTables, family()};
    Connection& connection = target.connection();
    ensure_schema(connection);
    CHECK(read_progress(connection, "other") == std::nullopt);
    CHECK(kind_of([&] { insert_progress(connection, "slot", {}); }) == ErrorKind::trust);
    insert_progress(connection, "other", {.batch = 0, .end = {}, .source_system = "8"});
    CHECK(drop_progress(connection, "slot"));
    CHECK_FALSE(drop_progress(connection, "slot"));
    CHECK(read_progress(connection, "other").has_value());
    CHECK(drop_progress(connection, "other"));
    CHECK(target.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'crossfade'") == "0");
    CHECK(read_progress(connection, "slot") == std::nullopt);
}

TEST_CASE("an update of a row that somebody deleted is reported, and nothing stands",
          "[target][postgres]") {
    Target target{kFamilyTables, family()};
    target.apply({.writes = {insertion(0, 1, {text("a")})}});
    const BatchAnswer answer =
        target.apply({.writes = {update(0, 1, {text("b")}), update(0, 2, {text("c")}),
                                 insertion(1, 3, {uuid(2), text("child of the missing one")})}});
    CHECK(answer.missing == std::vector<RootRef>{root(0, 2)});
    CHECK(answer.refused.empty());
    CHECK(target.value("SELECT code FROM parents") == "a");
}

TEST_CASE("a row to which rows born on the target refer is not deleted", "[target][postgres]") {
    Target target{kFamilyTables, family()};
    target.apply({.writes = {insertion(0, 1, {text("a")}), insertion(0, 2, {text("b")}),
                             insertion(1, 3, {uuid(2), text("ours")})}});
    target.sql("INSERT INTO born VALUES (1, '00000000-0000-0000-0000-000000000001')");
    const BatchAnswer answer =
        target.apply({.deletes = {removal(0, 1), removal(0, 2), removal(1, 3), removal(0, 99)}});
    CHECK(answer.ready());
    CHECK(answer.referred == std::vector<RootRef>{root(0, 1)});
    CHECK(answer.changed.empty());
    CHECK(target.value("SELECT string_agg(code, '') FROM parents") == "a");
    CHECK(target.value("SELECT count(*) FROM born") == "1");
    CHECK(target.value("SELECT count(*) FROM children") == "0");
}

TEST_CASE("a tree is removed from the leaves, and a row that refers to itself is no obstacle",
          "[target][postgres]") {
    Target target{
        "CREATE TABLE nodes (id uuid PRIMARY KEY, up uuid REFERENCES nodes ON DELETE CASCADE)",
        {spec("nodes", {column("up")})}};
    std::vector<RowWrite> writes{insertion(0, 1, {uuid(1)}), insertion(0, 2, {uuid(1)}),
                                 insertion(0, 3, {uuid(2)})};
    for (std::uint32_t i = 0; i < 3; ++i)
        writes[i].depth = i;
    target.apply({.writes = writes});
    BatchAnswer answer = target.apply({.deletes = {removal(0, 1, 0), removal(0, 2, 1)}});
    CHECK(answer.referred.size() == 2);
    CHECK(target.value("SELECT count(*) FROM nodes") == "3");
    answer = target.apply({.deletes = {removal(0, 1, 0), removal(0, 2, 1), removal(0, 3, 2)}});
    CHECK(answer.referred.empty());
    CHECK(target.value("SELECT count(*) FROM nodes") == "0");
}

TEST_CASE("rows that refer to each other leave together, or stay with what they need",
          "[target][postgres]") {
    // Nodes 1 to 6: 1 and 2 in a circle, 3 needs 4, which is in a circle with 5, and 6 needs 6.
    const std::string ddl =
        "CREATE TABLE nodes (id uuid PRIMARY KEY, up uuid REFERENCES nodes, other uuid REFERENCES "
        "nodes, name text); CREATE TABLE born (node uuid REFERENCES nodes)";
    Target target{ddl, {spec("nodes", {column("up"), column("name")})}};
    TargetBatch batch;
    for (std::uint64_t i = 1; i <= 6; ++i)
        batch.writes.push_back(insertion(0, i, {Null{}, text("n")}));
    target.apply(batch);
    const std::vector<std::uint64_t> ups{2, 1, 4, 5, 4, 6};
    for (std::size_t i = 0; i < ups.size(); ++i)
        batch.writes[i] = update(0, i + 1, {uuid(ups[i]), text("n")});
    target.apply(batch);
    const auto stay = [&] {
        return target.value(
            "SELECT coalesce(string_agg(right(id::text, 1), '' ORDER BY id), '') FROM nodes");
    };
    TargetBatch all;
    for (std::uint64_t i = 1; i <= 7; ++i)
        all.deletes.push_back(removal(0, i));

    SECTION("all of them, in one batch") {
        const BatchAnswer answer = target.apply(all);
        CHECK(answer.ready());
        CHECK(answer.referred.empty());
        CHECK(stay().empty());
        CHECK(target.writer().counters().deleted == 6);
    }
    SECTION("half a circle stays") {
        const BatchAnswer answer = target.apply({.deletes = {removal(0, 1), removal(0, 5)}});
        CHECK(answer.referred.size() == 2);
        CHECK(stay() == "123456");
    }
    SECTION("a row to which a row born on the target refers stays, and with it what it needs") {
        target.sql("INSERT INTO born VALUES ('00000000-0000-0000-0000-000000000003')");
        const BatchAnswer answer = target.apply(all);
        CHECK(std::set<RootRef>{answer.referred.begin(), answer.referred.end()} ==
              std::set<RootRef>{root(0, 3), root(0, 4), root(0, 5)});
        CHECK(stay() == "345");
    }
    SECTION("so does what a row of the table needs by another key, or that was not to leave") {
        target.sql(
            "UPDATE nodes SET other = '00000000-0000-0000-0000-000000000001'"
            " WHERE id = '00000000-0000-0000-0000-000000000006'");
        std::erase_if(all.deletes, [](const RowDelete& row) { return row.root == root(0, 6); });
        CHECK(target.apply(all).referred.size() == 2);
        CHECK(stay() == "126");
    }
    SECTION("and what a row needs that somebody changed") {
        for (RowDelete& row : all.deletes) {
            row.keep_if_changed = row.root == root(0, 5) || row.root == root(0, 2);
            const bool fifth = row.root == root(0, 5);
            row.last_written = {uuid(fifth ? 4 : 1), text("n")};
        }
        target.sql("UPDATE nodes SET name = 'theirs' WHERE right(id::text, 1) = '5'");
        const BatchAnswer answer = target.apply(all);
        CHECK(answer.changed == std::vector<RootRef>{root(0, 5)});
        CHECK(answer.referred == std::vector<RootRef>{root(0, 4)});
        CHECK(stay() == "45");
    }
    SECTION("a refused one is found, and the others leave without it") {
        target.sql(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF right(OLD.id::text, 1) = '3' THEN RAISE 'not this one'; END IF; RETURN OLD; END "
            "$$; CREATE TRIGGER refuse BEFORE DELETE ON nodes FOR EACH ROW EXECUTE FUNCTION "
            "refuse()");
        CHECK(refused_roots(target.apply(all)) == std::set<RootRef>{root(0, 3)});
        CHECK(stay() == "123456");
        std::erase_if(all.deletes, [](const RowDelete& row) { return row.root == root(0, 3); });
        CHECK(target.apply(all).referred.size() == 2);
        CHECK(stay() == "345");
    }
    SECTION("also when the batch is taken apart because of another row") {
        all.writes = {insertion(0, 9, {uuid(99), text("no such parent")})};
        CHECK(refused_roots(target.apply(all)) == std::set<RootRef>{root(0, 9)});
        all.writes.clear();
        CHECK(target.apply(all).referred.empty());
        CHECK(stay().empty());
    }
}

TEST_CASE("a large set of rows in chains and circles leaves in one batch", "[target][postgres]") {
    Target target{
        "CREATE TABLE nodes (id uuid PRIMARY KEY, up uuid REFERENCES nodes DEFERRABLE "
        "INITIALLY DEFERRED); CREATE INDEX ON nodes (up)",
        {spec("nodes", {column("up")})}};
    constexpr std::uint64_t kRows = 3000;
    TargetBatch fill, empty;
    for (std::uint64_t i = 1; i <= kRows; ++i) {
        fill.writes.push_back(insertion(0, i, {uuid(i % kRows + 1)}));
        empty.deletes.push_back(removal(0, i));
    }
    REQUIRE(target.apply(fill).ready());
    CHECK(target.apply(empty).referred.empty());
    CHECK(target.value("SELECT count(*) FROM nodes") == "0");
}

TEST_CASE("a row that somebody changed is kept if the mapping says so", "[target][postgres]") {
    const auto specs = std::vector{
        spec("wide", {column("name"), column("amount"), column("at"), json_column("extra", {"k"}),
                      column("note", Owner::target), column("high", Owner::at_least)})};
    Target target{
        "CREATE TABLE wide (id uuid PRIMARY KEY, name text, amount numeric(8,2), at timestamptz(0),"
        " extra jsonb, note text, high int)",
        specs};
    const std::vector<Value> values{text("naïve \"quoted\""),
                                    Decimal::parse("3.145").value(),
                                    Timestamp{1'500'000},
                                    Json{R"({"k": 1.50})"},
                                    Null{},
                                    std::int64_t{4}};
    for (std::uint64_t i = 1; i <= 4; ++i)
        target.apply({.writes = {insertion(0, i, values)}});
    // What is not the bridge's to compare may change.
    target.sql("UPDATE wide SET note = 'theirs', high = 9, extra = extra || '{\"other\": 1}'");
    target.sql(
        "UPDATE wide SET amount = NULL WHERE id = '00000000-0000-0000-0000-000000000002';"
        "UPDATE wide SET extra = '{\"k\": 2}' WHERE id = '00000000-0000-0000-0000-000000000003'");
    TargetBatch batch;
    for (std::uint64_t i = 1; i <= 5; ++i) {
        batch.deletes.push_back(removal(0, i));
        batch.deletes.back().keep_if_changed = true;
        batch.deletes.back().last_written = values;
    }
    const BatchAnswer answer = target.apply(batch);
    CHECK(answer.referred.empty());
    CHECK(answer.changed == std::vector<RootRef>{root(0, 3), root(0, 2)});
    CHECK(target.value("SELECT count(*) FROM wide") == "2");
}

TEST_CASE("nothing stands of a batch whose writer dies before the commit",
          "[target][postgres][fault]") {
    Target target{kFamilyTables, family()};
    target.apply({.writes = {insertion(0, 1, {text("a")})}});
    REQUIRE(target.execute({.writes = {insertion(0, 2, {text("b")})}}).ready());
    const std::string pid = std::to_string(target.connection().backend_pid());

    SECTION("the session is ended") {
        target.sql("SELECT pg_terminate_backend(" + pid + ", 5000)");
        CHECK(kind_of([&] { target.commit(); }) == ErrorKind::conflict);
    }
    SECTION("the bridge is gone") { target.connect(); }
    target.connect();
    CHECK(target.value("SELECT string_agg(code, '') FROM parents") == "a");
    CHECK(read_progress(target.connection(), "slot")->batch == 1);
    CHECK(target.apply({.writes = {insertion(0, 2, {text("b")})}}).ready());
    CHECK(target.value("SELECT string_agg(code, '' ORDER BY code) FROM parents") == "ab");
}

TEST_CASE("a server that ends the session during a batch is an error of the world",
          "[target][postgres][fault]") {
    Target target{kFamilyTables, family()};
    const std::string pid = std::to_string(target.connection().backend_pid());
    target.sql("SELECT pg_terminate_backend(" + pid + ", 5000)");
    CHECK(kind_of([&] { target.execute({.writes = {insertion(0, 2, {text("b")})}}); }) ==
          ErrorKind::unavailable);
    CHECK_FALSE(target.writer().is_open());
}

TEST_CASE("what is written carries the origin, at the position of its own batch",
          "[target][postgres]") {
    Target target{kFamilyTables, family()};
    Connection connection =
        Connection::open({.conninfo = Cluster::shared().conninfo(target.database()),
                          .application_name = "crossfade test",
                          .purpose = "target"});
    const std::string origin = "crossfade_" + target.database();
    TargetWriter writer{connection, target.specs(), {.slot = "slot", .origin = origin}};
    REQUIRE(writer.has_origin());
    const auto advanced = [&] {
        return target.value("SELECT pg_replication_origin_progress('" + origin + "', true)");
    };
    TargetBatch batch{
        .number = 1, .end = EndLsn{Lsn{0x500}}, .writes = {insertion(0, 1, {text("a")})}};
    REQUIRE(writer.execute(batch).ready());
    writer.commit();
    CHECK(advanced() == "0/500");
    // A rolled back batch at a higher position must not show up with the next commit.
    batch.number = 2;
    batch.writes = {insertion(0, 2, {text("b")})};
    batch.end = EndLsn{Lsn{0x900}};
    REQUIRE(writer.execute(batch).ready());
    writer.rollback();
    batch.end = EndLsn{Lsn{0x600}};
    REQUIRE(writer.execute(batch).ready());
    writer.commit();
    CHECK(advanced() == "0/600");
}
