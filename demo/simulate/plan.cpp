#include "demo/simulate/plan.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "demo/simulate/random.hpp"

namespace crossfade::simulate {
namespace {

constexpr std::array<KindInfo, kKindCount> kKinds{{
    {Kind::last_action, "last_action", 6500, false, "users"},
    {Kind::session_save, "session_save", 600, false,
     "users course journal journal_details course_meeting clocks"},
    {Kind::mark_update, "mark_update", 900, false, "users journal_details"},
    {Kind::journal_point, "journal_point", 300, false, "course journal"},
    {Kind::exam_save, "exam_save", 60, false, "exam_student"},
    {Kind::enrol, "enrol", 200, true, "course course_student students"},
    {Kind::student_remove, "student_remove", 80, false, "course course_student"},
    {Kind::teacher_remove, "teacher_remove", 20, false, "course course_teacher"},
    {Kind::teachers_replace, "teachers_replace", 40, true, "course course_teacher teachers"},
    {Kind::course_create, "course_create", 30, true, "course course_teacher teachers"},
    {Kind::course_delete, "course_delete", 15, false, "course course_teacher course_student"},
    {Kind::course_restore, "course_restore", 15, false, "course course_teacher course_student"},
    {Kind::human_create, "human_create", 40, true,
     "persons accounts users students organizations education_group education_group_student"},
    {Kind::person_update, "person_update", 100, false, "persons"},
    {Kind::password_change, "password_change", 40, false, "accounts"},
    {Kind::login_change, "login_change", 40, false, "accounts"},
    {Kind::login_swap, "login_swap", 10, false, "accounts"},
    {Kind::user_block, "user_block", 20, false, "users"},
    {Kind::user_move, "user_move", 10, false, "users accounts"},
    {Kind::students_swap_users, "students_swap_users", 10, false, "students"},
    {Kind::journal_move, "journal_move", 30, false, "course journal"},
    {Kind::journal_remove, "journal_remove", 30, false, "course journal"},
    {Kind::detail_move, "detail_move", 30, false, "course journal journal_details"},
    {Kind::calendar_delete, "calendar_delete", 10, false, "academic_schedule_details"},
    {Kind::calendar_insert, "calendar_insert", 15, true, "academic_schedule_details"},
    {Kind::dictionary_rename, "dictionary_rename", 5, false,
     "dictionaries subject_catalog teachers"},
    {Kind::plan_subject_move, "plan_subject_move", 5, false,
     "education_plan_subject subject_catalog"},
    {Kind::organization_reparent, "organization_reparent", 5, false, "organizations"},
}};

constexpr double kGuaranteedShare = 25.0 / 12000.0;

class Planner {
public:
    explicit Planner(const PlanRequest& request)
        : request_{request}, random_{request.seed, 0}, slots_(count(request)) {}

    std::vector<Operation> run() {
        guarantee();
        fill_by_weight();
        std::vector<Operation> plan;
        plan.reserve(slots_.size());
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            const Slot& slot = slots_[i];
            const std::size_t moment = slot.with_previous ? i - 1 : i;
            const bool rush =
                slot.with_previous || (i + 1 < slots_.size() && slots_[i + 1].with_previous);
            plan.push_back({static_cast<double>(moment) / request_.tps,
                            static_cast<std::uint32_t>(i % request_.connections), *slot.kind,
                            rush});
        }
        return plan;
    }

private:
    struct Slot {
        std::optional<Kind> kind;
        bool with_previous = false;
    };

    static std::size_t count(const PlanRequest& request) {
        const auto by_time = static_cast<std::size_t>(std::floor(request.tps * request.seconds));
        return request.transactions_max == 0 ? by_time
                                             : std::min(by_time, request.transactions_max);
    }

    void guarantee() {
        const std::size_t slots = slots_.size();
        auto each =
            static_cast<std::size_t>(std::ceil(static_cast<double>(slots) * kGuaranteedShare));
        if (each * request_.kinds.size() > slots / 2) {
            each = slots / 2 / request_.kinds.size();  // a short run: what fits in half of it
        }
        for (const Kind kind : request_.kinds) {
            const bool pairs = info(kind).max_id && request_.connections > 1;
            for (std::size_t i = 0; i < each; ++i) {
                const std::size_t first = i * slots / each;
                const std::size_t width = std::max<std::size_t>(1, slots / each);
                const std::size_t at = first + random_.below(width);
                if (pairs && i % 4 == 0 && i + 1 < each && place_pair(kind, at)) {
                    ++i;
                } else {
                    place(kind, at);
                }
            }
        }
    }

    void place(Kind kind, std::size_t at) {
        for (std::size_t step = 0; step < slots_.size(); ++step) {
            Slot& slot = slots_[(at + step) % slots_.size()];
            if (!slot.kind) {
                slot.kind = kind;
                return;
            }
        }
    }

    bool place_pair(Kind kind, std::size_t at) {
        for (std::size_t i = at; i + 1 < slots_.size(); ++i) {
            if (!slots_[i].kind && !slots_[i + 1].kind) {
                slots_[i].kind = kind;
                slots_[i + 1] = {kind, true};
                return true;
            }
        }
        return false;
    }

    void fill_by_weight() {
        std::vector<std::size_t> sums;
        std::size_t sum = 0;
        for (const Kind kind : request_.kinds) {
            sum += info(kind).weight;
            sums.push_back(sum);
        }
        for (Slot& slot : slots_) {
            if (!slot.kind) {
                const auto at = std::upper_bound(sums.begin(), sums.end(), random_.below(sum));
                slot.kind = request_.kinds[static_cast<std::size_t>(at - sums.begin())];
            }
        }
    }

    const PlanRequest& request_;
    Random random_;
    std::vector<Slot> slots_;
};

}  // namespace

std::span<const KindInfo, kKindCount> all_kinds() { return kKinds; }

const KindInfo& info(Kind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::vector<Kind> parse_kinds(std::string_view list) {
    std::vector<bool> wanted(kKindCount, list.empty());
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(','), list.size());
        const std::string_view name = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                        [name](const KindInfo& each) { return each.name == name; });
        if (found == kKinds.end()) {
            throw std::invalid_argument{"unknown kind: " + std::string{name}};
        }
        wanted[static_cast<std::size_t>(found->kind)] = true;
    }
    std::vector<Kind> kinds;
    for (const KindInfo& each : kKinds) {
        if (wanted[static_cast<std::size_t>(each.kind)]) {
            kinds.push_back(each.kind);
        }
    }
    return kinds;
}

std::vector<Operation> make_plan(const PlanRequest& request) { return Planner{request}.run(); }

}  // namespace crossfade::simulate
