// What the administration changes: the calendar, names, plans, units.

#include <algorithm>

#include "demo/simulate/application.hpp"

namespace crossfade::simulate {

// Calendar rows are deleted physically.
void Application::calendar_delete(Random& random) {
    if (share_.events.size() < 2) {
        return;  // one is kept as the pattern of the next insert
    }
    const std::size_t at = random.below(share_.events.size());
    connection_.execute("DELETE FROM academic_schedule_details WHERE id = $1",
                        {value(share_.events[at].id)});
    share_.events.erase(share_.events.begin() + static_cast<std::ptrdiff_t>(at));
}

void Application::calendar_insert(Random& random) {
    CalendarEvent event = random.pick(share_.events);
    event.id = next_id("SELECT coalesce(max(id), 0) + 1 FROM academic_schedule_details", random);
    connection_.execute(
        "INSERT INTO academic_schedule_details (id, academic_schedule_id, type_id, start_date, "
        "end_date, create_date, create_user_id, active) VALUES ($1, $2, $3, $4, $5, now(), 1, 1)",
        {value(event.id), value(event.schedule), value(event.type), business_date(random),
         random.percent(30) ? Value{} : value(business_date(random))});
    share_.events.push_back(event);
}

// A subject or a position gets a suffix, or loses it again.
void Application::dictionary_rename(Random& random) {
    connection_.execute(
        "UPDATE dictionaries SET update_date = now(), name_az = CASE WHEN right(name_az, 7) = "
        "' (yeni)' THEN left(name_az, -7) ELSE name_az || ' (yeni)' END WHERE id = $1",
        {value(random.pick(share_.names))});
}

// Moves every course of the plan subject to another subject.
void Application::plan_subject_move(Random& random) {
    connection_.execute(
        "UPDATE education_plan_subject SET subject_id = $1 WHERE id = $2",
        {value(random.pick(world_.subjects)), value(random.pick(share_.plan_subjects))});
}

// A leaf goes under another unit of its parent's level, so no cycle can arise; one in twenty goes
// under a unit that does not exist.
void Application::organization_reparent(Random& random) {
    Unit& leaf = random.pick(share_.leaves);
    std::vector<Id> parents;
    for (const Unit& unit : world_.units) {
        if (unit.level == leaf.level - 1 && unit.id != leaf.parent) {
            parents.push_back(unit.id);
        }
    }
    const Id parent =
        parents.empty() || random.percent(5) ? time_shaped_id() : random.pick(parents);
    connection_.execute(
        "UPDATE organizations SET parent_id = $1, update_date = now() WHERE id = $2",
        {value(parent), value(leaf.id)});
    leaf.parent = parent;
}

}  // namespace crossfade::simulate
