// lms as the earlier one-shot loads left it: its rows are taken over under the ids they have.
#include "tests/pair/haystack.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

constexpr const char* kTables[] = {"users", "persons", "students", "staff_members",
                                   "organization_units"};

// lms as it was, in a schema of its own.
void remember(const Pair& pair) {
    pair.lms("CREATE SCHEMA was");
    for (const std::string table : kTables)
        pair.lms("CREATE TABLE was." + table + " AS SELECT xmin AS version, * FROM " + table);
}

// Rows of `was` that fulfil `condition`, of all of `table`: "57 of 57".
std::string share(const Pair& pair, const std::string& table, const std::string& condition,
                  const std::string& of) {
    return pair.lms_value("SELECT count(*) FILTER (WHERE " + condition +
                          ") || ' of ' || count(*) "
                          "FROM was." +
                          table + " AS w LEFT JOIN " + table + " AS n USING (id) WHERE " + of);
}

std::string all(const Pair& pair, const std::string& table, const std::string& of) {
    const std::string count =
        pair.lms_value("SELECT count(*) FROM was." + table + " AS w WHERE " + of);
    return count + " of " + count;
}

constexpr const char* kMigrated = "w.metadata->>'old_account_id' IS NOT NULL";
constexpr const char* kMigratedStudent = "w.metadata->>'old_student_id' IS NOT NULL";

void check_ids_kept(const Pair& pair) {
    CHECK(share(pair, "users", "n.metadata->>'old_account_id' = w.metadata->>'old_account_id'",
                kMigrated) == all(pair, "users", kMigrated));
    CHECK(share(pair, "persons", "n.user_id = w.user_id", "true") == all(pair, "persons", "true"));
    CHECK(share(pair, "students", "n.metadata->>'old_student_id' = w.metadata->>'old_student_id'",
                kMigratedStudent) == all(pair, "students", kMigratedStudent));
    CHECK(share(pair, "staff_members", "n.employee_number = w.employee_number", "true") ==
          all(pair, "staff_members", "true"));
    CHECK(share(pair, "organization_units", "n.code LIKE 'ORG%'", "true") ==
          all(pair, "organization_units", "true"));
    // The map says the same: of a person by the id its row had.
    const std::string person = pair.lms_value("SELECT min(id::text) FROM was.persons");
    CHECK(pair.command({"map", "find", person}).output.find("persons") != std::string::npos);
}

// Each old id stands in lms once; none is missing.
void check_nobody_twice(const Pair& pair) {
    const auto ids = [&](const std::string& id, const std::string& table) {
        return pair.lms_rows("SELECT count(" + id + "), count(DISTINCT " + id + ") FROM " + table);
    };
    const auto twice = [&](const std::string& count) {
        const std::string value = pair.edu_value(count);
        return "(" + value + "," + value + ")";
    };
    CHECK(ids("metadata->>'old_account_id'", "users") == twice("SELECT count(*) FROM accounts"));
    CHECK(ids("metadata->>'old_student_id'", "students") == twice("SELECT count(*) FROM students"));
    CHECK(ids("substring(employee_number FROM '^TCH([0-9]+)$')", "staff_members") ==
          twice("SELECT count(*) FROM teachers"));
    CHECK(ids("substring(code FROM '^ORG([0-9]+)$')", "organization_units") ==
          twice("SELECT count(*) FROM organizations"));
    CHECK(pair.lms_value("SELECT count(*) FROM persons") ==
          pair.edu_value("SELECT count(*) FROM persons"));
    // Every role of every account is in its user, the second ones too.
    CHECK(pair.lms_value("SELECT count(*) FROM users, jsonb_array_elements(metadata->"
                         "'old_user_ids')") ==
          pair.edu_value("SELECT count(*) FROM users AS u JOIN accounts AS a ON a.id = "
                         "u.account_id"));
}

// Two students of one card: the load had written one over the other.
void check_card_pairs(const Pair& pair) {
    const std::string pairs = pair.edu_value(
        "SELECT string_agg(first || ',' || card || E'\\n' || second || ',STU' || second, E'\\n' "
        "ORDER BY first) FROM (SELECT min(id) AS first, max(id) AS second, card_number AS card "
        "FROM "
        "students WHERE active = 1 AND card_number <> '' GROUP BY card_number HAVING count(*) = 2) "
        "AS p");
    REQUIRE(pairs != "");
    std::string ids;
    for (std::size_t at = 0; at < pairs.size(); at = pairs.find('\n', at) + 1) {
        ids += (ids.empty() ? "'" : ", '") + pairs.substr(at, pairs.find(',', at) - at) + "'";
        if (pairs.find('\n', at) == std::string::npos) break;
    }
    CHECK(pair.lms_value("SELECT string_agg(metadata->>'old_student_id' || ',' || student_number, "
                         "E'\\n' ORDER BY array_position(ARRAY[" +
                         ids +
                         "], metadata->>'old_student_id')) FROM students WHERE "
                         "metadata->>'old_student_id' IN (" +
                         ids + ")") == pairs);
}

std::string born(const Pair& pair) {
    return pair.lms_rows(
               "SELECT xmin, u.* FROM users AS u WHERE NOT metadata ? 'old_user_id' AND "
               "NOT metadata ? 'old_user_ids' ORDER BY id") +
           pair.lms_rows(
               "SELECT xmin, s.* FROM students AS s WHERE NOT metadata ? "
               "'old_student_id' ORDER BY id");
}

}  // namespace

TEST_CASE("a target of the one-shot load is taken over: ids kept, nobody twice, damage undone",
          "[pair][postgres]") {
    Pair pair{{.data = "few", .target = "one-shot"}};
    remember(pair);
    // lms logs what is written, old values too: that log must not get the clear texts.
    pair.lms("ALTER DATABASE " + pair.target_database() + " SET app.audit = 'off'");
    const std::string chosen = "$2b$12$" + std::string(53, 'x');
    const std::string who = pair.lms_value(
        "UPDATE users SET password_hash = '" + chosen +
        "' WHERE id = (SELECT id FROM users WHERE "
        "metadata ? 'old_account_id' AND password_hash LIKE 'Gence!%' ORDER BY id LIMIT 1) "
        "RETURNING metadata->>'old_account_id'");
    const std::string born_before = born(pair);
    REQUIRE(born_before.find("lms.user01") != std::string::npos);
    REQUIRE(clear_texts(lms_texts(pair)).size() > 50);

    pair.start();
    pair.settle();
    check_pair(pair);
    check_ids_kept(pair);
    check_nobody_twice(pair);
    check_card_pairs(pair);
    CHECK(differing_lines(born(pair), born_before) == "");
    CHECK(pair.lms_value("SELECT count(*) FROM organization_units WHERE name->>'az' = "
                         "'Organization ' || substr(code, 4)") == "0");
    const std::string now = pair.lms_value("SELECT string_agg(u::text, '') FROM users AS u");
    CHECK(clear_texts(now).empty());
    CHECK(pair.lms_value(
              "SELECT count(*) FROM users WHERE password_hash !~ '^([$]2[aby][$]|!$)'") == "0");
    CHECK(pair.lms_value("SELECT count(*) FROM users WHERE password_hash LIKE '$2b$04$%'") != "0");
    const auto hash = [&] {
        return pair.lms_value(
            "SELECT password_hash FROM users WHERE metadata->>'old_account_id' = "
            "'" +
            who + "'");
    };
    CHECK(hash() == chosen);

    // From here on it is a target like any other.
    pair.play(
        "UPDATE accounts SET password = 'eWVuaQ==', username = username || '.x'; UPDATE "
        "students SET score = '555'; UPDATE teachers SET active = 0; UPDATE persons SET "
        "lastname = lastname || 'X'");
    CHECK(hash() == chosen);
    CHECK(pair.lms_value("SELECT count(*) FROM students WHERE metadata->>'entrance_score' = "
                         "'555'") == pair.edu_value("SELECT count(*) FROM students"));
    check_ids_kept(pair);
    check_pair(pair);
    CHECK(differing_lines(born(pair), born_before) == "");
    pair.stop();
    const std::string versions = pair.row_versions();
    pair.start();
    pair.settle();
    CHECK(differing_lines(pair.row_versions(), versions) == "");
    pair.stop();
}
