// Rows that go from one parent to another.
#include "tests/pair/pair_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

// Number of the account, roles, the one shown, whether active.
std::string logins(const Pair& pair) {
    return pair.lms_rows(
        "SELECT right(metadata->>'old_account_id', 1) AS n, replace(metadata->>'old_user_ids', "
        "'99020000000000000', '') AS roles, right(metadata->>'old_user_id', 1) AS shown, "
        "is_active, "
        "last_login_at::date FROM users WHERE metadata->>'old_account_id' LIKE '9902%' ORDER BY 1");
}

std::string students(const Pair& pair) {
    return pair.lms_rows(
        "SELECT right(s.metadata->>'old_student_id', 1) AS n, u.username, (SELECT username FROM "
        "users WHERE id = (s.metadata->>'shared_user')::uuid) AS shares FROM students AS s LEFT "
        "JOIN users AS u ON u.id = s.user_id WHERE s.metadata->>'old_student_id' LIKE '9902%' "
        "ORDER BY 1");
}

}  // namespace

TEST_CASE("4.6 A users row moves to another account, to none and to one that comes later",
          "[pair][postgres]") {
    Pair pair{{.data = "people"}};
    pair.edu(human(1, "ilham").all() + human(2, "sona").all() +
             "UPDATE users SET last_action_date = '2031-05-01 12:00+04' WHERE id = #1");
    pair.start();
    pair.settle();
    CHECK(logins(pair) == "(1,\"[\"\"1\"\"]\",1,t,2031-05-01)\n(2,\"[\"\"2\"\"]\",2,t,)");

    // Both accounts change, the one that it left and the one that it came to.
    pair.play("UPDATE users SET account_id = #2 WHERE id = #1");
    CHECK(logins(pair) == "(1,[],,f,)\n(2,\"[\"\"1\"\", \"\"2\"\"]\",2,t,2031-05-01)");
    CHECK(students(pair) == "(1,,sona)\n(2,sona,)");
    pair.play("UPDATE accounts SET default_user_id = #1 WHERE id = #2");
    CHECK(logins(pair) == "(1,[],,f,)\n(2,\"[\"\"1\"\", \"\"2\"\"]\",1,t,2031-05-01)");
    pair.play("UPDATE users SET is_blocked = 1 WHERE id = #2");
    pair.play("UPDATE users SET active = 0 WHERE id = #1");
    CHECK(logins(pair) == "(1,[],,f,)\n(2,\"[\"\"1\"\", \"\"2\"\"]\",1,f,2031-05-01)");

    // To an account that is not there: a user of its own, who cannot log in.
    pair.play("UPDATE users SET account_id = #3, active = 1 WHERE id = #1");
    CHECK(students(pair) == with_ids("(1,user_#1,)\n(2,sona,)"));
    CHECK(pair.lms_rows("SELECT id, email, is_active, password_hash, metadata->>'old_account_id' "
                        "FROM users WHERE username = 'user_#1'") ==
          with_ids("(" + pair.id("users/#1") + ",user_#1@temp.bbu.edu.az,f,!,)"));
    check_accounts(pair);
    // It comes; nobody is gone, so the user of its own leaves, although users are kept.
    pair.play(human(3, "oktay").account);
    CHECK(students(pair) == "(1,oktay,)\n(2,sona,)");
    CHECK(pair.lms_value(with_ids("SELECT count(*) FROM users WHERE username = 'user_#1'")) == "0");
    CHECK(pair.lms_value("SELECT user_id FROM students WHERE metadata->>'old_student_id' = '#1'") ==
          pair.id("accounts/#3"));
    // And back to where it was; the other account is gone, and what it last was is history.
    pair.play("UPDATE users SET account_id = #1 WHERE id = #1; DELETE FROM accounts WHERE id = #3");
    CHECK(students(pair) == "(1,ilham,)\n(2,sona,)");
    CHECK(logins(pair) ==
          "(1,\"[\"\"1\"\"]\",1,t,2031-05-01)\n(2,\"[\"\"2\"\"]\",2,f,)\n"
          "(3,\"[\"\"1\"\"]\",1,f,2031-05-01)");
    check_pair(pair);
    pair.stop();
}

TEST_CASE("4.6 A student's user_id changes, and two students exchange users", "[pair][postgres]") {
    Pair pair{{.data = "people"}};
    pair.edu(human(1, "ilham").all() + human(2, "sona").all() + human(3, "oktay").all() +
             "INSERT INTO teachers (id, person_id, user_id, active, create_date) VALUES (#1, #1, "
             "#1, 1, '2024-03-01 10:00+04'), (#2, #2, #2, 1, '2024-03-01 10:00+04')");
    pair.start();
    pair.settle();
    CHECK(students(pair) == "(1,ilham,)\n(2,sona,)\n(3,oktay,)");
    pair.play("UPDATE students SET user_id = #3 WHERE id = #1");
    CHECK(students(pair) == "(1,,oktay)\n(2,sona,)\n(3,oktay,)");
    pair.play("UPDATE students SET user_id = NULL WHERE id = #3");
    CHECK(students(pair) == "(1,oktay,)\n(2,sona,)\n(3,,)");
    // The target's unique key lies between the two updates, whichever is first.
    pair.play(
        "UPDATE students SET user_id = CASE id WHEN #1 THEN #2 ELSE #3 END WHERE id IN (#1, "
        "#2); UPDATE teachers SET user_id = CASE id WHEN #1 THEN #2 ELSE #1 END WHERE id IN "
        "(#1, #2)");
    CHECK(students(pair) == "(1,sona,)\n(2,oktay,)\n(3,,)");
    CHECK(pair.lms_rows("SELECT right(employee_number, 1) AS n, u.username FROM staff_members AS t "
                        "JOIN users AS u ON u.id = t.user_id WHERE employee_number LIKE "
                        "'TCH9902%' ORDER BY 1") == "(1,sona)\n(2,ilham)");
    // Round three, in three transactions of which each breaks the key for a while.
    pair.edu("UPDATE students SET user_id = #1 WHERE id = #2");
    pair.edu("UPDATE students SET user_id = #3 WHERE id = #1");
    pair.play("UPDATE students SET user_id = #2 WHERE id = #3");
    CHECK(students(pair) == "(1,oktay,)\n(2,ilham,)\n(3,sona,)");
    // An account gives its person to another one.
    pair.play(
        "UPDATE accounts SET person_id = CASE id WHEN #1 THEN #2 ELSE #1 END WHERE id IN "
        "(#1, #2)");
    CHECK(pair.lms_rows("SELECT p.first_name, u.username FROM persons AS p JOIN users AS u ON u.id "
                        "= p.user_id WHERE last_name = 'ƏLİYEV' AND u.metadata->>'old_account_id' "
                        "LIKE '9902%' ORDER BY 1") == "(ilham,sona)\n(oktay,oktay)\n(sona,ilham)");
    check_pair(pair);
    pair.stop();
}
