#include "tests/pair/course_rows.hpp"

namespace crossfade::test {

namespace {

std::string id(int n) { return "#" + std::to_string(n); }

}  // namespace

CourseRows course(int n, const std::string& code) {
    return {.subject = "INSERT INTO subject_catalog (id, create_date, active) VALUES (" + id(n) +
                       ", '2024-03-01 10:00+04', 1);\n",
            .plan = "INSERT INTO education_plan_subject (id, subject_id, credit, active) VALUES (" +
                    id(n) + ", " + id(n) + ", '6', 1);\n",
            .course =
                "INSERT INTO course (id, code, education_plan_subject_id, student_count, "
                "education_lang_id, create_date, active) VALUES (" +
                id(n) + ", '" + code + "', " + id(n) +
                ", 1, 110000066, '2025-02-01 10:00+04', 1);\n"};
}

std::string teacher(int n) {
    return "INSERT INTO teachers (id, person_id, user_id, active, create_date) VALUES (" + id(n) +
           ", " + id(n) + ", " + id(n) + ", 1, '2024-03-01 10:00+04');\n";
}

std::string teaching(int row, int course, int teacher, const char* lesson) {
    return "INSERT INTO course_teacher (id, course_id, teacher_id, lesson_type_id, active, "
           "create_date) VALUES (" +
           id(row) + ", " + id(course) + ", " + id(teacher) + ", " + lesson +
           ", 1, '2025-02-01 10:00+04');\n";
}

std::string enrolment(int row, int course, int student) {
    return "INSERT INTO course_student (id, course_id, student_id, active, create_date) VALUES (" +
           id(row) + ", " + id(course) + ", " + id(student) + ", 1, '2025-02-02 10:00+04');\n";
}

std::string journal(int row, int course, int student, int component, const std::string& point) {
    return "INSERT INTO journal (id, course_id, student_id, course_eva_id, point, active, "
           "create_date) VALUES (" +
           id(row) + ", " + id(course) + ", " + id(student) + ", " + id(component) + ", " + point +
           ", 1, '2025-02-03 10:00+04');\n";
}

std::string detail(int row, int journal, int mark) {
    return "INSERT INTO journal_details (id, journal_id, course_meeting_id, point_id_1, active, "
           "create_date) VALUES (" +
           id(row) + ", " + id(journal) + ", 5, " + std::to_string(110000140 + mark) +
           ", 1, '2025-02-04 10:00+04');\n";
}

std::string mark_codes() {
    return "INSERT INTO dictionaries (id, code, active) SELECT 110000140 + m, m::text, 1 FROM "
           "generate_series(0, 10) AS m;\n";
}

}  // namespace crossfade::test
