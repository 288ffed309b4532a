#include "demo/simulate/application.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <thread>

namespace crossfade::simulate {

void Application::play(const Operation& operation, Random random) {
    switch (operation.kind) {
        case Kind::last_action: return last_action(random);
        case Kind::session_save: return session_save(random);
        case Kind::mark_update: return mark_update(random);
        case Kind::journal_point: return journal_point(random);
        case Kind::exam_save: return exam_save(random);
        case Kind::enrol: return enrol(random, operation.rush);
        case Kind::student_remove: return student_remove(random);
        case Kind::teacher_remove: return teacher_remove(random);
        case Kind::teachers_replace: return teachers_replace(random);
        case Kind::course_create: return course_create(random);
        case Kind::course_delete: return course_delete(random);
        case Kind::course_restore: return course_restore(random);
        case Kind::human_create: return human_create(random);
        case Kind::person_update: return person_update(random);
        case Kind::password_change: return password_change(random);
        case Kind::login_change: return login_change(random);
        case Kind::login_swap: return login_swap(random);
        case Kind::user_block: return user_block(random);
        case Kind::user_move: return user_move(random);
        case Kind::students_swap_users: return students_swap_users(random);
        case Kind::journal_move: return journal_move(random);
        case Kind::journal_remove: return journal_remove(random);
        case Kind::detail_move: return detail_move(random);
        case Kind::calendar_delete: return calendar_delete(random);
        case Kind::calendar_insert: return calendar_insert(random);
        case Kind::dictionary_rename: return dictionary_rename(random);
        case Kind::plan_subject_move: return plan_subject_move(random);
        case Kind::organization_reparent: return organization_reparent(random);
    }
}

Id Application::next_id(std::string_view sql, Random& random) {
    const Id id = connection_.execute(sql).id(0, 0);
    std::this_thread::sleep_for(std::chrono::microseconds{random.between(500, 2500)});
    return id;
}

Course& Application::pick_course(Random& random, bool active) {
    for (int attempt = 0; attempt < 50; ++attempt) {
        Course& course = random.pick(share_.courses);
        if (course.active == active) {
            return course;
        }
    }
    return random.pick(share_.courses);
}

Id time_shaped_id() {
    static std::atomic<unsigned> counter{static_cast<unsigned>(::getpid()) * 7919U};
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    Id id = (parts.tm_year % 100) * 10'000LL + (parts.tm_mon + 1) * 100LL + parts.tm_mday;
    id = id * 10'000 + parts.tm_min * 100LL + parts.tm_sec % 60;
    id = id * 1'000 + parts.tm_hour;  // the constant 0, then two digits
    return id * 100'000 + counter.fetch_add(1) % 100'000;
}

std::string business_date(Random& random) {
    char text[16];
    std::snprintf(text, sizeof text, "%02d/%02d/%04d", random.between(1, 28), random.between(1, 12),
                  random.between(2022, 2025));
    return text;
}

}  // namespace crossfade::simulate
