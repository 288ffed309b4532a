#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade::simulate {

// What the legacy application does; docs/edu-lms.md section 1 describes each.
enum class Kind : std::uint8_t {
    last_action,
    session_save,
    mark_update,
    journal_point,
    exam_save,
    enrol,
    student_remove,
    teacher_remove,
    teachers_replace,
    course_create,
    course_delete,
    course_restore,
    human_create,
    person_update,
    password_change,
    login_change,
    login_swap,
    user_block,
    user_move,
    students_swap_users,
    journal_move,
    journal_remove,
    detail_move,
    calendar_delete,
    calendar_insert,
    dictionary_rename,
    plan_subject_move,
    organization_reparent,
};

inline constexpr std::size_t kKindCount = 28;

// Weights are relative. `max_id` kinds take their ids as MAX(id)+1 without a lock, so a duplicate
// key is what is expected of them now and then. Tables are those a kind reads or writes.
struct KindInfo {
    Kind kind;
    std::string_view name;
    unsigned weight;
    bool max_id;
    std::string_view tables;  // separated by blanks
};

std::span<const KindInfo, kKindCount> all_kinds();
const KindInfo& info(Kind kind);

// "enrol,last_action"; empty means all. Throws std::invalid_argument that names an unknown kind.
std::vector<Kind> parse_kinds(std::string_view list);

struct Operation {
    double due_seconds;  // after the start of the run
    std::uint32_t connection;
    Kind kind;
    bool rush;  // one of two operations of one kind that are due at the same moment
};

struct PlanRequest {
    double tps;
    double seconds;
    std::size_t transactions_max;  // 0: bounded by time alone
    std::uint32_t connections;
    std::uint64_t seed;
    std::vector<Kind> kinds;
};

// The whole run in order of due times, a pure function of the request. Every chosen kind has a
// guaranteed share, 25 per 12,000 operations spread evenly; the weights decide the rest. Half of
// the guaranteed operations of max_id kinds come in pairs that are due together on two connections:
// that is when the real application collides.
std::vector<Operation> make_plan(const PlanRequest& request);

}  // namespace crossfade::simulate
