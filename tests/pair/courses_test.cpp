// The entities behind the people: mappings/edu-lms-courses.yaml over the generated edu.
#include "tests/pair/pair_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

const Bridge::Settings kCourses{
    {"mapping", std::string{CROSSFADE_SOURCE_DIR} + "/mappings/edu-lms-courses.yaml"}};

// One course with a subject, a plan and two students, ids #1 and #2.
const std::string kCourse =
    "INSERT INTO subject_catalog (id, create_date, active) VALUES (#1, now(), 1);"
    "INSERT INTO education_plan_subject (id, subject_id, credit, active) VALUES (#1, #1, '4', 1),"
    " (#2, #1, '6', 1), (#3, #1, '6', 1);"
    "INSERT INTO course (id, code, education_plan_subject_id, semester_id, student_count,"
    " education_lang_id, create_date, active) VALUES (#1, '2024/2025_YZ_AB-1', #1, 110000136, 1,"
    " 110000066, '2025-02-01 10:00+04', 1);";
const std::string kMarks =
    "INSERT INTO course_student (id, course_id, student_id, active, create_date)"
    " SELECT #0 + i, #1, #0 + i, 1, '2025-02-02 10:00+04' FROM generate_series(1, 2) AS i;"
    "INSERT INTO journal (id, course_id, student_id, course_eva_id, active, create_date)"
    " SELECT #0 + i, #1, #0 + i, #9, 1, '2025-02-03 10:00+04' FROM generate_series(1, 2) AS i;"
    "INSERT INTO journal_details (id, journal_id, course_meeting_id, point_id_1, point_id_3, "
    "active,"
    " create_date) SELECT #0 + i, #1, 5, (SELECT id FROM dictionaries WHERE code = '8' AND id"
    " BETWEEN 110000140 AND 110000150), (SELECT id FROM dictionaries WHERE code = '7' AND id "
    "BETWEEN"
    " 110000140 AND 110000150), 1, '2025-02-04 10:00+04' FROM generate_series(1, 3) AS i;";

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

}  // namespace

TEST_CASE("4.10 A course goes with all its children and comes back for one student",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}, kCourses};
    pair.edu(human(1, "ilham").all() + human(2, "sona").all() +
             "INSERT INTO dictionaries (id, code, active) VALUES (110000147, '7', 1),"
             " (110000148, '8', 1)");
    pair.start();
    pair.settle();
    // Children first; every parent is missing until the course is there.
    pair.play(kMarks);
    CHECK(marks(pair) == with_ids("(#1,,,)\n(#2,,,)"));
    pair.play(kCourse);
    CHECK(offering(pair,
                   "section_code, language_of_instruction, max_enrollment, "
                   "current_enrollment, enrollment_status, id") ==
          "(2024/2025_YZ_AB-1,en,2,2,open," + pair.id("course/#1") + ")");
    CHECK(pair.lms_rows("SELECT academic_year, term_type, start_date FROM academic_terms") ==
          "(2024-2025,spring,2025-02-01)");
    CHECK(pair.lms_value("SELECT credit_hours FROM courses") == "6");
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
    CHECK(pair.differences() == 0);
    pair.stop();
}

TEST_CASE("4.7 Journal rows and details move between groups, and the earliest row is deleted",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}, kCourses};
    pair.edu(human(1, "ilham").all() + human(2, "sona").all() +
             "INSERT INTO dictionaries (id, code, active) VALUES (110000147, '7', 1),"
             " (110000148, '8', 1);" +
             kCourse + kMarks);
    pair.start();
    pair.settle();
    const auto assessments = [&] {
        return pair.lms_rows("SELECT title->>'en', created_at::date FROM assessments ORDER BY 1");
    };
    REQUIRE(assessments() == "(\"Assessment 000009\",2025-02-03)");
    pair.play("UPDATE journal_details SET journal_id = #2 WHERE id = #3");
    CHECK(marks(pair) == with_ids("(#1,enrolled,75.00,4)\n(#2,enrolled,75.00,2)"));
    pair.play(
        "UPDATE journal SET create_date = '2025-02-01 10:00+04', student_id = #2 WHERE id = #1");
    CHECK(marks(pair) == with_ids("(#1,enrolled,,)\n(#2,enrolled,75.00,6)"));
    CHECK(assessments() == "(\"Assessment 000009\",2025-02-01)");
    pair.play("UPDATE journal SET course_eva_id = #8 WHERE id = #2");
    CHECK(assessments() ==
          "(\"Assessment 000008\",2025-02-03)\n(\"Assessment 000009\",2025-02-01)");
    pair.play(
        "DELETE FROM journal_details WHERE journal_id = #1; DELETE FROM journal WHERE id = #1");
    CHECK(assessments() == "(\"Assessment 000008\",2025-02-03)");
    CHECK(pair.differences() == 0);
    pair.stop();
}

TEST_CASE("every row behind the people is accounted for, of the nasty set too",
          "[pair][postgres]") {
    const char* data = GENERATE("faithful", "nasty");
    CAPTURE(data);
    Pair pair{{.data = data}, kCourses};
    if (std::string_view{data} == "nasty") pair.edu("ALTER TABLE org_names REPLICA IDENTITY FULL");
    pair.start();
    pair.settle();
    pair.play(
        "UPDATE dictionaries SET code = '3' WHERE code = '8' AND id BETWEEN 110000140 AND "
        "110000150; UPDATE education_plan_subject SET subject_id = (SELECT min(id) FROM "
        "subject_catalog) WHERE id % 3 = 0");
    CHECK(pair.differences() == 0);
    const Status status = pair.status();
    CHECK(status.entities.size() == 12);
    for (const EntityAccount& entity : status.entities) {
        INFO(entity.name);
        CHECK(entity.pending() == 0);
        CHECK(entity.source ==
              entity.applied + entity.merged + entity.filtered + entity.parked + entity.rejected);
    }
    CHECK(pair.edu_value("SELECT (SELECT count(*) FROM journal) + (SELECT count(*) FROM "
                         "journal_details)") == [&] {
        for (const EntityAccount& entity : status.entities) {
            if (entity.name == "grades") return std::to_string(entity.source);
        }
        return std::string{};
    }());
    pair.stop();
}
