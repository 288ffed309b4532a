// Values of courses, calendars and journals as the legacy database holds them.
#include "tests/pair/course_rows.hpp"
#include "tests/pair/pair_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

// Journal row #n of component #n for each point; "-" is the text, NULL none.
std::string points() {
    std::string all;
    int n = 1;
    for (const std::string point : {"'675'", "'4'", "'abc'", "'9.33'", "'10'", "'-'", "''", "NULL",
                                    "' 5,50 '", "'NaN'", "'1e3'", "'5.005'", "'+.5'", "'99'"}) {
        all += journal(n, 1, 1, n, point);
        ++n;
    }
    return all;
}

}  // namespace

TEST_CASE("4.12 Values of the journal: points, marks of sessions, codes that are none",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    pair.edu(human(1, "ilham").all() + course(1).all() + mark_codes() +
             "INSERT INTO dictionaries (id, code, name_az) VALUES (#1, ' 9.5 ', NULL), (#2, '93', "
             "NULL), (#3, 'QB', NULL), (#4, '3,5', NULL), (#5, NULL, NULL), (#9, 'K', ' Kollokvium "
             "'); INSERT INTO evaluation_type (id, name) VALUES (#10, 'Sərbəst iş')");
    pair.start();
    pair.play(points());
    const auto marks = [&] {
        return pair.lms_value(
            "SELECT string_agg((right(a.title->>'en', 2)) || ' ' || coalesce(marks_obtained::text, "
            "'-'), ', ' ORDER BY a.title->>'en') FROM grades AS g JOIN assessments AS a ON a.id = "
            "g.assessment_id");
    };
    // A point is multiplied whatever its size; what does not fit the target's column waits.
    CHECK(marks() ==
          "02 40.00, 03 -, 04 93.30, 05 100.00, 06 -, 07 -, 08 -, 11 -, 12 50.05, 13 5.00, 14 "
          "990.00, um 55.00, iş -");
    check_pair(pair, "grades 1 rejected\n");
    CHECK(pair.command({"quarantine", "list"}).output.find("22003") != std::string::npos);
    CHECK(pair.lms_rows("SELECT title FROM assessments WHERE id IN ('" +
                        pair.id("assessment/#1/#1") + "', '" + pair.id("assessment/#1/#9") +
                        "', '" + pair.id("assessment/#1/#10") + "') ORDER BY 1") ==
          "(\"{\"\"az\"\": \"\"Kollokvium\"\", \"\"en\"\": \"\"Kollokvium\"\", \"\"ru\"\": "
          "\"\"Kollokvium\"\"}\")\n"
          "(\"{\"\"az\"\": \"\"Qiymətləndirmə 000001\"\", \"\"en\"\": \"\"Assessment 000001\"\", "
          "\"\"ru\"\": \"\"Оценка 000001\"\"}\")\n"
          "(\"{\"\"az\"\": \"\"Sərbəst iş\"\", \"\"en\"\": \"\"Sərbəst iş\"\", \"\"ru\"\": "
          "\"\"Sərbəst iş\"\"}\")");

    // Three slots of one detail, of which one is attendance; the mean, half up, of what are marks.
    pair.play(
        "UPDATE journal SET point = '7' WHERE id = #1;"
        "INSERT INTO journal_details (id, journal_id, course_meeting_id, point_id_1, status_1, "
        "note_1, point_id_2, point_id_3, active, update_date, update_user_id) VALUES "
        "(#1, #8, #5, #1, 1, ' gec ', #3, #2, 1, '2025-03-01 10:00+04', #1), "
        "(#2, #8, NULL, #4, NULL, '', #5, #99, 1, NULL, NULL), (#3, #8, NULL, 110000150, NULL, "
        "NULL, NULL, NULL, 0, '2026-01-01 10:00+04', #1), (#4, NULL, NULL, #1, NULL, NULL, NULL, "
        "NULL, 1, NULL, NULL), (#5, #99, NULL, #1, NULL, NULL, NULL, NULL, 1, NULL, NULL)");
    CHECK(pair.lms_rows("SELECT marks_obtained, percentage, is_final, graded_at, (SELECT username "
                        "FROM users AS u WHERE u.id = graded_by), letter_grade, rubric_scores FROM "
                        "grades WHERE id = '" +
                        pair.id("grade/#1/#8/#1") + "'") ==
          with_ids("(74.33,74.33,f,\"2025-03-01 06:00:00+00\",ilham,,\"{\"\"legacy\"\": ["
                   "{\"\"c\"\": \"\"9.5\"\", \"\"d\"\": \"\"#1\"\", \"\"m\"\": \"\"#5\"\", "
                   "\"\"n\"\": \"\"gec\"\", \"\"p\"\": \"\"#1\"\", \"\"s\"\": 1, \"\"t\"\": 1}, "
                   "{\"\"c\"\": \"\"QB\"\", \"\"d\"\": \"\"#1\"\", \"\"m\"\": \"\"#5\"\", "
                   "\"\"p\"\": \"\"#3\"\", \"\"s\"\": 2}, "
                   "{\"\"c\"\": \"\"93\"\", \"\"d\"\": \"\"#1\"\", \"\"m\"\": \"\"#5\"\", "
                   "\"\"p\"\": \"\"#2\"\", \"\"s\"\": 3}, "
                   "{\"\"c\"\": \"\"3,5\"\", \"\"d\"\": \"\"#2\"\", \"\"p\"\": \"\"#4\"\", "
                   "\"\"s\"\": 1}, {\"\"d\"\": \"\"#2\"\", \"\"p\"\": \"\"#5\"\", \"\"s\"\": 2}, "
                   "{\"\"d\"\": \"\"#2\"\", \"\"p\"\": \"\"#99\"\", \"\"s\"\": 3}]}\")"));
    check_pair(pair);
    pair.stop();
}

TEST_CASE("4.12 Values of courses and calendars: codes, years, terms, credits, languages",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    pair.start();
    pair.play(
        "INSERT INTO edu_years (id, name, active) VALUES (#1, ' 2023-2024 ', 0), (#2, '2023/2024', "
        "1), (#3, '2025/2026', NULL);"
        "INSERT INTO academic_schedule (id, education_year_id) VALUES (#1, #1), (#3, #3);"
        "INSERT INTO academic_schedule_details (id, academic_schedule_id, type_id, start_date, "
        "active) VALUES (#1, #1, 110000245, '30/02/2023', 1), (#2, #1, 110000245, '4/9/2023', 1), "
        "(#3, #1, 110000249, '2023-12-29', 1), (#4, #1, 110000254, '05/02/2024', 1), (#5, #3, "
        "110000245, '31/12/2025', 1), (#6, #3, 110000249, '01/09/2025', 1)");
    CHECK(pair.lms_rows("SELECT academic_year, term_number, start_date, end_date, is_current FROM "
                        "academic_terms ORDER BY 1, 2") ==
          "(2023-2024,1,2023-09-04,2023-12-29,f)\n(2023-2024,2,2024-02-01,2024-06-30,f)\n"
          "(2025-2026,1,2025-09-01,2025-12-31,f)\n(2025-2026,2,2026-02-01,2026-06-30,f)");
    // Subjects: a name of either dictionary, credits that most plans agree on.
    pair.play(
        "INSERT INTO subject_dic (id, name_az, name_ru) VALUES (#7, ' Riyaziyyat', ''); INSERT "
        "INTO "
        "dictionaries (id, name_en) VALUES (#8, 'Physics');"
        "INSERT INTO subject_catalog (id, subject_name_id, active) VALUES (#1, #7, 1), (#2, #8, "
        "0), "
        "(#3, #9, NULL);"
        "INSERT INTO education_plan_subject (id, subject_id, credit, m_hours, s_hours, l_hours, "
        "active) VALUES (#1, #1, '6,0', '30', NULL, '1e1', 1), (#2, #1, ' 5 ', '30.5', '-5', '15', "
        "1), (#3, #1, '5', NULL, NULL, NULL, 1), (#4, #1, '6', NULL, NULL, NULL, 1), (#5, #1, '9', "
        "NULL, NULL, NULL, 0), (#6, #2, 'abc', '', NULL, NULL, 1), (#7, #2, '-3', NULL, NULL, "
        "NULL, 1)");
    CHECK(
        pair.lms_rows("SELECT right(code, 1), name->>'az' AS az, name->>'ru' AS ru, credit_hours, "
                      "lecture_hours, lab_hours, tutorial_hours, is_active FROM courses ORDER BY "
                      "1") == with_ids("(1,Riyaziyyat,Riyaziyyat,5,30,15,,t)\n"
                                       "(2,Physics,Physics,3,,,,f)\n"
                                       "(3,\"Subject #3\",\"Subject #3\",3,,,,f)"));
    // Courses: what the columns do not say the code does; long, empty and missing codes.
    pair.play(
        "INSERT INTO course (id, code, education_plan_subject_id, semester_id, education_year_id, "
        "education_lang_id, student_count, close_status, active, create_date) VALUES "
        "(#1, NULL, #1, 110000135, #1, 110000067, NULL, NULL, 1, '2024-01-01 10:00+04'),"
        "(#2, ' ', #1, 110000135, #2, 2, -1, 1, 1, '2024-01-01 10:00+04'),"
        "(#3, '2030/2031_PY_X', #1, 110000136, #1, 119999999, 0, 1, 0, '2024-01-01 10:00+04'),"
        "(#4, '2030/2031_PY_X', #1, NULL, #99, NULL, 12, NULL, NULL, '2024-01-01 10:00+04'),"
        "(#5, repeat('2023/2024_YZ_Ə–B', 60), #1, NULL, NULL, 110000066, 32767, 0, 1, NULL)");
    CHECK(pair.lms_rows(
              "SELECT right(old_course_id::text, 1) AS n, CASE WHEN length(section_code) > 99 THEN "
              "length(section_code)::text ELSE section_code END, academic_year, term_number, "
              "language_of_instruction, max_enrollment, is_published, o.enrollment_status FROM "
              "course_offerings AS o JOIN academic_terms AS t ON t.id = academic_term_id ORDER BY "
              "1") == with_ids("(1,C#1,2023-2024,1,ru,30,t,open)\n(2,C#2,2023-2024,1,en,30,t,"
                               "closed)\n(3,2030/2031_PY_X,2023-2024,2,az,30,f,cancelled)\n"
                               "(4,2030/2031_PY_X,2030-2031,1,az,12,f,cancelled)\n"
                               "(5,960,2023-2024,2,en,32767,t,open)"));
    check_pair(pair);
    pair.stop();
}

TEST_CASE("4.12 A credit too large for lms costs neither the course nor its offerings",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    pair.start();
    const CourseRows rows = course(1);
    pair.play(rows.subject + rows.plan + rows.course +
              "UPDATE education_plan_subject SET credit = '99999999999', m_hours = '3000000000';");
    const auto credits = [&] {
        return pair.lms_rows(
            "SELECT credit_hours, lecture_hours, (SELECT count(*) FROM course_offerings) "
            "FROM courses");
    };
    CHECK(credits() == "(3,,1)");
    check_pair(pair);
    pair.play(
        "INSERT INTO education_plan_subject (id, subject_id, credit, active) VALUES "
        "(#2, #1, '2147483648', 1), (#3, #1, '99999999999', 1), (#4, #1, '4', 1)");
    CHECK(credits() == "(4,,1)");
    check_pair(pair);
    pair.stop();
}
