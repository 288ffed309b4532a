// What lms owns behind the people: enrolments, marks and components of its own, and columns.
#include "tests/pair/course_rows.hpp"
#include "tests/pair/pair_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

std::string taught_course() {
    return mark_codes() + human(1, "ilham").all() + human(2, "sona").all() +
           human(3, "oktay").all() + teacher(3) + course(1).all() + teaching(1, 1, 3, kLecture) +
           enrolment(1, 1, 1) + enrolment(2, 1, 2) + journal(1, 1, 1, 9, "'8'") +
           journal(2, 1, 2, 9) + journal(3, 1, 1, 8, "'7'") +
           "INSERT INTO edu_years (id, name, active) VALUES (#1, '2024/2025', 1)";
}

std::string grade(const Pair& pair, const std::string& columns, const std::string& name) {
    return pair.lms_rows("SELECT " + columns + " FROM grades WHERE id = '" + pair.id(name) + "'");
}

std::string enrolled(const Pair& pair, const std::string& columns, const std::string& student) {
    return pair.lms_rows("SELECT " + columns + " FROM course_enrollments WHERE id = '" +
                         pair.id("enrollment/#1/" + student) + "'");
}

// Rows born in lms, with where their versions stand.
std::string born(const Pair& pair) {
    std::string all;
    for (const std::string table : {"course_enrollments", "assessments", "grades"})
        all += pair.lms_rows("SELECT xmin, t.* FROM " + table +
                             " AS t WHERE id::text LIKE '00000000-%' ORDER BY id") +
               "\n";
    return all;
}

// A new uuid of lms's own.
std::string own(int n) { return "'00000000-0000-4000-8000-00000000000" + std::to_string(n) + "'"; }

}  // namespace

TEST_CASE("4.11 Columns that lms owns survive a change of the same row: terms to marks",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    pair.edu(taught_course());
    pair.start();
    pair.settle();
    pair.lms(
        "UPDATE academic_terms SET is_current = true, settings = '{\"a\": 1}', withdrawal_deadline "
        "= '2025-04-01' WHERE term_type = 'spring';"
        "UPDATE courses SET description = '{\"az\": \"d\"}', course_level = 'graduate';"
        "UPDATE course_offerings SET syllabus = '{\"w\": 1}', waitlist_capacity = 5, "
        "max_enrollment = 40;"
        "UPDATE course_enrollments SET enrollment_status = 'completed', grade = 'B', grade_points "
        "= 3.3, attendance_percentage = 91, is_retake = true, notes = 'n' WHERE id = '" +
        pair.id("enrollment/#1/#1") +
        "';"
        "UPDATE assessments SET weight_percentage = weight_percentage, passing_marks = 51, "
        "due_date = '2025-06-01 00:00+04', rubric = '{\"r\": 1}';"
        "UPDATE grades SET feedback = 'f', letter_grade = 'B', approved_by = graded_by, "
        "approved_at = '2025-05-01 00:00+04'");
    // Every one of these rows changes in edu.
    pair.play(
        "INSERT INTO academic_schedule (id, education_year_id, active) VALUES (#1, #1, 1); INSERT "
        "INTO academic_schedule_details (id, academic_schedule_id, type_id, start_date, active) "
        "VALUES (#1, #1, 110000254, '10/02/2025', 1), (#2, #1, 110000258, '10/06/2025', 1);"
        "UPDATE education_plan_subject SET credit = '5'; UPDATE course SET education_lang_id = "
        "110000067, student_count = 3;"
        "UPDATE course_student SET create_date = '2025-01-05 10:00+04', update_date = now();"
        "UPDATE journal SET point = '9', create_date = '2025-01-06 10:00+04'");
    CHECK(pair.lms_rows("SELECT start_date, is_current, settings->>'a', withdrawal_deadline FROM "
                        "academic_terms WHERE term_type = 'spring'") ==
          "(2025-02-10,t,1,2025-04-01)");
    CHECK(pair.lms_rows("SELECT credit_hours, description->>'az', course_level FROM courses") ==
          "(5,d,graduate)");
    CHECK(pair.lms_rows("SELECT language_of_instruction, syllabus->>'w', waitlist_capacity, "
                        "max_enrollment FROM course_offerings") == "(ru,1,5,40)");
    const std::string columns =
        "enrollment_status, enrollment_date::date, grade, grade_points, attendance_percentage, "
        "is_retake, notes";
    CHECK(enrolled(pair, columns, "#1") == "(completed,2025-01-05,B,3.30,91.00,t,n)");
    CHECK(enrolled(pair, columns, "#2") == "(enrolled,2025-01-05,,,,f,)");
    CHECK(pair.lms_rows("SELECT created_at::date, passing_marks, due_date::date, rubric->>'r' FROM "
                        "assessments WHERE id = '" +
                        pair.id("assessment/#1/#9") + "'") == "(2025-01-06,51.00,2025-05-31,1)");
    CHECK(grade(pair, "marks_obtained, feedback, letter_grade, approved_at IS NOT NULL",
                "grade/#1/#9/#1") == "(90.00,f,B,t)");
    // What somebody completed or withdrew in lms stays so, whatever edu says of it later.
    pair.play("UPDATE course_student SET active = 0");
    CHECK(enrolled(pair, "enrollment_status, grade_points", "#1") == "(completed,3.30)");
    CHECK(enrolled(pair, "enrollment_status", "#2") == "(dropped)");
    pair.play("UPDATE course_student SET active = 1");
    CHECK(enrolled(pair, "enrollment_status", "#1") == "(completed)");
    CHECK(enrolled(pair, "enrollment_status", "#2") == "(enrolled)");
    // Somebody else is the current term's choice of lms: the bridge has none.
    pair.lms(
        "UPDATE academic_terms SET is_current = false; UPDATE academic_terms SET is_current = "
        "true WHERE term_type = 'fall'");
    pair.play("UPDATE academic_schedule_details SET start_date = '11/02/2025' WHERE id = #1");
    CHECK(pair.lms_rows("SELECT term_type, start_date FROM academic_terms WHERE is_current") ==
          "(fall,2024-09-01)");
    check_pair(pair);
    pair.stop();
}

TEST_CASE("4.11 Enrolments, components and marks born in lms survive what edu does beside them",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    pair.edu(taught_course() + ";" + human(4, "rena").all());
    pair.start();
    pair.settle();
    const std::string offering = "'" + pair.id("course/#1") + "'";
    const std::string component = "'" + pair.id("assessment/#1/#8") + "'";
    const std::string rena = "'" + pair.id("students/#4") + "'";
    pair.lms(
        "UPDATE course_offerings SET max_enrollment = 40;"
        "INSERT INTO course_enrollments (id, course_offering_id, student_id, enrollment_status) "
        "VALUES (" +
        own(1) + ", " + offering + ", " + rena +
        ", 'enrolled');"
        "INSERT INTO assessments (id, course_offering_id, title, assessment_type, "
        "weight_percentage) VALUES (" +
        own(2) + ", " + offering +
        ", '{\"az\": \"Yeni\"}', 'quiz', 10);"
        "INSERT INTO grades (id, assessment_id, student_id, marks_obtained) VALUES (" +
        own(3) + ", " + own(2) + ", " + rena + ", 77), (" + own(4) + ", " + component + ", " +
        rena + ", 66)");
    const std::string before = born(pair);
    pair.play(
        "UPDATE course SET note = 'x', active = 0; UPDATE course SET active = 1; UPDATE "
        "journal SET point = '6'; UPDATE course_student SET update_date = now()");
    CHECK(born(pair) == before);
    check_pair(pair);

    // The component loses its last row in edu: it stays, for a mark of lms's own hangs on it.
    pair.play("UPDATE journal SET active = 0 WHERE course_eva_id = #8");
    CHECK(pair.lms_value("SELECT count(*) FROM assessments WHERE id = " + component) == "1");
    CHECK(grade(pair, "id", "grade/#1/#8/#1") == "");
    CHECK(born(pair) == before);
    CHECK(pair.differences() == 0);
    pair.play("UPDATE journal SET active = 1 WHERE course_eva_id = #8");
    CHECK(grade(pair, "marks_obtained", "grade/#1/#8/#1") == "(60.00)");
    check_pair(pair);

    // A mark that somebody changed in lms stays when edu has none any more; an untouched one goes.
    pair.lms("UPDATE grades SET marks_obtained = 95, feedback = 'mine' WHERE id = '" +
             pair.id("grade/#1/#9/#1") + "'");
    pair.play("UPDATE journal SET active = 0 WHERE course_eva_id = #9");
    CHECK(grade(pair, "marks_obtained, feedback", "grade/#1/#9/#1") == "(95.00,mine)");
    CHECK(grade(pair, "id", "grade/#1/#9/#2") == "");
    CHECK(pair.differences() == 0);
    CHECK(born(pair) == before);
    pair.stop();
}

TEST_CASE("4.11 edu wants what a row born in lms holds: it waits in quarantine, with its reason",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    pair.edu(taught_course() + ";" + human(4, "rena").all());
    pair.start();
    pair.settle();
    const std::string rena = "'" + pair.id("students/#4") + "'";
    pair.lms(
        "UPDATE course_offerings SET max_enrollment = 40;"
        "INSERT INTO course_enrollments (id, course_offering_id, student_id, enrollment_status) "
        "VALUES (" +
        own(1) + ", '" + pair.id("course/#1") + "', " + rena +
        ", 'enrolled'); INSERT INTO grades (id, assessment_id, student_id, marks_obtained) VALUES "
        "(" +
        own(4) + ", '" + pair.id("assessment/#1/#9") + "', " + rena + ", 66)");
    const std::string before = born(pair);
    // In one transaction with rows that are taken.
    pair.play(enrolment(4, 1, 4) + journal(4, 1, 4, 9, "'5'") + journal(5, 1, 4, 8, "'5'") +
              "UPDATE journal SET point = '10' WHERE id = #1");
    CHECK(born(pair) == before);
    CHECK(grade(pair, "marks_obtained", "grade/#1/#9/#1") == "(100.00)");
    CHECK(grade(pair, "marks_obtained", "grade/#1/#8/#4") == "(50.00)");
    // Two rows each: of course_student and journal, of which the enrolment is.
    check_pair(pair, "course_enrollments 3 rejected\ngrades 1 rejected\n");
    const std::string list = pair.command({"quarantine", "list"}).output;
    CHECK(list.find("course_enrollments_enrolled_key") != std::string::npos);
    CHECK(list.find("grades_assessment_student_key") != std::string::npos);
    // lms gives way.
    pair.lms("DELETE FROM grades WHERE id = " + own(4) +
             "; DELETE FROM course_enrollments WHERE "
             "id = " +
             own(1));
    CHECK(pair.command({"quarantine", "retry", "--all"}).status == 0);
    pair.settle();
    CHECK(grade(pair, "marks_obtained", "grade/#1/#9/#4") == "(50.00)");
    CHECK(enrolled(pair, "enrollment_status", "#4") == "(enrolled)");
    check_pair(pair);
    pair.stop();
}
