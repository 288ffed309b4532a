// Values as the legacy database holds them.
#include "tests/pair/pair_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

// Ids of 18 and 19 digits whose uuids are published (docs/edu-lms.md, 4); the last digit of such an
// id is lost in a double.
void insert_known_ids(const Pair& pair) {
    pair.edu(
        "INSERT INTO persons (id, firstname, lastname, gender_id, nationality_id, create_date) "
        "VALUES (220317084803617483, 'AYSEL', 'QULİYEVA', 110000004, NULL, NULL);"
        "INSERT INTO accounts (id, person_id, username, active) VALUES (220209055404181687, "
        "220317084803617483, 'aysel', 1);"
        "INSERT INTO users (id, account_id, active, create_date) VALUES (2814571256895843457, "
        "220209055404181687, 1, '2024-03-01 10:00+04');"
        "INSERT INTO students (id, person_id, user_id, active, create_date) VALUES "
        "(2814571256895843457, 220317084803617483, 2814571256895843457, 1, NULL)");
}

void insert_strange_humans(const Pair& pair) {
    for (int n = 1; n <= 8; ++n)
        pair.edu(human(n, "val" + std::to_string(n)).all());
    pair.edu(
        "UPDATE persons SET firstname = CASE id WHEN #1 THEN '' WHEN #2 THEN NULL WHEN #3 THEN "
        "U&'\\00A0İlham ' WHEN #4 THEN U&'S\\0327\\018Fı' WHEN #5 THEN E'tab\\there\\\\N' ELSE "
        "firstname END, birthdate = CASE id WHEN #1 THEN '30/02/2001' WHEN #2 THEN '2001-02-03' "
        "WHEN #3 THEN '3/2/2001' WHEN #4 THEN '' WHEN #5 THEN '01/01/1899' ELSE NULL END, "
        "gender_id = CASE id WHEN #1 THEN NULL WHEN #2 THEN 2 WHEN #3 THEN 110000003 WHEN #4 THEN "
        "110000004 WHEN #5 THEN 99 ELSE 1 END, pincode = CASE id WHEN #1 THEN ' 5AB3CD7' ELSE '' "
        "END WHERE id BETWEEN #1 AND #8");
    pair.edu(
        "UPDATE accounts SET username = CASE id WHEN #1 THEN 'ab' WHEN #2 THEN '' WHEN #3 THEN "
        "U&'İlham' WHEN #4 THEN U&'I\\0307lham' WHEN #5 THEN 'ilham' WHEN #6 THEN 'ılham' ELSE "
        "username END, email = CASE id WHEN #1 THEN 'a@b' WHEN #2 THEN '' WHEN #3 THEN NULL WHEN "
        "#4 THEN U&'\\212Aelvin@b.az' WHEN #5 THEN ' KELVIN@B.az' WHEN #6 THEN 'a b@c.az' ELSE "
        "email END, password = CASE id WHEN #1 THEN 'not base64' WHEN #2 THEN '' WHEN #3 THEN NULL "
        "WHEN #4 THEN 'YWJj=' WHEN #5 THEN '$2y$05$short' WHEN #6 THEN ' YWJj ' ELSE password END "
        "WHERE id BETWEEN #1 AND #8");
    pair.edu(
        "UPDATE students SET score = CASE id WHEN #1 THEN '675' WHEN #2 THEN '4' WHEN #3 THEN "
        "'abc' WHEN #4 THEN '' WHEN #5 THEN ' 3,5 ' ELSE NULL END, card_number = CASE id WHEN #1 "
        "THEN '' WHEN #2 THEN ' K9 ' WHEN #3 THEN NULL WHEN #4 THEN 'stu1' WHEN #5 THEN 'STU1' "
        "ELSE card_number END, create_date = CASE id WHEN #1 THEN '2024-03-01 20:30+00' WHEN #2 "
        "THEN '2014-07-01 19:30+00' WHEN #3 THEN NULL ELSE create_date END, education_type_id = "
        "CASE id WHEN #1 THEN 110000096 WHEN #2 THEN 110000097 WHEN #3 THEN 119999999 END WHERE id "
        "BETWEEN #1 AND #8");
}

}  // namespace

TEST_CASE("4.12 Values: long ids, dates that are none, empty and odd texts, passwords, scores",
          "[pair][postgres]") {
    Pair pair{{.data = "people"}};
    pair.start();
    insert_known_ids(pair);
    insert_strange_humans(pair);
    pair.settle();
    const auto row = [&](const std::string& columns, const std::string& rest) {
        return pair.lms_rows("SELECT " + columns + " FROM " + rest);
    };
    CHECK(row("u.id, p.id AS person, s.id AS student, u.metadata, s.metadata->>'old_user_id'",
              "users AS u JOIN persons AS p ON p.user_id = u.id JOIN students AS s ON s.user_id = "
              "u.id WHERE username = 'aysel'") ==
          "(c473d722-cde3-5fc2-9b9f-f6771b488f5e,26930622-86fa-52c7-98e8-c76eeb63eeb1,"
          "700fab58-96fa-52d7-9b8c-f31febfefb56,"
          "\"{\"\"user_types\"\": [], \"\"old_user_id\"\": \"\"2814571256895843457\"\", "
          "\"\"old_user_ids\"\": [\"\"2814571256895843457\"\"], \"\"old_account_id\"\": "
          "\"\"220209055404181687\"\"}\",2814571256895843457)");
    // The day is read from the id where it is one, and midnight is that of Baku.
    CHECK(row("u.created_at, p.created_at, s.created_at, s.enrollment_date",
              "users AS u JOIN persons AS p ON p.user_id = u.id JOIN students AS s ON s.user_id = "
              "u.id WHERE username = 'aysel'") ==
          "(\"2022-02-08 20:00:00+00\",\"2022-03-16 20:00:00+00\",\"1970-01-01 00:00:00+00\","
          "1900-01-01)");
    CHECK(row("p.first_name, p.date_of_birth, p.gender, p.national_id",
              "persons AS p JOIN users AS u ON u.id = p.user_id WHERE p.last_name = 'ƏLİYEV' AND "
              "u.metadata->>'old_account_id' <= '#5' AND u.metadata->>'old_account_id' >= '#1' "
              "ORDER BY u.metadata->>'old_account_id'") ==
          "(Unknown,,,5AB3CD7)\n(Unknown,2001-02-03,female,)\n(İlham,2001-02-03,male,)\n"
          "(S\u0327\u018Fı,,female,)\n(\"tab\there\\\\N\",,prefer_not_to_say,)");
    CHECK(row("username, email, CASE WHEN password_hash LIKE '$2b$04$%' THEN 'hashed' ELSE "
              "password_hash END AS hash",
              "users WHERE metadata->>'old_account_id' BETWEEN '#1' AND '#7' ORDER BY "
              "metadata->>'old_account_id'") ==
          with_ids("(acc_#1,acc_#1@temp.bbu.edu.az,!)\n(acc_#2,acc_#2@temp.bbu.edu.az,!)\n"
                   "(İlham,acc_#3@temp.bbu.edu.az,!)\n(I\u0307lham,acc_#4@temp.bbu.edu.az,!)\n"
                   "(ilham,kelvin@b.az,$2y$05$short)\n(ılham,acc_#6@temp.bbu.edu.az,hashed)\n"
                   "(val7,val7@b.az,hashed)"));
    // bcrypt of the decoded password: pgcrypto agrees.
    CHECK(row("username, password_hash = crypt(CASE username WHEN 'ılham' THEN 'abc' ELSE "
              "'Gence!000007' END, replace(password_hash, '$2b$', '$2a$')) AS good",
              "(SELECT username, replace(password_hash, '$2b$', '$2a$') AS password_hash FROM "
              "users WHERE username IN ('ılham', 'val7', 'val8')) AS u ORDER BY username COLLATE "
              "\"C\"") == "(val7,t)\n(val8,t)\n(ılham,t)");
    // The score is that of an examination, whatever it looks like; summer time until 2015.
    CHECK(row("student_number, metadata->>'entrance_score' AS score, gpa, total_credits_earned, "
              "enrollment_date, study_mode, funding_type",
              "students WHERE metadata->>'old_student_id' BETWEEN '#1' AND '#6' ORDER BY "
              "metadata->>'old_student_id'") ==
          with_ids("(STU#1,675,,0,2024-03-02,full_time,)\n(K9,4,,0,2014-07-02,part_time,)\n"
                   "(STU#3,abc,,0,1900-01-01,,)\n(stu1,,,0,2024-03-01,,)\n"
                   "(STU#5,\"3,5\",,0,2024-03-01,,)\n(K6,,,0,2024-03-01,,)"));
    check_pair(pair);
    pair.stop();
}

TEST_CASE("4.12 Values of staff and units: dates, positions, names, levels, circles",
          "[pair][postgres]") {
    Pair pair{{.data = "people"}};
    pair.start();
    pair.play(
        "INSERT INTO teachers (id, position_id, organization_id, in_action_date, out_action_date, "
        "active, create_date) VALUES (#1, 110000120, #1, '03/02/2001', '04/02/2001', 1, NULL), "
        "(#2, 119999999, #9, '2001-02-03', '2001-02-03', 1, NULL), (#3, NULL, NULL, '30/02/2001', "
        "'yoxdur', 1, '2024-03-01 20:30+00'), (#4, #90, NULL, NULL, ' ', NULL, NULL);"
        "INSERT INTO dictionaries (id, name_az, name_en) VALUES (#90, ' ', ''), (#91, 'Fakulte', "
        "NULL), (#92, NULL, 'Named in English'), (#93, 'Lüğət adı', NULL);"
        "INSERT INTO org_names (id, name_az) VALUES (#93, ' '), (#94, 'Kafedra adı');"
        "INSERT INTO organizations (id, type_id, parent_id, dictionary_name_id, nod_level, active) "
        "VALUES (#1, #91, #2, #92, 4, 1), (#2, NULL, #3, #93, 4, 1), (#3, NULL, #1, #94, 0, 1), "
        "(#4, NULL, #4, NULL, 1, 2), (#5, NULL, #1, #95, 2, 1), (#6, NULL, #99, NULL, NULL, 0)");
    CHECK(pair.lms_rows("SELECT right(employee_number, 1) AS n, position_title->>'az' AS az, "
                        "position_title->>'ru' AS ru, hire_date, contract_end_date, is_active, "
                        "employment_type, (SELECT code FROM organization_units AS o WHERE o.id = "
                        "organization_unit_id) AS unit FROM staff_members WHERE employee_number "
                        "LIKE 'TCH9902%' ORDER BY 1") ==
          with_ids("(1," +
                   pair.edu_value("SELECT name_az || ',' || coalesce(name_ru, name_az) FROM "
                                  "dictionaries WHERE id = 110000120") +
                   ",2001-02-03,2001-02-04,f,,ORG#1)\n(2,Müəllim,Преподаватель,2001-02-03,,f,,)\n"
                   "(3,Müəllim,Преподаватель,2024-03-02,,f,,)\n"
                   "(4,Müəllim,Преподаватель,1900-01-01,,f,,)"));
    // Each unit on a circle stands without a parent; who hangs below it does not.
    CHECK(pair.lms_rows("SELECT right(u.code, 1) AS n, u.type, u.name->>'az' AS az, u.name->>'en' "
                        "AS en, right(p.code, 1) AS parent, u.is_active FROM organization_units AS "
                        "u LEFT JOIN organization_units AS p ON p.id = u.parent_id WHERE u.code "
                        "LIKE 'ORG9902%' ORDER BY 1") ==
          with_ids("(1,faculty,\"Named in English\",\"Named in English\",,t)\n"
                   "(2,program,\"Organization #2\",\"Organization #2\",,t)\n"
                   "(3,department,\"Kafedra adı\",\"Kafedra adı\",,t)\n"
                   "(4,university,\"Organization #4\",\"Organization #4\",,f)\n"
                   "(5,faculty,\"Organization #5\",\"Organization #5\",1,t)\n"
                   "(6,department,\"Organization #6\",\"Organization #6\",,f)"));
    // The circle is opened: all get their parents.
    pair.play(
        "UPDATE organizations SET parent_id = NULL WHERE id = #3; UPDATE dictionaries SET "
        "name_az = 'Adlı' WHERE id = #92; DELETE FROM org_names WHERE id = #93");
    CHECK(pair.lms_rows("SELECT right(u.code, 1) AS n, u.name->>'az' AS az, right(p.code, 1) AS "
                        "parent FROM organization_units AS u LEFT JOIN organization_units AS p ON "
                        "p.id = u.parent_id WHERE u.code ~ '^ORG9902.*[123]$' ORDER BY 1") ==
          "(1,Adlı,2)\n(2,\"Lüğət adı\",3)\n(3,\"Kafedra adı\",)");
    check_pair(pair);
    pair.stop();
}
