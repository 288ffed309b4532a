// What must not be written: a second run, a change that the mapping does not read.
#include "tests/pair/pair_fixture.hpp"
#include "tests/pair/pair_tables.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

// Every row of every table that the mapping reads is written again, with the values it has.
std::string touched(const Pair& pair) {
    std::string all;
    for (const std::string table : source_tables()) {
        const std::string column =
            pair.edu_value("SELECT min(attname) FROM pg_attribute WHERE attrelid = '" + table +
                           "'::regclass AND attname IN ('active', 'name') AND NOT attisdropped");
        all += "UPDATE " + table + " SET " + column + " = " + column + ";";
    }
    return all;
}

// How many rows each table of lms has.
std::string counts(const Pair& pair) {
    std::string all;
    for (const PairTable& table : pair_tables()) {
        const std::string name{table.name};
        all += name + " " + pair.lms_value("SELECT count(*) FROM " + name) + "\n";
    }
    return all;
}

std::string expected_counts(const Pair& pair) {
    std::string all;
    for (const PairTable& table : pair_tables()) {
        all += std::string{table.name} + " " +
               pair.edu_value("SELECT count(*) FROM (" + std::string{table.names} + ") AS n") +
               "\n";
    }
    return all;
}

}  // namespace

TEST_CASE("4.1 A second run on unchanged data changes nothing: ids, counts, contents",
          "[pair][postgres]") {
    TemporaryDirectory keys;
    Pair pair{{.data = "few"}, {}, keys / "secret.key"};
    pair.start();
    pair.settle();
    check_pair(pair);
    pair.stop();
    const std::string versions = pair.row_versions();
    const std::string contents = pair.dump();
    const std::string rows = counts(pair);
    CHECK(contents.find(" lacks ") == std::string::npos);
    CHECK(contents.find(" one too many ") == std::string::npos);
    CHECK(rows == expected_counts(pair));

    // The same service once more: no row is written, not even with equal values.
    pair.start();
    pair.settle();
    pair.edu(touched(pair));
    pair.settle();
    CHECK(differing_lines(pair.row_versions(), versions) == "");
    check_pair(pair);
    pair.stop();

    // A load from the beginning, over rows that an earlier one has written.
    CHECK(pair.command({"drop", "--state", "--yes"}).status == 0);
    pair.start();
    pair.settle();
    check_pair(pair);
    CHECK(differing_lines(pair.dump(), contents) == "");
    CHECK(counts(pair) == rows);
    pair.stop();
}

TEST_CASE("4.9 Only update_date changes: nothing is written; only last_action_date: last_login_at",
          "[pair][postgres]") {
    Pair pair{{.data = "few"}};
    pair.edu(human(1, "anna").all() + human(2, "berta").all());
    pair.start();
    pair.settle();
    const std::string versions = pair.row_versions();
    // Of the journal it is mapped (graded_at), and of whoever is not enrolled any more.
    for (const char* table :
         {"accounts", "users", "persons", "students", "teachers", "organizations", "dictionaries",
          "subject_catalog", "course", "course_teacher", "academic_schedule_details"}) {
        pair.edu("UPDATE " + std::string{table} + " SET update_date = now()");
    }
    pair.edu("UPDATE course_student SET update_date = now() WHERE active = 1");
    pair.edu("UPDATE persons SET family_information = repeat('x', 9000), hobbies = 'şahmat'");
    pair.settle();
    CHECK(differing_lines(pair.row_versions(), versions) == "");

    pair.lms("CREATE TABLE users_before AS SELECT * FROM users; TRUNCATE audit_logs");
    pair.play("UPDATE users SET last_action_date = '2031-05-01 12:00:00.000001+04' WHERE id = #1");
    CHECK(pair.lms_rows(
              "SELECT u.username, d.key, d.value FROM users AS u JOIN users_before AS b USING (id),"
              " jsonb_each_text(to_jsonb(u)) AS d WHERE d.value IS DISTINCT FROM to_jsonb(b) ->> "
              "d.key AND d.key <> 'updated_at'") ==
          "(anna,last_login_at,2031-05-01T08:00:00.000001+00:00)");
    // lms keeps a log of writes: there was one.
    CHECK(pair.lms_rows("SELECT action, resource_type FROM audit_logs") == "(UPDATE,users)");
    // An earlier action of another role of the same account is no news; it is of another's.
    pair.play(
        "INSERT INTO users (id, account_id, active, last_action_date, create_date) VALUES (#3, #1, "
        "0, '2030-01-01 00:00+04', '2024-03-01 10:00+04')");
    CHECK(pair.lms_rows("SELECT username, last_login_at FROM users WHERE last_login_at > "
                        "'2030-01-01'") == "(anna,\"2031-05-01 08:00:00.000001+00\")");
    check_pair(pair);
    pair.stop();
}
