// NaN and the infinities arrive as null from wal2json: the row is read again, and what is shown is
// never a NULL that the source did not have.
#include "postgres/connection.hpp"
#include "replicator/slot.hpp"
#include "tests/road/small_road.hpp"
#include "tests/road/waiting_client.hpp"
#include "tests/support/catch.hpp"

#include <signal.h>

#include <chrono>
#include <thread>

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* kMapping = R"yaml(
entities:
  t:
    target: public.t
    root: {row: t}
    id: "'t/' || t.id"
    columns: {k: t.id, n: t.n, r: t.r, d: t.d, s: t.s}
)yaml";

constexpr const char* kSource =
    "CREATE TABLE t (id bigint PRIMARY KEY, n numeric, r real, d double precision, s text)";
// Every n that was ever shown stands in `shown`.
constexpr const char* kTarget =
    "CREATE TABLE t (id uuid PRIMARY KEY, k bigint, n numeric, r real, d double precision, s text);"
    "CREATE TABLE shown (place serial, k bigint, n text);"
    "CREATE FUNCTION show() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    "  INSERT INTO public.shown (k, n) VALUES (NEW.k, coalesce(NEW.n::text, 'NULL')); RETURN NULL;"
    "END $$;"
    "CREATE TRIGGER show AFTER INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION show()";

const std::string kRows =
    "SELECT coalesce(string_agg(concat_ws(' ', KEY, coalesce(n::text, '-'), coalesce(r::text, "
    "'-'), coalesce(d::text, '-'), s), ', ' ORDER BY KEY), '') FROM t";

std::string rows_by(std::string key) {
    std::string sql = kRows;
    for (std::size_t at; (at = sql.find("KEY")) != std::string::npos;)
        sql.replace(at, 3, key);
    return sql;
}

class Numbers : public SmallRoad {
public:
    explicit Numbers(const Settings& settings = {}, const std::string& source = kSource)
        : SmallRoad{source, kTarget, kMapping, settings} {}
    std::string on_source() const { return source_value(rows_by("id")); }
    std::string on_target() const { return target_value(rows_by("k")); }
    std::string shown() const {
        return target_value(
            "SELECT coalesce(string_agg(k || ' ' || n, ', ' ORDER BY place), '') FROM shown");
    }
    // The target is the source, and nothing is left to be read.
    void agree() {
        settle();
        CHECK(on_target() == on_source());
        CHECK(differences() == 0);
        CHECK(status_json().find("\"work\": 0") != std::string::npos);
    }
    Connection session(const std::string& name = "test") const {
        return Connection::open(
            {.conninfo = SmallServers::shared().source.conninfo(source_database()),
             .application_name = name,
             .purpose = "source"});
    }
};

// As an application's savepoint does it: the row is written by a number that the stream has not.
std::string in_savepoint(const std::string& sql) {
    return "BEGIN; SAVEPOINT s; " + sql + "; RELEASE s; COMMIT";
}

template <class Done>
bool soon(Done done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!done()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return true;
}

constexpr const char* kAll =
    "INSERT INTO t SELECT FROM_ID + row_number() OVER (), n::numeric, r::real, d::float8, 'x' FROM "
    "unnest('{NaN,Infinity,-Infinity,NULL,1.50,0}'::text[]) n,"
    "unnest('{NaN,Infinity,-Infinity,NULL,1.5}'::text[]) r,"
    "unnest('{NaN,Infinity,-Infinity,NULL,-2.5}'::text[]) d";

std::string all_values(const std::string& from) {
    std::string sql = kAll;
    return sql.replace(sql.find("FROM_ID"), 7, from);
}

}  // namespace

TEST_CASE("NaN and infinities are streamed as they are loaded", "[road][postgres]") {
    const std::string identity = GENERATE("DEFAULT", "FULL");
    CAPTURE(identity);
    Numbers road;
    road.source("ALTER TABLE t REPLICA IDENTITY " + identity);
    road.source(all_values("0"));
    road.start();
    road.settle();
    CHECK(road.on_target() == road.on_source());
    road.source(all_values("1000"));
    road.agree();
    road.source("UPDATE t SET s = 'other'");
    road.agree();
    road.source(
        "UPDATE t SET n = CASE id % 4 WHEN 0 THEN 'NaN' WHEN 1 THEN NULL WHEN 2 THEN 5 ELSE "
        "n END, r = 'Infinity', d = CASE WHEN id % 2 = 0 THEN 'NaN'::float8 END");
    road.agree();
    road.source("DELETE FROM t WHERE id % 3 = 0; UPDATE t SET id = id + 10000 WHERE id % 3 = 1");
    road.agree();
    road.source("TRUNCATE t; INSERT INTO t VALUES (1, 'NaN', 'NaN', 'NaN', 'new')");
    road.agree();
    CHECK(road.on_target() == "1 NaN NaN NaN new");
    road.stop();
}

TEST_CASE("a domain over a number and an array of numbers come as they are", "[road][postgres]") {
    const std::string type = GENERATE("word numeric", "word float8", "word float4");
    CAPTURE(type);
    const std::string base = type.substr(5);
    Numbers road{{},
                 "CREATE DOMAIN word AS " + base +
                     "; CREATE TABLE t (id bigint PRIMARY KEY, n word, "
                     "r real, d double precision, s " +
                     base + "[])"};
    road.start();
    road.settle();
    road.source(
        "INSERT INTO t VALUES (1, 'NaN', 1, 1, '{NaN,NULL,1.5}'), (2, NULL, NULL, 1, NULL), "
        "(3, '1.50', 'NaN', 1, '{}'), (4, 'NaN', 'NaN', 'NaN', '{NaN}')");
    road.agree();
    road.source("UPDATE t SET d = 2");
    road.agree();
    CHECK(road.on_target().starts_with("1 NaN 1 2 {NaN,NULL,1.5}, 2 - - 2,"));
    road.stop();
}

TEST_CASE("no NULL is shown that the source did not have", "[road][postgres]") {
    struct Example {
        std::vector<std::string> transactions;
        std::string shown;  // empty: it is not said what is shown between
    };
    // While the bridge is down: row 1 has NaN, row 2 has 7.
    const auto example = GENERATE(
        Example{{"UPDATE t SET s = 'a'", "UPDATE t SET s = 'b'"}, ""},
        Example{{"UPDATE t SET n = 'NaN'", "UPDATE t SET n = 5"}, ""},
        Example{{"UPDATE t SET n = 'NaN' WHERE id = 2", "DELETE FROM t WHERE id = 2"},
                "1 NaN, 2 7"},
        Example{{"INSERT INTO t VALUES (3, 'NaN')", "DELETE FROM t WHERE id = 3"}, "1 NaN, 2 7"},
        Example{{"INSERT INTO t VALUES (3, 'Infinity')", "UPDATE t SET id = 4 WHERE id = 3"},
                "1 NaN, 2 7, 4 Infinity"},
        Example{{"UPDATE t SET s = 'a' WHERE id = 1", "UPDATE t SET id = 5 WHERE id = 1",
                 "UPDATE t SET s = 'b' WHERE id = 5"},
                ""},
        Example{{"UPDATE t SET id = 5, n = 'NaN' WHERE id = 2",
                 "INSERT INTO t VALUES (2, '-Infinity')"},
                ""},
        Example{{"UPDATE t SET s = 'a'", "TRUNCATE t; INSERT INTO t VALUES (1, 'NaN', 1, 1, 'c')"},
                ""},
        Example{{"UPDATE t SET n = 'NaN'; UPDATE t SET n = 3 WHERE id = 1; INSERT INTO t VALUES "
                 "(3, 'NaN'); UPDATE t SET id = 4 WHERE id = 3",
                 "UPDATE t SET s = 'a'"},
                ""},
        Example{{in_savepoint("UPDATE t SET n = '-Infinity'")},
                "1 NaN, 2 7, 1 -Infinity, 2 -Infinity"},
        Example{{in_savepoint("INSERT INTO t VALUES (3, 'NaN')"), "UPDATE t SET n = 5 WHERE id = 3",
                 in_savepoint("UPDATE t SET n = 'NaN' WHERE id = 3")},
                ""});
    const std::string batch = GENERATE("1", "500");
    CAPTURE(example.transactions, batch);
    Numbers road{{{"batch.transactions_max", batch}}};
    road.source("INSERT INTO t VALUES (1, 'NaN', 1, 1, 'x'), (2, 7, 1, 1, 'x')");
    road.start();
    road.settle();
    road.stop();
    Connection application = road.session();
    for (const std::string& transaction : example.transactions)
        application.exec(transaction);
    road.start();
    road.agree();
    const std::string shown = road.shown();
    CAPTURE(shown);
    CHECK(shown.find("NULL") == std::string::npos);
    if (!example.shown.empty()) CHECK(shown == example.shown);
    road.stop();
}

TEST_CASE("a NULL stays one, whoever writes it and whatever comes behind it", "[road][postgres]") {
    Numbers road;
    road.source("INSERT INTO t SELECT g, NULL, NULL, NULL, 'x' FROM generate_series(1, 50) g");
    road.start();
    road.settle();
    Connection application = road.session();
    for (int round = 0; round < 30; ++round) {
        const std::string text = "UPDATE t SET s = '" + std::to_string(round) + "'";
        application.exec(round % 2 == 0 ? text : in_savepoint(text + " WHERE id % 3 = 1"));
    }
    road.agree();
    CHECK(road.target_value("SELECT count(*) FROM t WHERE n IS NULL AND r IS NULL") == "50");
    road.stop();
}

TEST_CASE("a hold shows a row as it was at its point, whatever came behind it",
          "[road][postgres]") {
    Numbers road;
    road.source("INSERT INTO t VALUES (1, 3, 1, 1, 'x')");
    road.start();
    road.settle();
    WaitingClient client{(road.folder() / "state/crossfade.sock").string()};
    const std::string token = client.pause();
    road.source("UPDATE t SET n = 'NaN'; INSERT INTO t VALUES (2, 'Infinity', 1, 1, 'x')");
    Connection reader = road.session();
    reader.exec("BEGIN ISOLATION LEVEL REPEATABLE READ");
    const std::string snapshot{reader.exec("SELECT pg_export_snapshot()").text(0, 0)};
    Connection application = road.session();
    const Lsn point = write_marker(application, "test", "point");
    application.exec("UPDATE t SET n = 5 WHERE id = 1");
    application.exec("DELETE FROM t WHERE id = 2");
    client.ask(R"({"command": "hold", "token": ")" + token + R"(", "lsn": ")" + point.format() +
               R"(", "snapshot": ")" + snapshot + "\"}");
    CHECK(client.answer().contains("checkpoint"));
    CHECK(road.on_target() == "1 NaN 1 1 x, 2 Infinity 1 1 x");
    client.release(token);
    road.agree();
    CHECK(road.shown() == "1 3, 1 NaN, 2 Infinity, 1 5");
    road.stop();
}

TEST_CASE("a row that is not known yet is open work", "[road][postgres]") {
    Numbers road;
    road.source("INSERT INTO t VALUES (1, 3, 1, 1, 'x')");
    road.start();
    road.settle();
    WaitingClient client{(road.folder() / "state/crossfade.sock").string()};
    const std::string token = client.pause();
    road.source("UPDATE t SET n = 'NaN'");
    Connection application = road.session();
    const Lsn point = write_marker(application, "test", "point");
    application.exec("UPDATE t SET n = 5");
    // Without a snapshot of the point the hold waits, since what is behind it would tell.
    client.ask_hold(token, point.format());
    REQUIRE(soon([&] { return road.status_json().find("\"work\": 1") != std::string::npos; }));
    CHECK(road.status_json().find("read again") != std::string::npos);
    CHECK(road.command({"wait", "--timeout", "1s"}).status == 1);
    CHECK(road.on_target() == "1 3 1 1 x");
    client.vanish();
    road.agree();
    CHECK(road.shown() == "1 3, 1 5");
    road.stop();
}

TEST_CASE("a kill while rows are read again changes nothing of them", "[road][fault]") {
    Numbers road{{{"batch.transactions_max", "1"}}};
    road.source("INSERT INTO t SELECT g, 'NaN', 'NaN', g, 'x' FROM generate_series(1, 4) g");
    road.start();
    road.settle();
    road.stop();
    int round = 0;
    for (const std::string point :
         {"stage", "derive", "execute", "before_intent", "after_intent", "before_commit",
          "after_commit", "before_settle", "after_settle", "confirm"}) {
        for (const char* passage : {"1", "2"}) {
            CAPTURE(point, passage);
            const std::string s = "s = '" + std::to_string(++round) + "'";
            Connection application = road.session();
            application.exec("UPDATE t SET n = 'Infinity', " + s + " WHERE id = 1");
            application.exec(in_savepoint("UPDATE t SET n = 'NaN', " + s + " WHERE id < 3"));
            application.exec("UPDATE t SET id = id + 1000 WHERE id % 1000 = 4");
            application.exec("UPDATE t SET d = 'NaN', " + s + " WHERE id % 1000 IN (3, 4)");
            road.start_armed(point + ":" + passage);
            CHECK(road.wait_for_end() == kKilled);
            road.start();
            road.agree();
            road.stop();
        }
    }
    CHECK(road.shown().find("NULL") == std::string::npos);
}

TEST_CASE("a transaction that comes in slices brings the values it has at its end",
          "[road][postgres]") {
    Numbers road{{{"batch.spill_bytes", "64kB"}}};
    road.source("INSERT INTO t SELECT g, g, g, g, 'x' FROM generate_series(1, 2000) g");
    road.start();
    road.settle();
    road.source(
        "UPDATE t SET n = 'NaN', r = NULL; UPDATE t SET n = 5 WHERE id % 3 = 0; UPDATE t "
        "SET d = 'Infinity'; UPDATE t SET id = id + 10000 WHERE id % 3 = 1; DELETE FROM t "
        "WHERE id % 10 = 0; UPDATE t SET r = '-Infinity' WHERE id % 7 = 0");
    road.agree();
    road.source(in_savepoint("UPDATE t SET s = 'y'") + ";" + in_savepoint("UPDATE t SET s = 'z'"));
    road.agree();
    road.stop();
}

TEST_CASE("a lock on the table, or a reading that is cut off, is waited for", "[road][fault]") {
    Numbers road;
    road.source("INSERT INTO t VALUES (1, 3, 1, 1, 'x')");
    road.start();
    road.settle();
    Connection application = road.session();
    Connection locker = road.session();
    // Held from before the bridge looks: by one who has not written, so that nothing else waits.
    const std::string lock = GENERATE("released", "held");
    road.stop();
    application.exec("UPDATE t SET n = 'NaN'");
    locker.exec("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
    road.start();
    REQUIRE(soon([&] {
        return road.source_value(
                   "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                   "'crossfade rows' AND wait_event_type = 'Lock'") == "1";
    }));
    CHECK(road.on_target() == "1 3 1 1 x");
    if (lock == "held") {
        const auto began = std::chrono::steady_clock::now();
        road.stop();
        CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{5});
        locker.exec("COMMIT");
        road.start();
    } else {
        locker.exec("COMMIT");
        road.source_value(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
            "application_name = 'crossfade rows'");
    }
    road.agree();
    CHECK(road.on_target() == "1 NaN 1 1 x");
    road.stop();
}

TEST_CASE("a server that answers the reading nothing any more does not hold up the end",
          "[road][fault]") {
    Numbers road;
    road.source("INSERT INTO t VALUES (1, 'NaN', 1, 1, 'x')");
    road.start();
    road.settle();
    road.source("UPDATE t SET s = 'y'");
    road.settle();
    const std::string pid = road.source_value(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'crossfade rows'");
    REQUIRE_FALSE(pid.empty());
    REQUIRE(::kill(std::stoi(pid), SIGSTOP) == 0);
    road.source("UPDATE t SET s = 'z'");
    std::this_thread::sleep_for(std::chrono::milliseconds{500});  // it has asked meanwhile
    const auto began = std::chrono::steady_clock::now();
    CHECK_NOTHROW(road.stop());
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{5});
    ::kill(std::stoi(pid), SIGCONT);
    road.start();
    road.agree();
    road.stop();
}

TEST_CASE(
    "a value that is not told in a key ends the service with "
    "what to do",
    "[road][postgres]") {
    struct Example {
        const char *table, *change, *found;
    };
    const auto example = GENERATE(
        Example{"CREATE TABLE t (id bigint, n numeric PRIMARY KEY, r real, d float8, s text)",
                "INSERT INTO t VALUES (1, 'NaN', 1, 1, 'x')",
                "key column n of table public.t arrives as null"},
        Example{"CREATE TABLE t (id bigint, n numeric, r real, d float8 PRIMARY KEY, s text)",
                "INSERT INTO t VALUES (1, 1, 1, 'Infinity', 'x')",
                "key column d of table public.t arrives as null"},
        Example{"CREATE TABLE t (id bigint, n numeric, r real, d float8 PRIMARY KEY, s text);"
                "INSERT INTO t VALUES (1, 1, 1, 'NaN', 'x')",
                "DELETE FROM t", "column d of table public.t may be NaN or an infinity"});
    CAPTURE(example.table, example.change);
    Numbers road{{}, example.table};
    road.start();
    road.settle();
    road.source(example.change);
    CHECK(road.wait_for_end() == 3);
    CHECK_THAT(road.log_end(), ContainsSubstring(example.found) &&
                                   ContainsSubstring("committed at") &&
                                   ContainsSubstring("wal2json does not tell"));
}
