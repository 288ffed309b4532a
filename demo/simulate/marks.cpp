// Marks: journal, journal_details, exam_student.

#include <algorithm>
#include <cstdio>
#include <map>

#include "demo/simulate/application.hpp"

namespace crossfade::simulate {
namespace {

constexpr std::size_t kSessionRowsWanted = 20;
constexpr std::size_t kSessionRowsMax = 25;
constexpr std::size_t kSessionsRemembered = 50;

// '5.50', '9.33', now and then '10', '-' or nothing.
Value point(Random& random) {
    if (random.percent(10)) {
        return random.percent(50) ? Value{} : value(random.percent(50) ? "10" : "-");
    }
    char text[8];
    std::snprintf(text, sizeof text, "%d.%02d", random.between(3, 9), random.between(0, 99));
    return text;
}

}  // namespace

// The journal rows of one component of one course, of a few courses the one closest to 20 rows.
std::vector<Id> Application::fullest_component(Random& random, Id& course) {
    std::vector<Id> best;
    for (int attempt = 0; attempt < 6; ++attempt) {
        const Course& candidate = share_.courses[random.pick(share_.journal_courses)];
        std::map<Id, std::vector<Id>> components;
        for (const JournalRow& row : candidate.journal) {
            components[row.component].push_back(row.id);
        }
        for (auto& [component, rows] : components) {
            rows.resize(std::min(rows.size(), kSessionRowsMax));
            if (best.size() < kSessionRowsWanted && rows.size() > best.size()) {
                course = candidate.id;
                best = std::move(rows);
            }
        }
    }
    return best;
}

// A teacher saves a meeting: the meeting and a detail for each student on the page, one commit.
// A third of the time the page was saved before and is corrected.
void Application::session_save(Random& random) {
    if (!sessions_.empty() && random.percent(33)) {
        session_correct(random);
        return;
    }
    Id course = 0;
    const std::vector<Id> rows = fullest_component(random, course);
    if (rows.empty()) {
        return;
    }
    const Id meeting = time_shaped_id();
    const Value teacher = value(random.pick(world_.users));
    std::vector<Id> details;
    connection_.transaction([&] {
        connection_.execute(
            "INSERT INTO course_meeting (id, course_id, clock_id, room_id, week_day, meeting_date, "
            "lesson_type_id, create_date, create_user_id, active) "
            "SELECT $1::bigint, $2::bigint, $3::bigint, $4::bigint, "
            "extract(isodow FROM day)::smallint, to_char(day, 'DD/MM/YYYY'), $5::bigint, now(), "
            "$6::bigint, 1 FROM (SELECT date '2024-09-15' + $7::int AS day) d",
            {value(meeting), value(course), value(random.pick(world_.clocks)),
             world_.rooms.empty() ? Value{} : value(random.pick(world_.rooms)),
             value(Id{random.percent(50) ? 110000111 : 110000112}), teacher,
             value(Id{random.between(0, 270)})});
        for (const Id row : rows) {
            details.push_back(time_shaped_id());
            connection_.execute(
                "INSERT INTO journal_details (id, journal_id, course_meeting_id, point_id_1, "
                "status_1, create_date, update_date, update_user_id, active) "
                "VALUES ($1, $2, $3, $4, 1, now(), now(), $5, 1)",
                {value(details.back()), value(row), value(meeting),
                 value(random.pick(world_.marks)), teacher});
        }
    });
    share_.details.insert(share_.details.end(), details.begin(), details.end());
    sessions_.push_back(std::move(details));
    if (sessions_.size() > kSessionsRemembered) {
        sessions_.pop_front();
    }
}

void Application::session_correct(Random& random) {
    const std::vector<Id>& details = random.pick(sessions_);
    const Value teacher = value(random.pick(world_.users));
    connection_.transaction([&] {
        for (const Id detail : details) {
            connection_.execute(
                "UPDATE journal_details SET point_id_1 = $1, update_date = now(), "
                "update_user_id = $2 WHERE id = $3",
                {value(random.pick(world_.marks)), teacher, value(detail)});
        }
    });
}

// Slots 2 and 3 are filled, or emptied, after the meeting.
void Application::mark_update(Random& random) {
    const bool clear = random.percent(10);
    const Value mark = clear ? Value{} : value(random.pick(world_.marks));
    const Value note = random.percent(20) ? value("düzəliş") : Value{};
    connection_.execute(
        random.percent(60)
            ? "UPDATE journal_details SET point_id_2 = $1, status_2 = 1, note_2 = $2, "
              "update_date = now(), update_user_id = $3 WHERE id = $4"
            : "UPDATE journal_details SET point_id_3 = $1, status_3 = 1, note_3 = $2, "
              "update_date = now(), update_user_id = $3 WHERE id = $4",
        {mark, note, value(random.pick(world_.users)), value(random.pick(share_.details))});
}

JournalRow& Application::pick_journal(Random& random) {
    for (;;) {
        // A course may have lost its last row to a move; others of the share still have theirs.
        Course& course = share_.courses[random.pick(share_.journal_courses)];
        if (!course.journal.empty()) {
            return random.pick(course.journal);
        }
    }
}

void Application::journal_point(Random& random) {
    connection_.execute("UPDATE journal SET point = $1, update_date = now() WHERE id = $2",
                        {point(random), value(pick_journal(random).id)});
}

// An examiner enters the grades of an exam page.
void Application::exam_save(Random& random) {
    std::vector<Id> rows = random.pick(share_.exams);
    rows.resize(std::min<std::size_t>(rows.size(), 12));
    connection_.transaction([&] {
        for (const Id row : rows) {
            connection_.execute(
                "UPDATE exam_student SET grade = $1, finish_status = 2, update_date = now() "
                "WHERE id = $2",
                {value(Id{random.between(0, 50)}), value(row)});
        }
    });
}

// A journal row moves to another component of its course, or to another course.
void Application::journal_move(Random& random) {
    if (random.percent(50)) {
        JournalRow& row = pick_journal(random);
        const Id component = pick_journal(random).component;
        connection_.execute(
            "UPDATE journal SET course_eva_id = $1, update_date = now() WHERE id = $2",
            {component == 0 ? Value{} : value(component), value(row.id)});
        row.component = component;
        return;
    }
    Course& from = share_.courses[random.pick(share_.journal_courses)];
    Course& to = share_.courses[random.pick(share_.journal_courses)];
    if (from.journal.size() < 2) {
        return;
    }
    const std::size_t at = random.below(from.journal.size());
    const JournalRow row = from.journal[at];
    connection_.execute("UPDATE journal SET course_id = $1, update_date = now() WHERE id = $2",
                        {value(to.id), value(row.id)});
    from.journal.erase(from.journal.begin() + static_cast<std::ptrdiff_t>(at));
    to.journal.push_back(row);
}

// Soft-deletes a journal row, or brings back one that was; its details stay as they are.
void Application::journal_remove(Random& random) {
    JournalRow& row = pick_journal(random);
    connection_.execute("UPDATE journal SET active = $1, update_date = now() WHERE id = $2",
                        {value(Id{row.active ? 0 : 1}), value(row.id)});
    row.active = !row.active;
}

void Application::detail_move(Random& random) {
    connection_.execute(
        "UPDATE journal_details SET journal_id = $1, update_date = now() WHERE id = $2",
        {value(pick_journal(random).id), value(random.pick(share_.details))});
}

}  // namespace crossfade::simulate
