// Who is to blame when the target refuses a batch.
#include "tests/target/target_fixture.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

Value text(std::string value) { return value; }

using Roots = std::set<RootRef>;

}  // namespace

TEST_CASE("a trigger's refusal names exactly its row, whatever the batch's size",
          "[target][postgres]") {
    for (const std::size_t merge_rows : {std::size_t{1'000'000}, std::size_t{1}}) {
        for (const std::uint64_t size : {1, 2, 63, 64, 65, 300}) {
            Target target{
                "CREATE TABLE t (id uuid PRIMARY KEY, name text);"
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " IF NEW.name = 'bad' THEN RAISE EXCEPTION 'no % here', NEW.name; END IF; RETURN "
                "NEW; END $$;"
                "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION "
                "refuse()",
                {spec("t", {column("name")})},
                merge_rows};
            TargetBatch batch;
            for (std::uint64_t i = 1; i <= size; ++i)
                batch.writes.push_back(insertion(0, i, {text("good")}));
            const std::uint64_t bad = size / 2 + 1;
            batch.writes[bad - 1].values[0] = text("bad");
            const BatchAnswer answer = target.apply(batch);
            REQUIRE(refused_roots(answer) == Roots{root(0, bad)});
            CHECK(answer.refused[0].sqlstate == "P0001");
            CHECK(answer.refused[0].table == "t");
            CHECK(answer.refused[0].constraint.find("refuse") != std::string::npos);
            CHECK(answer.refused[0].message.find("bad") == std::string::npos);
            CHECK(target.dump("t").empty());

            std::erase_if(batch.writes,
                          [&](const RowWrite& write) { return write.root == root(0, bad); });
            CHECK(target.apply(batch).ready());
            CHECK(target.value("SELECT count(*) FROM t") == std::to_string(size - 1));
        }
    }
}

TEST_CASE("all refused rows of a batch come in one answer, with the constraint of each",
          "[target][postgres]") {
    for (const std::size_t merge_rows : {std::size_t{1'000'000}, std::size_t{1}}) {
        Target target{
            "CREATE TABLE p (id uuid PRIMARY KEY, code text UNIQUE, size int NOT NULL CHECK (size "
            "< 100),"
            " brief varchar(3));"
            "CREATE TABLE c (id uuid PRIMARY KEY, p_id uuid NOT NULL REFERENCES p)",
            {spec("p", {column("code"), column("size"), column("brief")}),
             spec("c", {column("p_id")})},
            merge_rows};
        const auto p = [](std::uint64_t n, std::string code, Value size, std::string brief = "x") {
            return insertion(0, n, {text(code), size, text(brief)});
        };
        const BatchAnswer answer = target.apply(
            {.writes = {p(1, "a", std::int64_t{1}), p(2, "b", std::int64_t{500}), p(3, "c", Null{}),
                        p(4, "a", std::int64_t{1}), p(5, "e", std::int64_t{1}, "long"),
                        p(6, "f", std::int64_t{1} << 40), insertion(1, 11, {uuid(1)}),
                        insertion(1, 12, {uuid(2)}), insertion(1, 13, {uuid(99)})}});
        std::map<RootRef, std::pair<std::string, std::string>> reasons;
        for (const Refusal& refusal : answer.refused) {
            reasons[refusal.root] = {refusal.sqlstate, refusal.constraint};
            CHECK(refusal.message.find("1099511627776") == std::string::npos);
        }
        using Reason = std::pair<std::string, std::string>;
        // The child of a refused parent (12) is not to blame; one whose parent nobody knows (13)
        // is.
        CHECK(reasons == std::map<RootRef, Reason>{{root(0, 2), {"23514", "p_size_check"}},
                                                   {root(0, 3), {"23502", "size"}},
                                                   {root(0, 4), {"23505", "p_code_key"}},
                                                   {root(0, 5), {"22001", "brief"}},
                                                   {root(0, 6), {"22003", "size"}},
                                                   {root(1, 13), {"23503", "c_p_id_fkey"}}});
        CHECK(target.dump("p").empty());
        CHECK(read_progress(target.connection(), "slot")->batch == 0);
        REQUIRE(target.apply({.writes = {p(1, "a", std::int64_t{1}), insertion(1, 11, {uuid(1)})}})
                    .ready());
    }
}

TEST_CASE("rows that need each other under deferred foreign keys are accepted together",
          "[target][postgres]") {
    const char* const tables =
        "CREATE TABLE a (id uuid PRIMARY KEY, b_id uuid);"
        "CREATE TABLE b (id uuid PRIMARY KEY, a_id uuid NOT NULL REFERENCES a DEFERRABLE INITIALLY "
        "DEFERRED);"
        "ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b DEFERRABLE INITIALLY DEFERRED";
    Target target{tables, {spec("a", {column("b_id")}), spec("b", {column("a_id")})}};
    TargetBatch batch{.writes = {insertion(0, 1, {uuid(2)}), insertion(1, 2, {uuid(1)})}};
    REQUIRE(target.apply(batch).ready());

    // A pair beside a row without a parent, and a chain that hangs on it.
    batch.writes = {insertion(0, 11, {uuid(12)}),  insertion(1, 12, {uuid(11)}),
                    insertion(0, 21, {uuid(22)}),  insertion(1, 22, {uuid(23)}),
                    insertion(0, 23, {uuid(999)}), insertion(1, 24, {uuid(998)})};
    const BatchAnswer answer = target.apply(batch);
    CHECK(refused_roots(answer) == Roots{root(0, 23), root(1, 24)});
    CHECK(answer.refused[0].sqlstate == "23503");
    CHECK(target.value("SELECT count(*) FROM a") == "1");
}

TEST_CASE("a deferred unique or trigger constraint is traced to its rows", "[target][postgres]") {
    const char* const tables =
        "CREATE TABLE t (id uuid PRIMARY KEY, place int UNIQUE DEFERRABLE INITIALLY DEFERRED, peer "
        "uuid);"
        // A row with a peer needs the peer to point back.
        "CREATE FUNCTION paired() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.peer IS NOT NULL AND NOT EXISTS (SELECT FROM t WHERE id = NEW.peer AND peer = "
        "NEW.id)"
        " THEN RAISE EXCEPTION 'unpaired' USING ERRCODE = 'P0001'; END IF; RETURN NULL; END $$;"
        "CREATE CONSTRAINT TRIGGER paired AFTER INSERT OR UPDATE ON t DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION paired()";
    const auto row = [](std::uint64_t n, Value peer) {
        return insertion(0, n, {static_cast<std::int64_t>(n), peer});
    };
    SECTION("one bad row among many") {
        Target target{tables, {spec("t", {column("place"), column("peer")})}};
        TargetBatch batch;
        for (std::uint64_t i = 1; i <= 40; ++i)
            batch.writes.push_back(row(i, Null{}));
        batch.writes[20].values[0] = std::int64_t{7};
        const Roots refused = refused_roots(target.apply(batch));
        CHECK(refused == Roots{root(0, 21)});
    }
    SECTION("a pair is not blamed for a third") {
        Target target{tables, {spec("t", {column("place"), column("peer")})}};
        const BatchAnswer answer = target.apply(
            {.writes = {row(1, uuid(4)), row(2, Null{}), row(3, uuid(2)), row(4, uuid(1))}});
        CHECK(refused_roots(answer) == Roots{root(0, 3)});
    }
    SECTION("a swap needs no vacating under a deferrable constraint") {
        Target target{tables, {spec("t", {column("place"), column("peer")})}};
        REQUIRE(target.apply({.writes = {row(1, Null{}), row(2, Null{})}}).ready());
        REQUIRE(target
                    .apply({.writes = {update(0, 1, {std::int64_t{2}, Null{}}),
                                       update(0, 2, {std::int64_t{1}, Null{}})}})
                    .ready());
        CHECK(target.value("SELECT string_agg(place::text, '' ORDER BY id) FROM t") == "21");
    }
}

TEST_CASE("a delete that a trigger refuses is the deleted root's refusal", "[target][postgres]") {
    Target target{
        "CREATE TABLE t (id uuid PRIMARY KEY, name text);"
        "CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF OLD.name = 'stays' THEN RAISE EXCEPTION 'stays'; END IF; RETURN OLD; END $$;"
        "CREATE TRIGGER stay BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION stay()",
        {spec("t", {column("name")})}};
    target.apply({.writes = {insertion(0, 1, {text("stays")}), insertion(0, 2, {text("goes")})}});
    CHECK(refused_roots(target.apply({.deletes = {removal(0, 1), removal(0, 2)}})) ==
          Roots{root(0, 1)});
    CHECK(target.value("SELECT count(*) FROM t") == "2");
}

TEST_CASE("row-level security refuses a row, a missing privilege stops the bridge",
          "[target][postgres]") {
    Target target{
        "CREATE TABLE t (id uuid PRIMARY KEY, name text); ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
        "ALTER TABLE t FORCE ROW LEVEL SECURITY;"
        "CREATE POLICY p ON t USING (true) WITH CHECK (name <> 'hidden');"
        "DO $$ BEGIN CREATE ROLE plain; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        "GRANT ALL ON t TO plain; GRANT CREATE ON DATABASE postgres TO plain",
        {spec("t", {column("name")})}};
    target.sql(
        "GRANT USAGE ON SCHEMA crossfade TO plain; GRANT ALL ON crossfade.progress TO plain");
    target.connection().exec("SET ROLE plain");
    // As connections are pinned, policies that would hide rows from the bridge stop it.
    CHECK_THROWS_AS(target.apply({.writes = {insertion(0, 1, {text("seen")})}}), Failure);
    target.connection().exec("SET row_security = on");
    const BatchAnswer answer = target.apply(
        {.writes = {insertion(0, 1, {text("seen")}), insertion(0, 2, {text("hidden")})}});
    REQUIRE(refused_roots(answer) == Roots{root(0, 2)});
    CHECK(answer.refused[0].sqlstate == "42501");
    target.sql("REVOKE INSERT ON t FROM plain");
    CHECK_THROWS_AS(target.apply({.writes = {insertion(0, 1, {text("seen")})}}), Failure);
    CHECK_FALSE(target.writer().is_open());
}
