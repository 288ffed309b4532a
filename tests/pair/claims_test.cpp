// Values that are unique in lms alone: who holds them, and who gets them next.
#include "tests/pair/pair_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

// The accounts #1, #2 ... in lms, by their numbers.
std::string logins(const Pair& pair) {
    return pair.lms_rows(
        "SELECT right(metadata->>'old_account_id', 1) AS n, replace(username, 'acc_#', 'acc_') AS "
        "username, replace(email, 'acc_#', 'acc_') AS email, is_active FROM users WHERE "
        "metadata->>'old_account_id' LIKE '9902%' ORDER BY 1");
}

std::string students(const Pair& pair) {
    return pair.lms_rows(
        "SELECT right(s.metadata->>'old_student_id', 1) AS n, s.student_number, u.username, "
        "s.status, s.metadata->>'shared_user' IS NOT NULL AS shares FROM students AS s LEFT JOIN "
        "users AS u ON u.id = s.user_id WHERE s.metadata->>'old_student_id' LIKE '9902%' ORDER BY "
        "1");
}

}  // namespace

TEST_CASE("the ids of the pair are unlike by their form, but for those made by a function",
          "[pair][postgres]") {
    const Pair pair{{.data = "people"}};
    const std::string plan = pair.command({"plan"}).output;
    std::string entity;
    std::vector<std::string> owned;
    std::istringstream lines{plan};
    for (std::string line; std::getline(lines, line);) {
        const std::size_t arrow = line.find(" -> ");
        if (line.find_first_of("123456789") == 0 && arrow != std::string::npos)
            entity = line.substr(line.find(' ') + 1, arrow - line.find(' ') - 1);
        if (line.find("several roots may give one") != std::string::npos) owned.push_back(entity);
    }
    CHECK(owned == std::vector<std::string>{"academic_terms", "course_instructors"});
}

TEST_CASE("4.5 Of ids of 18 and of 19 digits the lower number holds, though not the lower text",
          "[pair][postgres]") {
    Pair pair{{.data = "people"}};
    pair.start();
    const std::string values = ", 'sevda', 'Sevda@B.az', now(), 1)";
    pair.play(
        "INSERT INTO accounts (id, username, email, create_date, active) VALUES"
        " (8902100000000000006" +
        values + ", (890220000000000005" + values);
    const std::string holder =
        "SELECT metadata->>'old_account_id', email FROM users WHERE username = 'sevda'";
    CHECK(pair.lms_rows(holder) == "(890220000000000005,sevda@b.az)");
    pair.play(
        "UPDATE accounts SET username = 'sara', email = 's@b.az' "
        "WHERE id = 890220000000000005");
    CHECK(pair.lms_rows(holder) == "(8902100000000000006,sevda@b.az)");
    check_accounts(pair);
}

TEST_CASE(
    "4.5 Two accounts want one username; the winner is renamed, deactivated, deleted, made again",
    "[pair][postgres]") {
    Pair pair{{.data = "people"}};
    pair.start();
    // The lowest id comes last and takes over.
    pair.play(human(3, "leyla").all());
    CHECK(logins(pair) == "(3,leyla,leyla@b.az,t)");
    pair.play(human(2, "leyla").all());
    CHECK(logins(pair) == with_ids("(2,leyla,leyla@b.az,t)\n(3,acc_#3,acc_#3@temp.bbu.edu.az,t)"));
    pair.play(human(1, "leyla").all());
    const std::string first_wins =
        "(1,leyla,leyla@b.az,t)\n(2,acc_#2,acc_#2@temp.bbu.edu.az,t)\n"
        "(3,acc_#3,acc_#3@temp.bbu.edu.az,t)";
    CHECK(logins(pair) == with_ids(first_wins));

    pair.play("UPDATE accounts SET username = 'nigar' WHERE id = #1");
    CHECK(logins(pair) == with_ids("(1,nigar,leyla@b.az,t)\n(2,leyla,acc_#2@temp.bbu.edu.az,t)\n"
                                   "(3,acc_#3,acc_#3@temp.bbu.edu.az,t)"));
    pair.play("UPDATE accounts SET username = ' leyla ' WHERE id = #1");
    CHECK(logins(pair) == with_ids(first_wins));

    // Who is not active keeps what is his.
    pair.play("UPDATE accounts SET active = 0 WHERE id = #1");
    CHECK(logins(pair) == with_ids("(1,leyla,leyla@b.az,f)\n(2,acc_#2,acc_#2@temp.bbu.edu.az,t)\n"
                                   "(3,acc_#3,acc_#3@temp.bbu.edu.az,t)"));
    // Who is gone does not, though his row stays, since others refer to it.
    pair.play("DELETE FROM accounts WHERE id = #1; DELETE FROM users WHERE id = #1");
    CHECK(logins(pair) == with_ids("(1,acc_#1,acc_#1@temp.bbu.edu.az,f)\n(2,leyla,leyla@b.az,t)\n"
                                   "(3,acc_#3,acc_#3@temp.bbu.edu.az,t)"));
    check_accounts(pair);
    pair.play(human(1, "leyla").account + human(1, "leyla").user);
    CHECK(logins(pair) == with_ids(first_wins));

    // Addresses differ by case alone; a value in the shape of somebody's fallback is nobody's.
    pair.play(
        "UPDATE accounts SET email = 'LEYLA@b.az ', username = 'acc_#3' WHERE id = #2;"
        "UPDATE accounts SET email = 'acc_#2@temp.bbu.edu.az', username = 'ACC_#2' WHERE id = #3;"
        "UPDATE accounts SET email = 'nigar@b.az' WHERE id = #1");
    CHECK(logins(pair) == with_ids("(1,leyla,nigar@b.az,t)\n(2,acc_#2,leyla@b.az,t)\n"
                                   "(3,ACC_#2,acc_#3@temp.bbu.edu.az,t)"));
    // Names go round in one transaction, in which the target's key is broken between two updates.
    pair.play(
        "UPDATE accounts SET username = CASE id WHEN #1 THEN 'two' WHEN #2 THEN 'three' ELSE 'one' "
        "END, email = NULL WHERE id IN (#1, #2, #3)");
    pair.play(
        "UPDATE accounts SET username = CASE id WHEN #1 THEN 'one' WHEN #2 THEN 'two' ELSE 'three' "
        "END WHERE id IN (#1, #2, #3)");
    CHECK(pair.lms_rows("SELECT username FROM users WHERE metadata->>'old_account_id' LIKE '9902%' "
                        "ORDER BY metadata->>'old_account_id'") == "(one)\n(two)\n(three)");
    // The shape of a fallback is refused also while nobody uses it.
    pair.play("UPDATE accounts SET username = 'acc_#1' WHERE id = #2");
    CHECK(pair.lms_value("SELECT username FROM users WHERE metadata->>'old_account_id' = '#2'") ==
          with_ids("acc_#2"));
    check_pair(pair);
    pair.stop();
}

TEST_CASE("4.5 Students who want one card, or one user, and the holder leaves",
          "[pair][postgres]") {
    Pair pair{{.data = "people"}};
    pair.start();
    pair.play(human(3, "elvin").all() + human(2, "oruc").all() + human(1, "aygun").all());
    pair.play("UPDATE students SET card_number = ' K2' WHERE id IN (#1, #3)");
    CHECK(students(pair) == with_ids("(1,K2,aygun,active,f)\n(2,STU#2,oruc,active,f)\n"
                                     "(3,STU#3,elvin,active,f)"));
    pair.play("UPDATE students SET active = 0 WHERE id = #1");
    CHECK(students(pair) == with_ids("(1,K2,aygun,inactive,f)\n(2,STU#2,oruc,active,f)\n"
                                     "(3,STU#3,elvin,active,f)"));
    pair.play("DELETE FROM students WHERE id = #1");
    CHECK(students(pair) == with_ids("(1,STU#1,aygun,inactive,f)\n(2,K2,oruc,active,f)\n"
                                     "(3,STU#3,elvin,active,f)"));
    pair.play("UPDATE students SET card_number = 'STU#3' WHERE id = #2");
    CHECK(students(pair) == with_ids("(1,STU#1,aygun,inactive,f)\n(2,STU#2,oruc,active,f)\n"
                                     "(3,K2,elvin,active,f)"));

    // One user for two students: the active, then the newest, then the highest.
    pair.play("UPDATE students SET user_id = #3 WHERE id = #2");
    CHECK(students(pair) == with_ids("(1,STU#1,aygun,inactive,f)\n(2,STU#2,,active,t)\n"
                                     "(3,K2,elvin,active,f)"));
    CHECK(pair.lms_value("SELECT metadata->>'shared_user' FROM students WHERE "
                         "metadata->>'old_student_id' = '#2'") == pair.id("accounts/#3"));
    pair.play("UPDATE students SET create_date = '2024-03-02 10:00+04' WHERE id = #2");
    CHECK(students(pair) == with_ids("(1,STU#1,aygun,inactive,f)\n(2,STU#2,elvin,active,f)\n"
                                     "(3,K2,,active,t)"));
    pair.play("UPDATE students SET active = NULL WHERE id = #2");
    CHECK(students(pair) == with_ids("(1,STU#1,aygun,inactive,f)\n(2,STU#2,,inactive,t)\n"
                                     "(3,K2,elvin,active,f)"));
    pair.play("DELETE FROM students WHERE id = #3");
    CHECK(students(pair) == with_ids("(1,STU#1,aygun,inactive,f)\n(2,STU#2,elvin,inactive,f)\n"
                                     "(3,K2,,inactive,f)"));
    pair.play("UPDATE students SET card_number = 'K2', active = 1 WHERE id = #2");
    CHECK(students(pair) == with_ids("(1,STU#1,aygun,inactive,f)\n(2,K2,elvin,active,f)\n"
                                     "(3,STU#3,,inactive,f)"));
    check_pair(pair);
    pair.stop();
}
