// The catalog of the target moves: what rows may be lost by, and what the target asks of them anew,
// ends the service, and every start; what does not matter does not.
#include "state/keys.hpp"
#include "state/rocks_store.hpp"
#include "tests/road/small_road.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <thread>

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

// t(id, v, n, parent) on the target, five rows, loaded and followed.
class Written : public SmallRoad {
public:
    explicit Written(const Settings& settings = {})
        : SmallRoad{
              "CREATE TABLE p (id bigint PRIMARY KEY); CREATE TABLE t (id bigint PRIMARY KEY, v "
              "text, x text, n integer, p bigint); INSERT INTO p VALUES (1); INSERT INTO t SELECT "
              "n, 'v' || n, 'x' || n, n, 1 FROM generate_series(1, 5) n",
              "CREATE TABLE p (id uuid PRIMARY KEY, n bigint); CREATE TABLE t (id uuid PRIMARY "
              "KEY, v text, "
              "x text, n integer, p uuid REFERENCES p, own text, CONSTRAINT positive CHECK (n > "
              "0)); CREATE INDEX by_n ON t (n); CREATE FUNCTION skip() RETURNS trigger LANGUAGE "
              "plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TABLE kept (id uuid, day int) PARTITION "
              "BY LIST (day); CREATE TABLE kept_0 PARTITION OF kept DEFAULT",
              "entities:\n  p: {target: public.p, root: {row: p}, id: \"'p/' || p.id\", columns: "
              "{n: p.id}}\n"
              "  t: {target: public.t, root: {row: t}, id: \"'t/' || t.id\", parents: {p: {of: p, "
              "root: t.p}}, columns: {v: t.v, x: t.x, n: t.n}}\n"
              "  k: {target: public.kept, root: {row: t}, id: \"'k/' || t.id\", columns: {day: "
              "t.n}}\n",
              settings} {}
    void load() {
        start();
        settle();
    }
    // A start that the service ends by itself; it may answer before.
    void start_in_vain() {
        start_armed("nowhere");
        CHECK(wait_for_end() == 3);
    }
    // Until the watch of the target has looked twice since now.
    void wait_for_looks() {
        std::string since = target_value("SELECT clock_timestamp()");
        for (int look = 0; look < 2; ++look) {
            const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
            std::string at;
            while (at.empty() && runs() && std::chrono::steady_clock::now() < end) {
                std::this_thread::sleep_for(std::chrono::milliseconds{50});
                at = target_value(
                    "SELECT coalesce(max(query_start)::text, '') FROM pg_stat_activity WHERE "
                    "datname = current_database() AND application_name = 'crossfade catalog' AND "
                    "query_start > '" +
                    since + "'");
            }
            INFO(log_end());
            REQUIRE_FALSE(at.empty());
            // Its next statements belong to another look.
            since = target_value("SELECT timestamptz '" + at + "' + interval '500 ms'");
        }
    }
};

enum class Way { load, accept, adapt };

struct Example {
    const char *change, *found;
    Way way = Way::load;
};

Example changes() {
    return GENERATE(
        Example{"BEGIN; CREATE TABLE n (LIKE t INCLUDING ALL); DROP TABLE t; ALTER TABLE n RENAME "
                "TO t; COMMIT",
                "table public.t is another table of that name"},
        Example{"ALTER TABLE t RENAME TO t2", "table public.t is not there any more"},
        Example{"CREATE SCHEMA z; ALTER TABLE t SET SCHEMA z", "table public.t is not there"},
        Example{"ALTER TABLE t RENAME TO t2; ALTER TABLE t2 RENAME TO t",
                "had another name or schema meanwhile"},
        Example{"ALTER TABLE t SET UNLOGGED", "table public.t is no longer logged as before"},
        Example{"CREATE TABLE c () INHERITS (t)", "has other tables that inherit from it"},
        Example{"ALTER TABLE t DROP v; ALTER TABLE t ADD v text", "has another column v"},
        Example{"ALTER TABLE t RENAME v TO w; ALTER TABLE t RENAME x TO v; ALTER TABLE t RENAME w "
                "TO x",
                "has another column v than before"},
        Example{"ALTER TABLE t ALTER v TYPE text USING upper(v)",
                "table public.t was written anew"},
        Example{"DROP TABLE kept_0", "table public.kept has no partition public.kept_0 any more"},
        Example{"ALTER TABLE t DROP v", "has no column v any more", Way::adapt},
        Example{"ALTER TABLE t RENAME v TO w", "has no column v any more", Way::adapt},
        Example{"ALTER TABLE t ALTER n TYPE bigint",
                "has the column n as bigint now, before as integer", Way::accept},
        Example{"ALTER TABLE t ALTER v SET NOT NULL", "has the column v NOT NULL now", Way::accept},
        Example{"ALTER TABLE t ADD must text NOT NULL DEFAULT 'x'; ALTER TABLE t ALTER must DROP "
                "DEFAULT",
                "has a column must that is NOT NULL without a default", Way::adapt},
        Example{"CREATE UNIQUE INDEX u ON t (v)", "table public.t has a new unique index u",
                Way::adapt},
        Example{"ALTER TABLE t ADD CONSTRAINT uc UNIQUE (v, n)",
                "table public.t has a new unique index uc", Way::adapt},
        Example{"CREATE UNIQUE INDEX again ON t (id, v)",
                "table public.t has a new unique index again", Way::accept},
        Example{"ALTER TABLE t ADD CONSTRAINT small CHECK (n < 100) NOT VALID",
                "table public.t has a new constraint small", Way::accept},
        Example{"CREATE TABLE q (t uuid CONSTRAINT of_t REFERENCES t)",
                "table public.q has a new foreign key of_t", Way::accept},
        Example{"CREATE TABLE w (v text PRIMARY KEY); ALTER TABLE t ADD CONSTRAINT of_w FOREIGN "
                "KEY (v) REFERENCES w NOT VALID",
                "table public.t has a new foreign key of_w", Way::accept},
        Example{"CREATE TRIGGER skips BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION skip()",
                "table public.t has a new BEFORE trigger skips", Way::accept},
        Example{"CREATE RULE nothing AS ON DELETE TO t DO INSTEAD NOTHING",
                "table public.t has a new rule nothing", Way::adapt},
        Example{"ALTER TABLE t ALTER v TYPE text COLLATE \"C\"",
                "compares column v by another collation", Way::accept});
}

}  // namespace

TEST_CASE("a change of the target's catalog ends the service, and every start",
          "[road][postgres]") {
    const Example example = changes();
    CAPTURE(example.change);
    Written road;
    road.load();
    road.target(example.change);
    CHECK(road.wait_for_end() == 3);
    CHECK_THAT(road.log_end(), ContainsSubstring("target: table public.") &&
                                   ContainsSubstring(example.found) &&
                                   ContainsSubstring("between"));
    CHECK(road.log_end().find("drop --state") !=
          (example.way == Way::load ? std::string::npos : 0));
    road.start_in_vain();
    CHECK_THAT(road.log_end(), ContainsSubstring(example.found));
    const CommandResult accepted = road.command({"check", "--accept-target"});
    CAPTURE(accepted.output);
    CHECK((accepted.status == 0) == (example.way == Way::accept));
    if (example.way != Way::accept) return road.start_in_vain();
    CHECK_THAT(accepted.output, ContainsSubstring("accepted: table public."));
    road.load();
    road.wait_for_looks();
    CHECK(road.runs());
}

TEST_CASE("a change of the target's catalog while the service is down is found at its start",
          "[road][postgres]") {
    const Example example = changes();
    CAPTURE(example.change);
    Written road;
    road.load();
    road.stop();
    road.target(example.change);
    road.source("UPDATE t SET v = v || 'w'");
    road.start_in_vain();
    CHECK_THAT(road.log_end(), ContainsSubstring(example.found));
}

TEST_CASE("a change of the target under writes is named by what it is", "[road][postgres]") {
    Written road;
    road.load();
    road.source("UPDATE t SET v = v || 'w'");
    road.target("ALTER TABLE t RENAME v TO w");
    road.source("UPDATE t SET v = v || 'w'");
    CHECK(road.wait_for_end() == 3);
    CHECK_THAT(road.log_end(), ContainsSubstring("table public.t has no column v any more"));
}

TEST_CASE("a column of the target that went is no finding once the mapping left it",
          "[road][postgres]") {
    Written road;
    road.load();
    road.target("ALTER TABLE t DROP x");
    CHECK(road.wait_for_end() == 3);
    road.remap(
        "entities:\n  p: {target: public.p, root: {row: p}, id: \"'p/' || p.id\", columns: {n: "
        "p.id}}\n"
        "  t: {target: public.t, root: {row: t}, id: \"'t/' || t.id\", parents: {p: {of: p, root: "
        "t.p}}, columns: {v: t.v, n: t.n}}\n"
        "  k: {target: public.kept, root: {row: t}, id: \"'k/' || t.id\", columns: {day: t.n}}\n");
    road.load();
    CHECK(road.differences() == 0);
}

TEST_CASE("a state that knows nothing of the target's catalog takes it at its start",
          "[road][postgres]") {
    Written road;
    road.load();
    road.stop();
    {
        const auto state = RocksStore::open(road.folder() / "state");
        WriteSet set;
        set.erase(Family::meta, std::string{keys::kTargetCatalog});
        set.erase(Family::meta, std::string{keys::kSourceCatalogSeen});
        state->write(set, true);
    }
    road.target("ALTER TABLE t ADD CONSTRAINT small CHECK (n < 100)");
    road.load();
    road.wait_for_looks();
    road.target("ALTER TABLE t ADD CONSTRAINT smaller CHECK (n < 90)");
    CHECK(road.wait_for_end() == 3);
    CHECK_THAT(road.log_end(), ContainsSubstring("has a new constraint smaller"));
}

TEST_CASE("what changes nothing for the bridge is no finding on the target", "[road][postgres]") {
    Written road;
    road.load();
    for (const char* change :
         {"GRANT SELECT ON t TO PUBLIC",
          "GRANT UPDATE (v) ON t TO PUBLIC",
          "ANALYZE t",
          "VACUUM t",
          "VACUUM FULL t",
          "CREATE INDEX by_v ON t (v)",
          "CLUSTER t USING by_v",
          "REINDEX TABLE t",
          "REINDEX TABLE CONCURRENTLY t",
          "DROP INDEX by_v",
          "ALTER TABLE t ADD y text",
          "ALTER TABLE t ADD z text NOT NULL DEFAULT 'z'",
          "ALTER TABLE t ADD g integer GENERATED ALWAYS AS (n + 1) STORED",
          "ALTER TABLE t ADD i integer GENERATED ALWAYS AS IDENTITY",
          "ALTER TABLE t DROP own",
          "ALTER TABLE t ALTER v SET DEFAULT 'd'",
          "ALTER TABLE t ALTER v SET STATISTICS 50",
          "COMMENT ON TABLE t IS 'rows'",
          "ALTER TABLE t SET (fillfactor = 90)",
          "ALTER TABLE t DROP CONSTRAINT positive",
          "ALTER TABLE t ADD CONSTRAINT positive CHECK (n > 0)",
          "ALTER TABLE t RENAME CONSTRAINT positive TO more",
          "ALTER TABLE t DROP CONSTRAINT t_p_fkey",
          "ALTER TABLE t ADD CONSTRAINT other FOREIGN KEY (p) REFERENCES p NOT VALID",
          "ALTER TABLE t VALIDATE CONSTRAINT other",
          "CREATE TRIGGER late AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION skip()",
          "CREATE TRIGGER off BEFORE INSERT ON t FOR EACH ROW WHEN (false) EXECUTE FUNCTION "
          "skip(); "
          "ALTER TABLE t DISABLE TRIGGER off; DROP TRIGGER off ON t",
          "CREATE TABLE kept_9 PARTITION OF kept FOR VALUES IN (9)",
          "CREATE TABLE stranger (LIKE t INCLUDING ALL)",
          "ALTER INDEX t_pkey RENAME TO pk"}) {
        CAPTURE(change);
        road.target(change);
    }
    road.wait_for_looks();
    REQUIRE(road.runs());
    road.source("UPDATE t SET v = 'two'");
    road.settle();
    CHECK(road.target_value("SELECT string_agg(DISTINCT v, ',') FROM t") == "two");
    CHECK(road.differences() == 0);
    road.stop();
    road.load();
    road.stop();
}

TEST_CASE("what a load takes off and puts back is no finding, also behind a kill",
          "[road][postgres]") {
    Written road{{{"load.defer_indexes", "true"}}};
    const char* point = GENERATE("indexes_off", "load_chunk", "put_back", "load_done");
    CAPTURE(point);
    road.start_armed(point);
    CHECK(road.wait_for_end() == kKilled);
    road.load();
    road.wait_for_looks();
    REQUIRE(road.runs());
    CHECK(road.target_value("SELECT count(*) FROM pg_constraint WHERE conname = 't_p_fkey'") ==
          "1");
    CHECK(road.differences() == 0);
}
