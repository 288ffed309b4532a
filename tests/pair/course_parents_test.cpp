// What hangs on courses: children before their parents, parents that leave and come again, and two
// courses of one code.
#include "tests/pair/course_rows.hpp"
#include "tests/pair/pair_fixture.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <vector>

using namespace crossfade;
using namespace crossfade::test;

namespace {

// Everything that stands behind the people, as rows of edu in the order of their references.
std::vector<std::string> rows() {
    const CourseRows one = course(1);
    const Human pupil = human(1, "ilham");
    const Human master = human(5, "sevda");
    return {"INSERT INTO edu_years (id, name, active) VALUES (#1, '2024/2025', 1)",
            pupil.person,
            pupil.account,
            pupil.user,
            pupil.student,
            master.person,
            master.account,
            master.user,
            teacher(5),
            mark_codes(),
            one.subject,
            one.plan,
            one.course,
            teaching(1, 1, 5, kLecture),
            enrolment(1, 1, 1),
            journal(1, 1, 1, 9),
            detail(1, 1, 8)};
}

// What there is: subject, offering, teacher, enrolment, component, mark.
std::string carried(const Pair& pair) {
    return pair.lms_rows(
        "SELECT (SELECT string_agg(code, '') FROM courses) AS subject, (SELECT "
        "string_agg(enrollment_status, ',') FROM course_offerings) AS offering, (SELECT "
        "string_agg(u.username, ',') FROM course_instructors AS i JOIN users AS u ON u.id = "
        "i.instructor_id) AS teacher, (SELECT string_agg(enrollment_status, ',') FROM "
        "course_enrollments) AS enrolment, (SELECT count(*) FROM assessments) AS components, "
        "(SELECT string_agg(marks_obtained::text, ',') FROM grades) AS mark");
}

const std::string kAll = with_ids("(SUBJ#1,open,sevda,enrolled,1,80.00)");

std::string sections(const Pair& pair) {
    return pair.lms_rows(
        "SELECT right(old_course_id::text, 1) AS n, section_code, enrollment_status FROM "
        "course_offerings ORDER BY 1");
}

}  // namespace

TEST_CASE("4.2 Children come first: mark, journal, enrolment, teacher, course, plan, subject",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    pair.start();
    std::vector<std::string> all = rows();
    std::reverse(all.begin(), all.end());
    for (std::size_t i = 0; i < all.size(); ++i) {
        pair.play(all[i]);
        // Each way station is accounted for.
        if (i % 3 == 0) check_accounts(pair);
    }
    CHECK(carried(pair) == kAll);
    check_pair(pair);
    CHECK(pair.dump().find(" lacks ") == std::string::npos);
    pair.stop();
}

TEST_CASE("4.3 No silent loss: what a course needs is deactivated, deleted and made again",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    for (const std::string& row : rows())
        pair.edu(row);
    pair.start();
    pair.settle();
    check_pair(pair);
    REQUIRE(carried(pair) == kAll);
    const std::string contents = pair.dump();
    const CourseRows one = course(1);

    // Parents that are inactive keep their children.
    pair.play(
        "UPDATE subject_catalog SET active = 0; UPDATE education_plan_subject SET active = 0;"
        "UPDATE students SET active = NULL WHERE id = #1; UPDATE teachers SET active = 0");
    CHECK(carried(pair) == kAll);
    check_pair(pair);
    pair.play(
        "UPDATE subject_catalog SET active = 1; UPDATE education_plan_subject SET active = 1;"
        "UPDATE students SET active = 1 WHERE id = #1; UPDATE teachers SET active = 1");
    CHECK(differing_lines(pair.dump(), contents) == "");

    // Without its plan a course has no subject, and without a year in its columns and its code no
    // term: it waits. Its last good row stands meanwhile, with all that it carries, and a child
    // that changes goes on.
    pair.edu("INSERT INTO ext.standing VALUES ('course_offerings', #1)");
    pair.play("DELETE FROM education_plan_subject");
    CHECK(carried(pair) == kAll);
    check_pair(pair);
    pair.play("UPDATE journal SET point = '9'; UPDATE course SET close_status = 1");
    CHECK(carried(pair) == with_ids("(SUBJ#1,open,sevda,enrolled,1,90.00)"));
    check_pair(pair);
    pair.play("UPDATE journal SET point = NULL; UPDATE course SET close_status = NULL;" + one.plan);
    CHECK(differing_lines(pair.dump(), contents) == "");
    check_pair(pair);
    pair.play("UPDATE course SET code = 'AB-1' WHERE id = #1");
    CHECK(carried(pair) == kAll);
    check_pair(pair);
    pair.play("UPDATE course SET code = '2024/2025_YZ_AB-1' WHERE id = #1");
    CHECK(differing_lines(pair.dump(), contents) == "");

    // A journal row goes before its details, and comes after them.
    pair.play("DELETE FROM journal");
    CHECK(carried(pair) == with_ids("(SUBJ#1,open,sevda,enrolled,0,)"));
    check_pair(pair);
    pair.play(journal(1, 1, 1, 9));
    CHECK(differing_lines(pair.dump(), contents) == "");
    // A teacher's users row goes: the pair waits.
    pair.play("DELETE FROM users WHERE id = #5");
    CHECK(carried(pair) == with_ids("(SUBJ#1,open,,enrolled,1,80.00)"));
    check_pair(pair);
    pair.play(human(5, "sevda").user);
    CHECK(differing_lines(pair.dump(), contents) == "");
    check_pair(pair);
    pair.stop();
}

TEST_CASE("4.3 No silent loss: a subject, a course, a student are deleted: they are history",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    for (const std::string& row : rows())
        pair.edu(row);
    pair.start();
    pair.settle();
    REQUIRE(carried(pair) == kAll);
    const std::string contents = pair.dump();
    // They stay, inactive, and what refers to them stays with them.
    pair.edu(
        "INSERT INTO ext.standing VALUES ('courses', #1), ('course_offerings', #1), "
        "('students', #1)");
    pair.play("DELETE FROM subject_catalog");
    CHECK(carried(pair) == kAll);
    CHECK(pair.lms_value("SELECT is_active FROM courses") == "f");
    check_pair(pair);
    pair.play("DELETE FROM course");
    CHECK(carried(pair) == with_ids("(SUBJ#1,cancelled,sevda,enrolled,1,80.00)"));
    check_pair(pair);
    pair.play("DELETE FROM students");
    CHECK(carried(pair) == with_ids("(SUBJ#1,cancelled,sevda,enrolled,1,80.00)"));
    check_pair(pair);
    // The children go on living there.
    pair.play("UPDATE course_student SET active = 0; UPDATE journal SET point = '9'");
    CHECK(carried(pair) == with_ids("(SUBJ#1,cancelled,sevda,dropped,1,90.00)"));
    check_pair(pair);
    pair.play("UPDATE course_student SET active = 1; UPDATE journal SET point = NULL");
    // And are what they were when all is there again.
    pair.edu(human(1, "ilham").student);
    pair.edu(course(1).course);
    pair.play(course(1).subject);
    CHECK(differing_lines(pair.dump(), contents) == "");
    check_pair(pair);

    // Everything goes, children first, then all comes again.
    pair.play(
        "DELETE FROM journal_details; DELETE FROM journal; DELETE FROM course_student;"
        "DELETE FROM course_teacher; DELETE FROM course; DELETE FROM education_plan_subject;"
        "DELETE FROM subject_catalog; DELETE FROM students");
    CHECK(carried(pair) == with_ids("(SUBJ#1,cancelled,,,0,)"));
    check_pair(pair);
    for (const std::string& row : rows()) {
        if (row.find("INTO persons") == std::string::npos &&
            row.find("INTO accounts") == std::string::npos &&
            row.find("INTO users") == std::string::npos &&
            row.find("INTO teachers") == std::string::npos &&
            row.find("INTO edu_years") == std::string::npos &&
            row.find("INTO dictionaries") == std::string::npos)
            pair.edu(row);
    }
    pair.settle();
    CHECK(differing_lines(pair.dump(), contents) == "");
    check_pair(pair);
    pair.stop();
}

TEST_CASE("4.5 Courses of one code: the first is renamed, deactivated, moved, deleted, made again",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    pair.edu(course(3).all());
    pair.start();
    pair.settle();
    // One subject, one term, one code; the lowest id comes last and takes over.
    const auto of_one_plan = [](int n) {
        return course(n).course + "UPDATE course SET education_plan_subject_id = #3 WHERE id = #" +
               std::to_string(n) + ";";
    };
    const std::string code = "2024/2025_YZ_AB-1";
    pair.play(of_one_plan(2));
    CHECK(sections(pair) == with_ids("(2," + code + ",open)\n(3," + code + "##3,open)"));
    pair.play(of_one_plan(1));
    const std::string first_wins =
        with_ids("(1," + code + ",open)\n(2," + code + "##2,open)\n(3," + code + "##3,open)");
    CHECK(sections(pair) == first_wins);
    pair.play("UPDATE course SET code = '2024/2025_YZ_AB-2' WHERE id = #1");
    CHECK(sections(pair) ==
          with_ids("(1,2024/2025_YZ_AB-2,open)\n(2," + code + ",open)\n(3," + code + "##3,open)"));
    pair.play("UPDATE course SET code = ' " + code + "' WHERE id = #1");
    CHECK(sections(pair) == first_wins);
    // Who is cancelled keeps it; who is in another term does not compete.
    pair.play("UPDATE course SET active = 0 WHERE id = #1");
    CHECK(sections(pair).starts_with("(1," + code + ",cancelled)"));
    pair.play("UPDATE course SET semester_id = 110000135 WHERE id = #1");
    CHECK(sections(pair) ==
          with_ids("(1," + code + ",cancelled)\n(2," + code + ",open)\n(3," + code + "##3,open)"));
    pair.play("UPDATE course SET semester_id = NULL, active = 1 WHERE id = #1");
    CHECK(sections(pair) == first_wins);
    // Who is deleted does not hold it, though his row stays.
    pair.play("DELETE FROM course WHERE id = #1");
    CHECK(sections(pair) == with_ids("(1," + code + "##1,cancelled)\n(2," + code + ",open)\n(3," +
                                     code + "##3,open)"));
    pair.play(of_one_plan(1));
    CHECK(sections(pair) == first_wins);
    // The shape of a fallback is nobody's, and two exchange their codes in one transaction.
    pair.play("UPDATE course SET code = CASE id WHEN #1 THEN '" + code +
              "##2' WHEN #2 THEN 'C#1' END WHERE id IN (#1, #2);"
              "UPDATE course SET education_year_id = #1, semester_id = 110000136;"
              "INSERT INTO edu_years (id, name) VALUES (#1, '2024/2025')");
    CHECK(sections(pair) ==
          with_ids("(1," + code + "##2##1,open)\n(2,C#1##2,open)\n(3," + code + ",open)"));
    pair.play("UPDATE course SET code = CASE id WHEN #1 THEN 'A' ELSE 'B' END WHERE id < #3");
    pair.play("UPDATE course SET code = CASE id WHEN #1 THEN 'B' ELSE 'A' END WHERE id < #3");
    CHECK(sections(pair) == with_ids("(1,B,open)\n(2,A,open)\n(3," + code + ",open)"));
    check_pair(pair);
    pair.stop();
}
