#include "postgres/connection.hpp"

#include "postgres/copy.hpp"
#include "postgres/pipeline.hpp"
#include "postgres/transaction.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"

using namespace crossfade;
using Catch::Matchers::ContainsSubstring;

namespace {
Connection open(const std::string& database = "postgres", bool replication = false) {
    ConnectionOptions options{test::Cluster::shared().conninfo(database), "crossfade test",
                              "source"};
    options.replication = replication;
    return Connection::open(options);
}

ErrorKind kind_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Failure& failure) {
        return failure.error().kind();
    }
    FAIL("nothing was thrown");
    return ErrorKind::internal;
}
}  // namespace

TEST_CASE("the conninfo's own options stay", "[postgres]") {
    ConnectionOptions options{
        test::Cluster::shared().conninfo() + " options='-c work_mem=7MB -c DateStyle=German'", "x",
        "target"};
    auto connection = Connection::open(options);
    CHECK(connection.exec("SHOW work_mem").text(0, 0) == "7MB");
    CHECK(connection.exec("SHOW DateStyle").text(0, 0) == "ISO, YMD");
    CHECK(connection.exec("SHOW application_name").text(0, 0) == "x");
}

TEST_CASE("a connection that cannot be opened says of which kind that is", "[postgres]") {
    CHECK(kind_of([] {
              Connection::open({"host=127.0.0.1 port=1 user=nobody dbname=x", "t", "source"});
          }) == ErrorKind::unavailable);
    CHECK(kind_of([] { open("no_such_database"); }) == ErrorKind::configuration);
    CHECK(kind_of([] {
              Connection::open({"nonsense", "t", "source"});
          }) == ErrorKind::configuration);
}

TEST_CASE("errors of data are returned and others thrown", "[postgres]") {
    auto connection = open();
    const auto refused = connection.try_exec("SELECT $1::int", Params{{std::string{"private"}}});
    REQUIRE(refused.has_error());
    CHECK(refused.error().kind() == ErrorKind::bad_value);
    CHECK(refused.error().sqlstate() == "22P02");
    CHECK_THAT(refused.error().format(), !ContainsSubstring("private"));
    CHECK(kind_of([&] { connection.exec("SELECT * FROM no_such_table"); }) ==
          ErrorKind::configuration);
    CHECK(connection.exec("SELECT 1").integer(0, 0) == 1);
}

TEST_CASE("an exception of a trigger names the function and not the value", "[postgres]") {
    auto connection = open();
    connection.exec(
        "CREATE TEMP TABLE raised (v text); CREATE FUNCTION pg_temp.refuse() RETURNS trigger "
        "LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE 'no %', NEW.v; END $$; CREATE TRIGGER t BEFORE INSERT ON raised FOR EACH "
        "ROW "
        "EXECUTE FUNCTION pg_temp.refuse()");
    const auto refused = connection.try_exec("INSERT INTO raised VALUES ('private')");
    REQUIRE(refused.has_error());
    CHECK(refused.error().kind() == ErrorKind::constraint);
    CHECK_THAT(refused.error().constraint(), ContainsSubstring("refuse()"));
    CHECK_THAT(refused.error().format(), !ContainsSubstring("private"));
}

TEST_CASE("a killed session is unavailable", "[postgres]") {
    auto connection = open();
    auto other = open();
    other.exec("SELECT pg_terminate_backend(" + std::to_string(connection.backend_pid()) +
               ", 5000)");
    CHECK(kind_of([&] { connection.exec("SELECT 1"); }) == ErrorKind::unavailable);
    CHECK_FALSE(connection.is_good());
}

TEST_CASE("notices reach their handler, also after a move", "[postgres]") {
    auto first = open();
    std::vector<Notice> notices;
    first.on_notice([&](const Notice& notice) { notices.push_back(notice); });
    auto connection = std::move(first);
    connection.exec("DO $$ BEGIN RAISE WARNING 'careful'; END $$");
    REQUIRE(notices.size() == 1);
    CHECK(notices[0].severity == "WARNING");
    CHECK(notices[0].sqlstate == "01000");
    CHECK(notices[0].message == "careful");
}

TEST_CASE("a transaction that is not committed rolls back", "[postgres]") {
    auto connection = open();
    connection.exec("CREATE TEMP TABLE kept (v int)");
    {
        Transaction transaction{connection};
        connection.exec("INSERT INTO kept VALUES (1)");
    }
    CHECK(connection.exec("SELECT count(*) FROM kept").integer(0, 0) == 0);
    Transaction transaction{connection};
    connection.exec("INSERT INTO kept VALUES (1)");
    CHECK(*transaction.commit() == CommitOutcome::committed);
    CHECK(connection.exec("SELECT count(*) FROM kept").integer(0, 0) == 1);
}

TEST_CASE("a COMMIT that rolled back is no success", "[postgres]") {
    auto connection = open();
    Transaction transaction{connection};
    CHECK(connection.try_exec("SELECT 1/0").has_error());
    CHECK_THROWS_AS(transaction.commit(), Failure);
}

TEST_CASE("a deferred constraint refuses at COMMIT", "[postgres]") {
    auto connection = open();
    connection.exec("CREATE TEMP TABLE once (v int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
    Transaction transaction{connection};
    connection.exec("INSERT INTO once VALUES (1), (1)");
    const auto outcome = transaction.commit();
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().sqlstate() == "23505");
    CHECK(outcome.error().constraint() == "once_v_key");
}

TEST_CASE("a session killed before COMMIT leaves it in doubt", "[postgres]") {
    auto connection = open();
    Transaction transaction{connection};
    open().exec("SELECT pg_terminate_backend(" + std::to_string(connection.backend_pid()) +
                ", 5000)");
    CHECK(*transaction.commit() == CommitOutcome::in_doubt);
}

TEST_CASE("a pipeline answers in order, and skips behind an error up to the sync", "[postgres]") {
    auto connection = open();
    connection.exec("CREATE TEMP TABLE piped (v int PRIMARY KEY)");
    {
        Pipeline pipeline{connection};
        pipeline.prepare("put", "INSERT INTO piped VALUES ($1)");
        pipeline.send_sql("BEGIN");
        Params params;
        for (const int value : {1, 2, 2, 3}) {
            params.clear();
            pipeline.send("put", params.integer(value));
        }
        pipeline.send_sql("COMMIT");
        pipeline.sync();
        CHECK(pipeline.receive().result);
        CHECK(pipeline.receive().result);
        CHECK(pipeline.receive().result->affected() == 1);
        CHECK(pipeline.receive().result);
        const auto refused = pipeline.receive();
        REQUIRE(refused.refused);
        CHECK(refused.refused->constraint == "piped_pkey");
        CHECK(pipeline.receive().skipped);
        CHECK(pipeline.receive().skipped);
        pipeline.receive_sync();
        pipeline.send_sql("ROLLBACK");
        pipeline.sync();
        pipeline.receive_sync();
    }
    CHECK(connection.exec("SELECT count(*) FROM piped").integer(0, 0) == 0);
    {
        Pipeline left{connection};
        left.send_sql("SELECT 1");
    }  // unanswered: drained
    CHECK(connection.exec("SELECT 2").integer(0, 0) == 2);
}

TEST_CASE("copies go out row by row and in piece by piece", "[postgres]") {
    auto connection = open();
    connection.exec("CREATE TEMP TABLE copied (v int, t text)");
    {
        CopyIn in{connection, "COPY copied FROM STDIN"};
        in.put("1\ton");
        in.put("e\n2\t\\N\n");
        CHECK(*in.finish() == 2);
    }
    std::string out;
    CHECK(copy_out(connection, "COPY copied TO STDOUT",
                   [&](std::string_view row) { out += row; }) == 2);
    CHECK(out == "1\tone\n2\t\\N\n");
    {
        CopyIn aborted{connection, "COPY copied FROM STDIN"};
        aborted.put("3\tx\n");
    }
    CopyIn refused{connection, "COPY copied FROM STDIN"};
    refused.put("x\ty\n");
    CHECK(refused.finish().error().sqlstate() == "22P02");
    CHECK_THROWS_AS(copy_out(connection, "COPY (SELECT generate_series(1, 100000)) TO STDOUT",
                             [](std::string_view) { throw std::logic_error{"enough"}; }),
                    std::logic_error);
    // What was left of the copy is never read: the session is given up.
    CHECK_FALSE(connection.is_good());
}
