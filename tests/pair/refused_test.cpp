// The target refuses rows: by a CHECK, by a trigger, by row-level security.
#include "tests/pair/course_rows.hpp"
#include "tests/pair/pair_fixture.hpp"
#include "tests/support/catch.hpp"

#include <fstream>

using namespace crossfade;
using namespace crossfade::test;

TEST_CASE("4.13 The target rejects rows: the batch is not lost, each row waits as `constraint`",
          "[pair][postgres]") {
    Pair pair{{.data = "people"}};
    pair.lms(
        "ALTER TABLE persons ADD CONSTRAINT persons_no_evil CHECK (first_name <> 'evil');"
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.username = "
        "'evil' OR NEW.username = 'sinister' THEN RAISE 'no such names' USING ERRCODE = '23514', "
        "CONSTRAINT = 'users_no_evil'; END IF; RETURN NEW; END $$;"
        "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION "
        "refuse()");
    // Refused by the load, and in one transaction with good rows by the stream.
    pair.edu(human(1, "evil").all());
    pair.start();
    pair.settle();
    check_accounts(pair, "persons 1 rejected\nusers 2 rejected\n");
    pair.play(human(2, "anna").all() + human(3, "evil").all() + human(4, "carla").all() +
              "UPDATE accounts SET username = 'dora' WHERE id = #3");
    check_accounts(pair, "persons 2 rejected\nusers 2 rejected\n");
    const auto students = [&] {
        return pair.lms_rows(
            "SELECT s.student_number, u.username, p.first_name FROM students AS s LEFT JOIN users "
            "AS u ON u.id = s.user_id LEFT JOIN persons AS p ON p.user_id = u.id WHERE "
            "s.metadata->>'old_student_id' LIKE '9902%' ORDER BY 1");
    };
    // What refers to a refused row comes without it.
    CHECK(students() == "(K1,,)\n(K2,anna,anna)\n(K3,dora,)\n(K4,carla,carla)");
    const CommandResult list = pair.command({"quarantine", "list"});
    CHECK(list.output.find(with_ids("accounts/#1")) != std::string::npos);
    CHECK(list.output.find("users_no_evil") != std::string::npos);
    CHECK(list.output.find("persons_no_evil") != std::string::npos);
    const CommandResult shown = pair.command({"quarantine", "show", "persons", with_ids("#3")});
    INFO(shown.output);
    CHECK(shown.status == 0);
    CHECK(shown.output.find("23514") != std::string::npos);
    CHECK(shown.output.find("persons_no_evil") != std::string::npos);
    CHECK(shown.output.find("evil@") == std::string::npos);

    // A row that stands keeps its last good values while a change of it is refused.
    pair.play("UPDATE accounts SET username = 'sinister', active = 0 WHERE id = #2");
    check_accounts(pair, "persons 2 rejected\nusers 4 rejected\n");
    CHECK(pair.lms_rows("SELECT username, is_active FROM users WHERE id = '" +
                        pair.id("accounts/#2") + "'") == "(anna,t)");
    // It goes on by itself when its rows change to something that is taken.
    pair.play("UPDATE accounts SET username = 'bella' WHERE id = #2");
    CHECK(pair.lms_rows("SELECT username, is_active FROM users WHERE id = '" +
                        pair.id("accounts/#2") + "'") == "(bella,f)");
    // And when the target takes it, by retry.
    pair.lms("DROP TRIGGER refuse ON users; ALTER TABLE persons DROP CONSTRAINT persons_no_evil");
    CHECK(pair.command({"quarantine", "retry", "--all"}).status == 0);
    pair.settle();
    CHECK(students() == "(K1,evil,evil)\n(K2,bella,anna)\n(K3,dora,evil)\n(K4,carla,carla)");
    check_pair(pair);
    pair.stop();
}

TEST_CASE(
    "4.13 A mark, an enrolment, a course are rejected: their batch is not lost, children wait",
    "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    pair.lms(
        "ALTER TABLE grades ADD CONSTRAINT grades_no_nines CHECK (marks_obtained <> 90);"
        "ALTER TABLE course_offerings ADD CONSTRAINT offerings_no_evil CHECK (section_code <> "
        "'evil');"
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "
        "NEW.enrollment_status = 'enrolled' AND EXISTS (SELECT FROM students AS s WHERE s.id = "
        "NEW.student_id AND s.student_number = 'K2') THEN RAISE 'has not paid'; END IF; RETURN "
        "NEW; END $$;"
        "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON course_enrollments FOR EACH ROW EXECUTE "
        "FUNCTION refuse()");
    pair.edu(mark_codes() + human(1, "anna").all() + human(2, "berta").all() +
             human(3, "carla").all());
    pair.start();
    // One transaction: a course with three students, of whom one may not come in and one gets a
    // mark that nobody may have; and a course that may not be, with all that hangs on it.
    pair.play(course(1).all() + course(2, "evil").course + course(2).subject + course(2).plan +
              "UPDATE course SET education_year_id = #1, semester_id = 110000135; INSERT INTO "
              "edu_years (id, name) VALUES (#1, '2024/2025');" +
              enrolment(1, 1, 1) + enrolment(2, 1, 2) + enrolment(3, 1, 3) +
              journal(1, 1, 1, 9, "'9'") + journal(2, 1, 2, 9, "'8'") + journal(3, 1, 3, 9) +
              detail(1, 3, 10) + enrolment(4, 2, 1) + journal(4, 2, 1, 9, "'7'"));
    const auto carried = [&] {
        return pair.lms_rows(
            "SELECT s.student_number, (SELECT string_agg(enrollment_status, ',') FROM "
            "course_enrollments AS e WHERE e.student_id = s.id) AS enrolled, (SELECT "
            "string_agg(marks_obtained::text, ',' ORDER BY marks_obtained) FROM grades AS g WHERE "
            "g.student_id = s.id) AS marks FROM students AS s ORDER BY 1");
    };
    CHECK(carried() == "(K1,enrolled,)\n(K2,,80.00)\n(K3,enrolled,100.00)");
    CHECK(pair.differences() == 0);
    const auto count = [&](const std::string& entity) {
        for (const EntityAccount& account : pair.status().entities) {
            if (account.name == entity)
                return std::to_string(account.rejected) + " " + std::to_string(account.parked);
        }
        return std::string{};
    };
    // Of enrolment and journal row each; whatever hangs on the rejected course waits for it.
    CHECK(count("course_offerings") == "1 0");
    CHECK(count("course_enrollments") == "2 2");
    CHECK(count("assessments") == "0 1");
    CHECK(count("grades") == "1 1");
    const std::string list = pair.command({"quarantine", "list"}).output;
    for (const char* reason : {"grades_no_nines", "offerings_no_evil", "P0001", "missing_parent"})
        CHECK(list.find(reason) != std::string::npos);

    // The mark is corrected in edu, the course's code too, and the student pays.
    pair.play(
        "UPDATE journal SET point = '9,5' WHERE id = #1; UPDATE course SET code = 'good' "
        "WHERE id = #2");
    CHECK(carried() ==
          "(K1,\"enrolled,enrolled\",\"70.00,95.00\")\n(K2,,80.00)\n"
          "(K3,enrolled,100.00)");
    check_pair(pair, "course_enrollments 2 rejected\n");
    pair.lms("DROP TRIGGER refuse ON course_enrollments");
    CHECK(pair.command({"quarantine", "retry", "--all"}).status == 0);
    pair.settle();
    CHECK(carried().find("(K2,enrolled,80.00)") != std::string::npos);
    check_pair(pair);
    pair.stop();
}

TEST_CASE("4.13 Row-level security: a bridge that it would hide rows from does not start",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    // Whoever comes to this database is a role without rights beyond the rows it is let through.
    pair.lms(
        "DO $$ BEGIN CREATE ROLE pair_limited; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        "GRANT ALL ON SCHEMA public TO pair_limited; GRANT ALL ON ALL TABLES IN SCHEMA public TO "
        "pair_limited; CREATE SCHEMA crossfade AUTHORIZATION pair_limited; CREATE POLICY few_rows "
        "ON students WITH CHECK (student_number <> 'K2')");
    pair.edu(human(1, "anna").all() + human(2, "berta").all());
    // A role that the database sets would be passed over: sessions are pinned to the one that
    // connects.
    const auto file = pair.folder() / "crossfade.yaml";
    std::string config = text_of(file);
    const std::string database = "dbname=" + pair.target_database();
    config.replace(config.find(database), database.size(),
                   database + " options=-crole=pair_limited");
    std::ofstream{file} << config;
    const CommandResult checked = pair.command({"check"});
    CHECK(checked.status != 0);
    for (const char* table : {"students", "course_enrollments", "grades"})
        CHECK(checked.output.find("row-level security of public." + std::string{table}) !=
              std::string::npos);
    pair.start_armed("none");
    CHECK(pair.wait_for_end() != 0);
    CHECK(pair.lms_value("SELECT count(*) FROM students") == "0");

    // A role that passes it is not refused a row.
    pair.lms("ALTER ROLE pair_limited BYPASSRLS");
    CHECK(pair.command({"check"}).status == 0);
    pair.start();
    pair.settle();
    CHECK(pair.lms_value("SELECT count(*) FROM students") == "2");
    check_pair(pair);
    pair.stop();
}
