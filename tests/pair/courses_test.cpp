// A course with all that hangs on it: goes and comes back, and what moves within it.
#include "tests/pair/course_rows.hpp"
#include "tests/pair/pair_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

// Students #1 and #2, course #1, in which both have a journal row; three details of two marks each,
// an 8 and a 7, are the first one's.
std::string people() { return human(1, "ilham").all() + human(2, "sona").all() + mark_codes(); }
std::string marks_of_course() {
    return enrolment(1, 1, 1) + enrolment(2, 1, 2) + journal(1, 1, 1, 9) + journal(2, 1, 2, 9) +
           detail(1, 1, 8) + detail(2, 1, 8) + detail(3, 1, 8) +
           "UPDATE journal_details SET point_id_3 = 110000147;";
}

std::string offering(const Pair& pair, const std::string& columns) {
    return pair.lms_rows("SELECT " + columns + " FROM course_offerings WHERE old_course_id = #1");
}

// Per student: how he is enrolled, his mark, how many marks of sessions it rests on.
std::string marks(const Pair& pair) {
    return pair.lms_rows(
        "SELECT s.metadata->>'old_student_id' AS n, e.enrollment_status, g.marks_obtained, "
        "jsonb_array_length(g.rubric_scores->'legacy') FROM students AS s "
        "LEFT JOIN course_enrollments AS e ON e.student_id = s.id "
        "LEFT JOIN grades AS g ON g.student_id = s.id "
        "WHERE s.metadata->>'old_student_id' LIKE '9902%' ORDER BY 1");
}

std::string assessments(const Pair& pair) {
    return pair.lms_rows("SELECT title->>'en', created_at::date FROM assessments ORDER BY 1");
}

}  // namespace

TEST_CASE("4.10 A course goes with all its children and comes back for one student",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    pair.edu(people());
    pair.start();
    pair.settle();
    // Children first; every parent is missing until the course is there.
    pair.play(marks_of_course());
    CHECK(marks(pair) == with_ids("(#1,,,)\n(#2,,,)"));
    check_accounts(pair);
    const CourseRows rows = course(1);
    pair.play(rows.course + rows.plan + rows.subject +
              "INSERT INTO education_plan_subject (id, subject_id, credit, active) VALUES (#2, #1, "
              "'4', 1), (#3, #1, '4', 1)");
    CHECK(offering(pair,
                   "section_code, language_of_instruction, max_enrollment, "
                   "current_enrollment, enrollment_status, id") ==
          "(2024/2025_YZ_AB-1,en,2,2,open," + pair.id("course/#1") + ")");
    CHECK(pair.lms_rows("SELECT academic_year, term_type, start_date FROM academic_terms") ==
          "(2024-2025,spring,2025-02-01)");
    CHECK(pair.lms_value("SELECT credit_hours FROM courses") == "4");
    CHECK(marks(pair) == with_ids("(#1,enrolled,75.00,6)\n(#2,enrolled,,0)"));

    pair.play(
        "UPDATE course SET active = 0 WHERE id = #1; UPDATE course_student SET active = 0;"
        "UPDATE journal SET active = 0; UPDATE journal_details SET active = 0");
    CHECK(offering(pair, "is_published, enrollment_status, current_enrollment") ==
          "(f,cancelled,0)");
    CHECK(marks(pair) == with_ids("(#1,dropped,,)\n(#2,dropped,,)"));
    CHECK(pair.lms_value("SELECT count(*) FROM assessments") == "0");
    pair.play(
        "UPDATE course_student SET active = 1 WHERE student_id = #2; UPDATE journal SET active"
        " = 1, point = '9,5' WHERE student_id = #2");
    CHECK(marks(pair) == with_ids("(#1,dropped,,)\n(#2,enrolled,95.00,0)"));
    check_pair(pair);
    pair.stop();
}

TEST_CASE("4.10 The largest generated course goes in one transaction; one student of it returns",
          "[pair][postgres]") {
    Pair pair{{.data = "few"}};
    pair.start();
    pair.settle();
    const std::string largest = pair.edu_value(
        "SELECT c.id FROM course AS c JOIN ext.offerings USING (id) JOIN course_student AS s ON "
        "s.course_id = c.id JOIN course_teacher AS t ON t.course_id = c.id AND t.active = 1 WHERE "
        "c.active = 1 AND s.active = 1 AND EXISTS (SELECT FROM journal AS j WHERE j.course_id = "
        "c.id AND j.student_id = s.student_id AND j.active = 1) GROUP BY c.id ORDER BY count(*) "
        "DESC, c.id LIMIT 1");
    const std::string student = pair.edu_value(
        "SELECT min(student_id) FROM journal WHERE active = 1 AND course_id = " + largest);
    const std::string of = "'" + pair.id("course/" + largest) + "'";
    const auto children = [&] {
        return pair.lms_rows(
            "SELECT o.enrollment_status, (SELECT count(*) FROM course_instructors WHERE "
            "course_offering_id = o.id) AS teachers, (SELECT count(*) FROM course_enrollments AS e "
            "WHERE e.course_offering_id = o.id AND e.enrollment_status = 'enrolled') AS enrolled, "
            "(SELECT count(DISTINCT g.student_id) FROM grades AS g JOIN assessments AS a ON a.id = "
            "g.assessment_id WHERE a.course_offering_id = o.id) AS graded FROM course_offerings AS "
            "o WHERE o.id = " +
            of);
    };
    const std::string rows = "SELECT string_agg(id::text, ',' ORDER BY id) FROM ";
    const std::string enrolments =
        pair.lms_value(rows + "course_enrollments WHERE course_offering_id = " + of);
    REQUIRE(!children().starts_with("(cancelled,"));
    REQUIRE(children().find(",0") == std::string::npos);

    const std::string goes = " SET active = 0 WHERE course_id = " + largest + ";";
    pair.play(
        "UPDATE journal_details SET active = 0 WHERE journal_id IN (SELECT id FROM journal "
        "WHERE course_id = " +
        largest + "); UPDATE course SET active = 0 WHERE id = " + largest +
        "; UPDATE course_teacher" + goes + "UPDATE course_student" + goes + "UPDATE journal" +
        goes);
    CHECK(children() == "(cancelled,0,0,0)");
    CHECK(pair.lms_value(rows + "course_enrollments WHERE course_offering_id = " + of) ==
          enrolments);
    check_pair(pair);

    const std::string comes =
        " SET active = 1 WHERE course_id = " + largest + " AND student_id = " + student + ";";
    pair.play("UPDATE course_student" + comes + "UPDATE journal" + comes +
              "UPDATE journal_details SET active = 1 WHERE journal_id IN (SELECT id FROM journal "
              "WHERE course_id = " +
              largest + " AND student_id = " + student + ")");
    CHECK(children() == "(cancelled,0,1,1)");
    check_pair(pair);
    pair.stop();
    CHECK(pair.dump().find(" lacks ") == std::string::npos);
}

TEST_CASE("4.7 Journal rows and details move between groups, and the earliest row is deleted",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    pair.edu(people() + course(1).all() + marks_of_course());
    pair.start();
    pair.settle();
    REQUIRE(assessments(pair) == "(\"Assessment 000009\",2025-02-03)");
    pair.play("UPDATE journal_details SET journal_id = #2 WHERE id = #3");
    CHECK(marks(pair) == with_ids("(#1,enrolled,75.00,4)\n(#2,enrolled,75.00,2)"));
    pair.play(
        "UPDATE journal SET create_date = '2025-02-01 10:00+04', student_id = #2 WHERE id = #1");
    CHECK(marks(pair) == with_ids("(#1,enrolled,,)\n(#2,enrolled,75.00,6)"));
    CHECK(assessments(pair) == "(\"Assessment 000009\",2025-02-01)");
    pair.play("UPDATE journal SET course_eva_id = #8 WHERE id = #2");
    CHECK(assessments(pair) ==
          "(\"Assessment 000008\",2025-02-03)\n(\"Assessment 000009\",2025-02-01)");
    check_pair(pair);
    pair.play(
        "DELETE FROM journal_details WHERE journal_id = #1; DELETE FROM journal WHERE id = #1");
    CHECK(assessments(pair) == "(\"Assessment 000008\",2025-02-03)");
    check_pair(pair);

    // Two rows of one group: the earlier one goes, then its details come to the one that stays.
    pair.play(journal(3, 1, 1, 8) + detail(4, 3, 10) +
              "UPDATE journal SET create_date = '2025-01-01 10:00+04' WHERE id = #3");
    CHECK(assessments(pair) == "(\"Assessment 000008\",2025-01-01)");
    CHECK(marks(pair) == with_ids("(#1,enrolled,100.00,1)\n(#2,enrolled,75.00,2)"));
    pair.play("DELETE FROM journal WHERE id = #3");
    CHECK(assessments(pair) == "(\"Assessment 000008\",2025-02-03)");
    CHECK(marks(pair) == with_ids("(#1,enrolled,,)\n(#2,enrolled,75.00,2)"));
    pair.play("UPDATE journal_details SET journal_id = #2 WHERE id = #4");
    CHECK(marks(pair) == with_ids("(#1,enrolled,,)\n(#2,enrolled,83.33,3)"));
    // The whole group goes to another course, which comes later.
    pair.play("UPDATE journal SET course_id = #2 WHERE id = #2");
    CHECK(assessments(pair) == "");
    check_accounts(pair);
    pair.play(course(2, "2024/2025_YZ_CD-1").all());
    CHECK(assessments(pair) == "(\"Assessment 000008\",2025-02-03)");
    CHECK(pair.lms_value("SELECT id FROM assessments") == pair.id("assessment/#2/#8"));
    CHECK(pair.lms_value("SELECT id FROM grades") == pair.id("grade/#2/#8/#2"));
    CHECK(pair.lms_value("SELECT count(*) FROM course_enrollments") == "3");
    check_pair(pair);
    pair.stop();
    CHECK(pair.dump().find(" lacks ") == std::string::npos);
    CHECK(pair.dump().find(" one too many ") == std::string::npos);
}
