// Children before their parents, and parents that leave: nothing is lost on the way.
#include "tests/pair/pair_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

constexpr const char* kStudent =
    "SELECT s.student_number, u.username, u.is_active, p.first_name FROM students AS s LEFT JOIN "
    "users AS u ON u.id = s.user_id LEFT JOIN persons AS p ON p.user_id = u.id WHERE "
    "s.metadata->>'old_student_id' = '#1'";

constexpr const char* kTeacher =
    "SELECT t.is_active, u.username, o.code, o.is_active AS unit FROM staff_members AS t LEFT JOIN "
    "users AS u ON u.id = t.user_id LEFT JOIN organization_units AS o ON o.id = "
    "t.organization_unit_id WHERE employee_number = 'TCH#1'";

constexpr const char* kUnits =
    "SELECT u.code, u.type, u.is_active, p.code AS parent FROM organization_units AS u LEFT JOIN "
    "organization_units AS p ON p.id = u.parent_id WHERE u.code LIKE 'ORG9902%' ORDER BY 1";

const std::string kTeacherRow =
    "INSERT INTO teachers (id, person_id, user_id, organization_id, active, create_date) VALUES "
    "(#1, #1, #1, #1, 1, '2024-03-01 10:00+04');";
const std::string kUnit =
    "INSERT INTO organizations (id, parent_id, nod_level, active, create_date) VALUES (#1, #2, 3, "
    "1, '2024-03-01 10:00+04');";
const std::string kParentUnit =
    "INSERT INTO organizations (id, nod_level, active, create_date) VALUES (#2, 2, 1, "
    "'2024-03-01 10:00+04');";

}  // namespace

TEST_CASE("4.2 Children come first: student, users row, account, person, one after the other",
          "[pair][postgres]") {
    Pair pair{{.data = "people"}};
    pair.start();
    const Human anna = human(1, "anna");
    // Nothing waits for its user: enrolments must not wait for a student.
    pair.play(anna.student + kTeacherRow);
    CHECK(pair.lms_rows(kStudent) == "(K1,,,)");
    CHECK(pair.lms_rows(kTeacher) == "(t,,,)");
    pair.play(anna.user);
    CHECK(pair.lms_rows(kStudent) == with_ids("(K1,user_#1,f,)"));
    pair.play(anna.account);
    CHECK(pair.lms_rows(kStudent) == "(K1,anna,t,)");
    pair.play(anna.person);
    CHECK(pair.lms_rows(kStudent) == "(K1,anna,t,anna)");
    pair.play(kUnit);
    CHECK(pair.lms_rows(kTeacher) == with_ids("(t,anna,ORG#1,t)"));
    CHECK(pair.lms_rows(kUnits) == with_ids("(ORG#1,department,t,)"));
    pair.play(kParentUnit);
    CHECK(pair.lms_rows(kUnits) == with_ids("(ORG#1,department,t,ORG#2)\n(ORG#2,faculty,t,)"));
    // Ids are those that anybody can compute; the map knows them too.
    CHECK(pair.lms_rows("SELECT s.id, s.user_id, p.id AS person FROM students AS s JOIN persons AS "
                        "p USING (user_id) WHERE s.metadata->>'old_student_id' = '#1'") ==
          "(" + pair.id("students/#1") + "," + pair.id("accounts/#1") + "," +
              pair.id("persons/#1") + ")");
    CHECK(pair.command({"map", "get", "persons", with_ids("#1")})
              .output.find(pair.id("persons/#1")) != std::string::npos);

    // The other way round in one transaction gives the same.
    pair.play(human(2, "berta").person + human(2, "berta").account + human(2, "berta").user +
              human(2, "berta").student);
    pair.play(human(3, "carla").student + human(3, "carla").user + human(3, "carla").account +
              human(3, "carla").person);
    CHECK(pair.lms_rows("SELECT u.username, u.is_active, p.first_name, s.student_number FROM users "
                        "AS u JOIN persons AS p ON p.user_id = u.id JOIN students AS s ON "
                        "s.user_id = u.id WHERE u.username IN ('berta', 'carla') ORDER BY 1") ==
          "(berta,t,berta,K2)\n(carla,t,carla,K3)");
    check_pair(pair);
    pair.stop();
}

TEST_CASE("4.3 No silent loss: parents are deactivated, deleted, made again", "[pair][postgres]") {
    Pair pair{{.data = "people"}};
    const Human anna = human(1, "anna");
    pair.edu(anna.all() + kTeacherRow + kUnit + kParentUnit);
    pair.start();
    pair.settle();
    check_accounts(pair);
    CHECK(pair.lms_rows(kStudent) == "(K1,anna,t,anna)");
    CHECK(pair.lms_rows(kTeacher) == with_ids("(t,anna,ORG#1,t)"));

    pair.play(
        "UPDATE accounts SET active = 0 WHERE id = #1; UPDATE organizations SET active = NULL "
        "WHERE id = #1; UPDATE persons SET active = 0 WHERE id = #1");
    CHECK(pair.lms_rows(kStudent) == "(K1,anna,f,anna)");
    CHECK(pair.lms_rows(kTeacher) == with_ids("(t,anna,ORG#1,f)"));
    check_accounts(pair);
    pair.play(
        "UPDATE accounts SET active = 1 WHERE id = #1; UPDATE organizations SET active = 1 "
        "WHERE id = #1");
    CHECK(pair.lms_rows(kStudent) == "(K1,anna,t,anna)");

    // The account goes: its users row is one without an account now, and student and teacher are
    // with it. The person has no login. The account's row stays, inactive, as history.
    pair.play("DELETE FROM accounts WHERE id = #1");
    CHECK(pair.lms_rows(kStudent) == with_ids("(K1,user_#1,f,)"));
    CHECK(pair.lms_rows("SELECT is_active FROM users WHERE id = '" + pair.id("accounts/#1") +
                        "'") == "(f)");
    check_accounts(pair);
    pair.play("DELETE FROM users WHERE id = #1");
    CHECK(pair.lms_rows(kStudent) == "(K1,,,)");
    check_accounts(pair);
    // Units stay too, and what refers to them.
    pair.play("DELETE FROM organizations WHERE id IN (#1, #2)");
    CHECK(pair.lms_value("SELECT count(*) FROM organization_units WHERE code LIKE 'ORG9902%' AND "
                         "NOT is_active") == "2");
    check_accounts(pair);
    pair.play(
        "DELETE FROM students WHERE id = #1; DELETE FROM teachers WHERE id = #1; DELETE FROM "
        "persons WHERE id = #1");
    CHECK(pair.lms_value("SELECT status FROM students WHERE metadata->>'old_student_id' = '#1'") ==
          "inactive");
    CHECK(pair.lms_value("SELECT count(*) FROM persons WHERE id = '" + pair.id("persons/#1") +
                         "'") == "1");
    check_accounts(pair);

    // All come again, children first, under their old ids.
    pair.edu(kTeacherRow);
    pair.edu(anna.student);
    pair.edu(anna.user);
    pair.edu(kUnit);
    pair.edu(anna.account);
    pair.edu(anna.person);
    pair.play(kParentUnit);
    CHECK(pair.lms_rows(kStudent) == "(K1,anna,t,anna)");
    CHECK(pair.lms_rows(kTeacher) == with_ids("(t,anna,ORG#1,t)"));
    CHECK(pair.lms_rows(kUnits) == with_ids("(ORG#1,department,t,ORG#2)\n(ORG#2,faculty,t,)"));
    check_accounts(pair);
    pair.stop();
}

TEST_CASE("4.3 No silent loss: everybody is deactivated at once, one comes back, all are deleted",
          "[pair][postgres]") {
    Pair pair{{.data = "people"}};
    pair.edu(human(1, "anna").all());
    pair.start();
    pair.play(
        "UPDATE accounts SET active = 0; UPDATE users SET active = 0; UPDATE students SET "
        "active = 0; UPDATE teachers SET active = 0; UPDATE organizations SET active = 0");
    CHECK(pair.lms_rows("SELECT (SELECT count(*) FROM users WHERE is_active), (SELECT count(*) FROM"
                        " students WHERE status = 'active'), (SELECT count(*) FROM staff_members "
                        "WHERE is_active), (SELECT count(*) FROM organization_units WHERE "
                        "is_active)") == "(0,0,0,0)");
    pair.play("UPDATE students SET active = 1 WHERE id = #1");
    CHECK(pair.lms_rows(kStudent) == "(K1,anna,f,anna)");
    CHECK(pair.lms_value("SELECT string_agg(student_number, ',') FROM students WHERE status = "
                         "'active'") == "K1");
    // Everybody is gone, and everything is accounted for: nothing, and history.
    pair.play(
        "DELETE FROM students; DELETE FROM teachers; DELETE FROM users; DELETE FROM accounts; "
        "DELETE FROM persons; DELETE FROM organizations");
    CHECK(pair.lms_value("SELECT count(*) FROM students WHERE status = 'inactive'") ==
          pair.lms_value("SELECT count(*) FROM students"));
    check_pair(pair);
    pair.stop();
}
