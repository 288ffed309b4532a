// What must not be written: a second run, a change that the mapping does not read.
#include "tests/pair/pair_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

constexpr const char* kCounts =
    "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM persons), (SELECT count(*) FROM "
    "students), (SELECT count(*) FROM staff_members), (SELECT count(*) FROM organization_units)";

}  // namespace

TEST_CASE("4.1 A second run on unchanged data changes nothing: ids, counts, contents",
          "[pair][postgres]") {
    TemporaryDirectory keys;
    Pair pair{{}, {}, keys / "secret.key"};
    pair.start();
    pair.settle();
    check_pair(pair);
    pair.stop();
    const std::string versions = pair.row_versions();
    const std::string contents = pair.dump();
    const std::string counts = pair.lms_rows(kCounts);
    CHECK(contents.find(" lacks ") == std::string::npos);
    CHECK(counts ==
          "(" +
              pair.edu_value("SELECT concat_ws(',', (SELECT count(*) FROM accounts) + (SELECT "
                             "count(*) FROM users AS u WHERE NOT EXISTS (SELECT FROM accounts AS a "
                             "WHERE a.id = u.account_id)), (SELECT count(*) FROM persons), (SELECT "
                             "count(*) FROM students), (SELECT count(*) FROM teachers), (SELECT "
                             "count(*) FROM organizations))") +
              ")");

    // The same service once more: no row is written.
    pair.start();
    pair.settle();
    pair.edu(
        "UPDATE accounts SET username = username, password = password; UPDATE users SET active = "
        "active; UPDATE persons SET id = id; UPDATE students SET score = score; UPDATE teachers "
        "SET position_id = position_id; UPDATE organizations SET parent_id = parent_id");
    pair.edu("UPDATE dictionaries SET name_az = name_az; UPDATE org_names SET name_az = name_az");
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
    CHECK(pair.lms_rows(kCounts) == counts);
    pair.stop();
}

TEST_CASE("4.9 Only update_date changes: nothing is written; only last_action_date: last_login_at",
          "[pair][postgres]") {
    Pair pair;
    pair.edu(human(1, "anna").all() + human(2, "berta").all());
    pair.start();
    pair.settle();
    const std::string versions = pair.row_versions();
    for (const char* table : {"accounts", "users", "persons", "students", "teachers",
                              "organizations", "dictionaries"}) {
        pair.edu("UPDATE " + std::string{table} + " SET update_date = now()");
    }
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
