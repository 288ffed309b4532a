// Courses and who is in them: course, course_student, course_teacher.

#include <algorithm>

#include "demo/simulate/application.hpp"

namespace crossfade::simulate {
namespace {

template <class Member>
std::vector<Id> ids_of(const std::vector<Member>& members) {
    std::vector<Id> ids;
    for (const Member& member : members) {
        ids.push_back(member.id);
    }
    return ids;
}

std::vector<Id> rows_of_student(const Course& course, Id student) {
    std::vector<Id> ids;
    for (const Enrolment& each : course.students) {
        if (each.student == student) {
            ids.push_back(each.id);
        }
    }
    return ids;
}

template <class Member>
const Member* pick_member(const std::vector<Member>& members, bool active, Random& random) {
    const std::size_t start = random.below(members.size());
    for (std::size_t i = 0; i < members.size(); ++i) {
        const Member& member = members[(start + i) % members.size()];
        if (member.active == active) {
            return &member;
        }
    }
    return nullptr;
}

}  // namespace

// Re-enrolment wakes all rows of the pair; a new pair is inserted. One in ten goes to a course that
// was deleted. In a rush the student is always new to the course.
void Application::enrol(Random& random, bool rush) {
    Course& course = pick_course(random, !random.percent(10));
    Id student = random.pick(world_.students);
    if (!rush && random.percent(60)) {
        if (const Enrolment* gone = pick_member(course.students, false, random)) {
            student = gone->student;
        }
    }
    const std::vector<Id> known = rows_of_student(course, student);
    if (!known.empty()) {
        connection_.execute(
            "UPDATE course_student SET active = 1, update_date = now(), update_user_id = 1 "
            "WHERE id = ANY($1::bigint[])",
            {array(known)});
        for (Enrolment& each : course.students) {
            each.active = each.active || each.student == student;
        }
        return;
    }
    const Id id = next_id("SELECT coalesce(max(id), 0) + 1 FROM course_student", random);
    connection_.execute(
        "INSERT INTO course_student (id, course_id, student_id, course_work, create_date, "
        "create_user_id, active) VALUES ($1, $2, $3, 0, now(), 1, 1)",
        {value(id), value(course.id), value(student)});
    course.students.push_back({id, student, true});
}

void Application::student_remove(Random& random) {
    for (int attempt = 0; attempt < 20; ++attempt) {
        Course& course = pick_course(random, true);
        const Enrolment* leaving = pick_member(course.students, true, random);
        if (leaving == nullptr) {
            continue;
        }
        const Id student = leaving->student;
        connection_.execute(
            "UPDATE course_student SET active = 0, update_date = now(), update_user_id = 1 "
            "WHERE id = ANY($1::bigint[])",
            {array(rows_of_student(course, student))});
        for (Enrolment& each : course.students) {
            each.active = each.active && each.student != student;
        }
        return;
    }
}

void Application::teacher_remove(Random& random) {
    for (int attempt = 0; attempt < 20; ++attempt) {
        Course& course = pick_course(random, true);
        const Teaching* leaving = pick_member(course.teachers, true, random);
        if (leaving == nullptr) {
            continue;
        }
        const Id teacher = leaving->teacher;
        std::vector<Id> ids;
        for (const Teaching& each : course.teachers) {
            if (each.teacher == teacher) {
                ids.push_back(each.id);
            }
        }
        connection_.execute("UPDATE course_teacher SET active = 0 WHERE id = ANY($1::bigint[])",
                            {array(ids)});
        for (Teaching& each : course.teachers) {
            each.active = each.active && each.teacher != teacher;
        }
        return;
    }
}

Id Application::insert_teaching(Random& random, Id course, Id teacher) {
    const Id id = next_id("SELECT coalesce(max(id), 0) + 1 FROM course_teacher", random);
    connection_.execute(
        "INSERT INTO course_teacher (id, course_id, teacher_id, lesson_type_id, create_date, "
        "create_user_id, active) VALUES ($1, $2, $3, 1, now(), 1, 1)",
        {value(id), value(course), value(teacher)});
    return id;
}

// All rows of the course are deactivated, then the chosen teachers inserted anew with lesson
// type 1. One of them often is a teacher the course had before.
void Application::teachers_replace(Random& random) {
    Course& course = pick_course(random, true);
    std::vector<Id> chosen{random.pick(world_.teachers)};
    if (!course.teachers.empty() && random.percent(70)) {
        const Id kept = random.pick(course.teachers).teacher;
        if (kept != chosen.front() && kept != 0) {
            chosen.push_back(kept);
        }
    }
    std::vector<Teaching> inserted;
    connection_.transaction([&] {
        connection_.execute("UPDATE course_teacher SET active = 0 WHERE id = ANY($1::bigint[])",
                            {array(ids_of(course.teachers))});
        for (const Id teacher : chosen) {
            inserted.push_back({insert_teaching(random, course.id, teacher), teacher, true});
        }
    });
    for (Teaching& each : course.teachers) {
        each.active = false;
    }
    course.teachers.insert(course.teachers.end(), inserted.begin(), inserted.end());
}

void Application::course_create(Random& random) {
    const Id like = pick_course(random, true).id;
    const Id teacher = random.pick(world_.teachers);
    Course course{0, true, {}, {}, {}};
    connection_.transaction([&] {
        course.id = next_id("SELECT coalesce(max(id), 0) + 1 FROM course", random);
        connection_.execute(
            "INSERT INTO course (id, code, education_plan_subject_id, semester_id, "
            "education_year_id, education_lang_id, education_type_id, m_hours, s_hours, l_hours, "
            "fm_hours, student_count, start_date, status, copy_status, course_meeting_status, "
            "close_status, create_date, create_user_id, active) "
            "SELECT $1::bigint, coalesce(regexp_replace(code, '_[^_]*$', ''), '2024/2025_PY') || "
            "'_' || $2::text, education_plan_subject_id, semester_id, education_year_id, "
            "education_lang_id, education_type_id, m_hours, s_hours, l_hours, fm_hours, "
            "$3::smallint, $4::text, 1, 0, 110000057, 0, now(), 1, 1 "
            "FROM course WHERE id = $5::bigint",
            {value(course.id), value(Id{random.between(1000, 9999)}),
             value(Id{random.between(5, 40)}), business_date(random), value(like)});
        course.teachers.push_back({insert_teaching(random, course.id, teacher), teacher, true});
    });
    share_.courses.push_back(std::move(course));
}

// The children are set to 0 with the course, and keep their update_date.
void Application::course_delete(Random& random) {
    Course& course = pick_course(random, true);
    connection_.transaction([&] {
        connection_.execute(
            "UPDATE course SET active = 0, update_date = now(), update_user_id = 1 WHERE id = $1",
            {value(course.id)});
        connection_.execute("UPDATE course_teacher SET active = 0 WHERE id = ANY($1::bigint[])",
                            {array(ids_of(course.teachers))});
        connection_.execute("UPDATE course_student SET active = 0 WHERE id = ANY($1::bigint[])",
                            {array(ids_of(course.students))});
    });
    course.active = false;
    for (Teaching& each : course.teachers) {
        each.active = false;
    }
    for (Enrolment& each : course.students) {
        each.active = false;
    }
}

// A deletion undone: half of the time the course alone, else with all its children.
void Application::course_restore(Random& random) {
    Course& course = pick_course(random, false);
    const bool children = random.percent(50);
    connection_.transaction([&] {
        connection_.execute(
            "UPDATE course SET active = 1, update_date = now(), update_user_id = 1 WHERE id = $1",
            {value(course.id)});
        if (children) {
            connection_.execute("UPDATE course_teacher SET active = 1 WHERE id = ANY($1::bigint[])",
                                {array(ids_of(course.teachers))});
            connection_.execute("UPDATE course_student SET active = 1 WHERE id = ANY($1::bigint[])",
                                {array(ids_of(course.students))});
        }
    });
    course.active = true;
    for (Teaching& each : course.teachers) {
        each.active = each.active || children;
    }
    for (Enrolment& each : course.students) {
        each.active = each.active || children;
    }
}

}  // namespace crossfade::simulate
