// The catalog of the source moves: what logical decoding does not tell ends the service, what does
// not matter does not.
#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

#include <signal.h>

#include <chrono>
#include <fstream>
#include <thread>

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

// t(id, v, n) with five rows, loaded and followed.
class Followed {
public:
    Followed() {
        std::ofstream{mapping_}
            << "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\nentities:\n"
               "  t: {target: public.t, root: {row: t}, id: \"'t/' || t.id\", "
               "columns: {v: t.v, x: t.x, n: t.n}}\n";
        road_.source(
            "CREATE TABLE t (id bigint PRIMARY KEY, v text, x text, n integer, other text)");
        road_.source("INSERT INTO t SELECT n, 'v' || n, 'x' || n, n FROM generate_series(1, 5) n");
        road_.target("CREATE TABLE t (id uuid PRIMARY KEY, v text, x text, n integer)");
        road_.start();
        road_.settle();
    }
    EndToEnd& road() { return road_; }
    // A start that the service ends by itself; it may answer before.
    void start_in_vain() {
        road_.start_armed("nowhere");
        // 2: the mapping does not fit any more.
        const int status = road_.wait_for_end();
        CHECK((status == 2 || status == 3));
    }
    // Until the watch has looked twice since now.
    void wait() {
        const auto looked = [&](const std::string& since) {
            return road_.source_value(
                "SELECT coalesce(max(query_start)::text, '') FROM pg_stat_activity WHERE "
                "application_name = 'crossfade catalog' AND query_start > '" +
                since + "'");
        };
        std::string since = road_.source_value("SELECT clock_timestamp()");
        for (int look = 0; look < 2; ++look) {
            const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
            std::string at;
            while ((at = looked(since)).empty() && std::chrono::steady_clock::now() < end)
                std::this_thread::sleep_for(std::chrono::milliseconds{50});
            REQUIRE_FALSE(at.empty());
            // Its next statement but one belongs to another look.
            since = road_.source_value("SELECT timestamptz '" + at + "' + interval '500 ms'");
        }
    }

private:
    TemporaryDirectory folder_;
    std::string mapping_ = (folder_ / "mapping.yaml").string();
    EndToEnd road_{{{"mapping", mapping_}}};
};

struct Example {
    const char *change, *found;
};

Example changes() {
    return GENERATE(
        Example{"BEGIN; CREATE TABLE n (LIKE t INCLUDING ALL); DROP TABLE t; ALTER TABLE n RENAME "
                "TO t; COMMIT; INSERT INTO t VALUES (101, 'after')",
                "table public.t is another table of that name"},
        Example{"ALTER TABLE t RENAME TO t2; INSERT INTO t2 VALUES (100, 'lost')",
                "table public.t is not there any more"},
        Example{"CREATE SCHEMA z; ALTER TABLE t SET SCHEMA z; INSERT INTO z.t VALUES (100, 'lost')",
                "table public.t is not there any more"},
        Example{"ALTER TABLE t ALTER v TYPE text USING upper(v)",
                "table public.t was written anew"},
        Example{"ALTER TABLE t ALTER n TYPE integer USING n + 1",
                "table public.t was written anew"},
        Example{"ALTER TABLE t ALTER n TYPE bigint",
                "has the column n as bigint now, before as integer"},
        Example{"ALTER TABLE t SET UNLOGGED; INSERT INTO t VALUES (100, 'lost')",
                "table public.t is no longer logged as before"},
        Example{"ALTER TABLE t SET UNLOGGED; ALTER TABLE t SET LOGGED",
                "table public.t was written anew"},
        Example{"CREATE TABLE c () INHERITS (t); INSERT INTO c VALUES (100, 'child')",
                "has other tables that inherit from it"},
        Example{"ALTER TABLE t DROP v; ALTER TABLE t ADD v text DEFAULT 'dflt'",
                "has another column v than before"},
        Example{"ALTER TABLE t DROP n", "has no column n any more"},
        Example{"ALTER TABLE t RENAME v TO w; ALTER TABLE t RENAME x TO v; ALTER TABLE t RENAME w "
                "TO x",
                "has another column v than before"},
        Example{"ALTER TABLE t RENAME TO t2; INSERT INTO t2 VALUES (100, 'lost'); ALTER TABLE t2 "
                "RENAME TO t",
                "had another name or schema meanwhile"},
        Example{"ALTER TABLE t RENAME v TO w; ALTER TABLE t RENAME x TO v; UPDATE t SET v = 'y'; "
                "ALTER TABLE t RENAME v TO x; ALTER TABLE t RENAME w TO v",
                "has columns that had other names meanwhile"});
}

}  // namespace

TEST_CASE("a change of the catalog that the stream does not tell ends the service, and every start",
          "[road][postgres]") {
    const Example example = changes();
    CAPTURE(example.change);
    Followed followed;
    EndToEnd& road = followed.road();
    road.source(example.change);
    CHECK(road.wait_for_end() == 3);
    CHECK_THAT(road.log_end(), ContainsSubstring(example.found) && ContainsSubstring("between") &&
                                   ContainsSubstring("crossfade drop --state"));
    followed.start_in_vain();
    CHECK_THAT(road.log_end(), ContainsSubstring(example.found));
}

TEST_CASE("a change of the catalog while the service is down is found at its start",
          "[road][postgres]") {
    const Example example = changes();
    CAPTURE(example.change);
    Followed followed;
    EndToEnd& road = followed.road();
    road.stop();
    road.source(example.change);
    followed.start_in_vain();
    // What is not there is missed by the mapping itself.
    CHECK_THAT(road.log_end(), ContainsSubstring(example.found) ||
                                   ContainsSubstring("the source has no table \"public.t\"") ||
                                   ContainsSubstring("table \"t\" has no column \"n\""));
}

TEST_CASE("what changes nothing of the rows is no finding", "[road][postgres]") {
    Followed followed;
    EndToEnd& road = followed.road();
    for (const char* change : {"GRANT SELECT ON t TO PUBLIC",
                               "GRANT SELECT (v) ON t TO PUBLIC",
                               "ANALYZE t",
                               "VACUUM t",
                               "VACUUM FULL t",
                               "CREATE INDEX by_v ON t (v)",
                               "CLUSTER t USING by_v",
                               "REINDEX TABLE t",
                               "DROP INDEX by_v",
                               "ALTER TABLE t ADD y text DEFAULT 'y'",
                               "ALTER TABLE t ADD z uuid DEFAULT gen_random_uuid()",
                               "ALTER TABLE t DROP other",
                               "ALTER TABLE t ALTER v SET STATISTICS 50",
                               "ALTER TABLE t ALTER v SET DEFAULT 'd'",
                               "ALTER TABLE t ALTER n SET NOT NULL",
                               "ALTER TABLE t REPLICA IDENTITY FULL",
                               "COMMENT ON TABLE t IS 'rows'",
                               "ALTER TABLE t SET (fillfactor = 90)",
                               "CREATE TABLE t_of_others (LIKE t)",
                               "TRUNCATE t; INSERT INTO t VALUES (1, 'one', 'x', 1)"}) {
        CAPTURE(change);
        road.source(change);
    }
    followed.wait();
    REQUIRE(road.runs());
    road.source("UPDATE t SET v = 'two'");
    road.settle();
    CHECK(road.target_value("SELECT string_agg(v, ',') FROM t") == "two");
    CHECK(road.differences() == 0);
    road.stop();
    road.start();
    road.settle();
    road.stop();
}

TEST_CASE("a server that answers the watches nothing any more does not hold up the end",
          "[road][postgres]") {
    Followed followed;
    EndToEnd& road = followed.road();
    const std::string name = GENERATE("crossfade catalog", "crossfade slot");
    const std::string of_watch = " FROM pg_stat_activity WHERE application_name = '" + name + "'";
    std::string pid;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (pid.empty() && std::chrono::steady_clock::now() < end)
        pid = road.source_value("SELECT coalesce(max(pid)::text, '')" + of_watch);
    REQUIRE_FALSE(pid.empty());
    REQUIRE(::kill(std::stoi(pid), SIGSTOP) == 0);
    std::this_thread::sleep_for(std::chrono::milliseconds{2'500});  // it has asked meanwhile
    CHECK_NOTHROW(road.stop());
    ::kill(std::stoi(pid), SIGCONT);
}
