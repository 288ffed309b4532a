#include "demo/simulate/world.hpp"

#include <algorithm>
#include <set>
#include <sstream>
#include <stdexcept>
#include <unordered_map>

namespace crossfade::simulate {
namespace {

constexpr std::size_t kJournalCoursesMax = 1500;
constexpr double kDetailSampleBytes = 8.0 * 1024 * 1024;

class Loader {
public:
    Loader(Connection& connection, const std::vector<Kind>& kinds, std::size_t connections,
           std::uint64_t seed)
        : connection_{connection}, kinds_{kinds}, seed_{seed} {
        world_.shares.resize(connections);
        for (const Kind kind : kinds) {
            std::stringstream names{std::string{info(kind).tables}};
            for (std::string name; names >> name;) {
                tables_.insert(name);
            }
        }
    }

    World run() {
        connection_.execute("SET statement_timeout = 0");
        require_tables();
        people();
        courses();
        marks();
        catalogue();
        require_rows();
        return std::move(world_);
    }

private:
    bool wants(const std::string& table) const { return tables_.contains(table); }

    void require_tables() {
        std::string missing;
        std::string empty;
        for (const std::string& table : tables_) {
            const Rows exists = connection_.execute(
                "SELECT coalesce(to_regclass('public.' || $1::text)::oid::bigint, 0)", {table});
            if (exists.id(0, 0) == 0) {
                missing += " " + table;
                continue;
            }
            if (connection_.execute("SELECT 1 FROM " + table + " LIMIT 1").size() == 0) {
                empty += " " + table;
            }
        }
        if (!missing.empty() || !empty.empty()) {
            std::string text = "this database cannot be played:";
            text += missing.empty() ? "" : " missing tables:" + missing + ";";
            text += empty.empty() ? "" : " empty tables:" + empty + ";";
            throw std::runtime_error{text + " create the edu schema and generate data first"};
        }
    }

    std::vector<Id> ids(std::string_view sql) {
        const Rows rows = connection_.execute(sql);
        std::vector<Id> list;
        list.reserve(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            list.push_back(rows.id(i, 0));
        }
        return list;
    }

    template <class Item>
    void deal(const std::vector<Item>& items, std::vector<Item> Share::*pool) {
        for (std::size_t i = 0; i < items.size(); ++i) {
            (world_.shares[i % world_.shares.size()].*pool).push_back(items[i]);
        }
    }

    void people() {
        if (wants("users")) {
            world_.users = ids("SELECT id FROM users ORDER BY id");
            deal(world_.users, &Share::users);
        }
        if (wants("accounts")) {
            world_.accounts = ids("SELECT id FROM accounts ORDER BY id");
            deal(world_.accounts, &Share::accounts);
        }
        if (wants("persons")) {
            deal(ids("SELECT id FROM persons ORDER BY id"), &Share::persons);
        }
        if (wants("students")) {
            world_.students = ids("SELECT id FROM students WHERE active = 1 ORDER BY id");
            deal(world_.students, &Share::students);
        }
        if (wants("teachers")) {
            world_.teachers = ids("SELECT id FROM teachers WHERE active = 1 ORDER BY id");
        }
        if (wants("education_group")) {
            world_.groups = ids("SELECT id FROM education_group ORDER BY id");
        }
    }

    void courses() {
        if (!wants("course")) {
            return;
        }
        const Rows rows =
            connection_.execute("SELECT id, (active = 1)::int FROM course ORDER BY id");
        std::size_t dealt[2] = {0, 0};  // inactive and active ones apart, so that all get both
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const bool active = rows.id(i, 1) == 1;
            const std::size_t share = dealt[active ? 1 : 0]++ % world_.shares.size();
            auto& pool = world_.shares[share].courses;
            places_[rows.id(i, 0)] = {share, pool.size()};
            pool.push_back({rows.id(i, 0), active, {}, {}, {}});
        }
        if (wants("course_student")) {
            each_of_course(
                "SELECT course_id, id, student_id, (active = 1)::int FROM course_student "
                "ORDER BY id",
                [](Course& course, Id id, Id student, bool active) {
                    course.students.push_back({id, student, active});
                });
        }
        if (wants("course_teacher")) {
            each_of_course(
                "SELECT course_id, id, teacher_id, (active = 1)::int FROM course_teacher "
                "ORDER BY id",
                [](Course& course, Id id, Id teacher, bool active) {
                    course.teachers.push_back({id, teacher, active});
                });
        }
        if (wants("journal")) {
            journal();
        }
    }

    template <class Add>
    void each_of_course(std::string_view sql, Add add, const std::vector<Value>& values = {}) {
        const Rows rows = connection_.execute(sql, values);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto place = places_.find(rows.id(i, 0));
            if (place != places_.end()) {
                const auto [share, at] = place->second;
                add(world_.shares[share].courses[at], rows.id(i, 1), rows.id(i, 2),
                    rows.id(i, 3) == 1);
            }
        }
    }

    // At full scale the journal of every fourth active course or so is plenty, and loads at once.
    void journal() {
        std::size_t active = 0;
        for (const Share& share : world_.shares) {
            active +=
                static_cast<std::size_t>(std::count_if(share.courses.begin(), share.courses.end(),
                                                       [](auto& each) { return each.active; }));
        }
        const std::size_t step = active / kJournalCoursesMax + 1;
        std::vector<Id> sample;
        for (const Share& share : world_.shares) {
            std::size_t seen = 0;
            for (const Course& course : share.courses) {
                if (course.active && seen++ % step == 0) {
                    sample.push_back(course.id);
                }
            }
        }
        each_of_course(
            "SELECT course_id, id, course_eva_id, 1 FROM journal "
            "WHERE active = 1 AND course_id = ANY($1::bigint[]) ORDER BY id",
            [](Course& course, Id id, Id component, bool active_row) {
                course.journal.push_back({id, component, active_row});
            },
            {array(sample)});
        for (Share& share : world_.shares) {
            for (std::size_t i = 0; i < share.courses.size(); ++i) {
                if (!share.courses[i].journal.empty()) {
                    share.journal_courses.push_back(i);
                }
            }
        }
    }

    void marks() {
        if (wants("journal_details")) {
            const Rows size = connection_.execute("SELECT pg_relation_size('journal_details')");
            const double share =
                std::min(100.0, 100.0 * kDetailSampleBytes /
                                    static_cast<double>(std::max<Id>(1, size.id(0, 0))));
            const Rows rows = connection_.execute(
                "SELECT id, point_id_1 FROM journal_details TABLESAMPLE SYSTEM ($1::real) "
                "REPEATABLE ($2::float8) WHERE active = 1 ORDER BY id",
                {std::to_string(share), std::to_string(seed_ % 1'000'000)});
            std::vector<Id> details;
            for (std::size_t i = 0; i < rows.size(); ++i) {
                details.push_back(rows.id(i, 0));
                if (!rows.null(i, 1)) {
                    world_.marks.push_back(rows.id(i, 1));
                }
            }
            deal(details, &Share::details);
        }
        if (wants("exam_student")) {
            exams();
        }
        if (wants("course_meeting")) {
            world_.rooms = ids(
                "SELECT DISTINCT room_id FROM course_meeting WHERE room_id IS NOT NULL ORDER BY 1");
        }
        if (wants("clocks")) {
            world_.clocks = ids("SELECT id FROM clocks ORDER BY id");
        }
    }

    void exams() {
        const Rows rows = connection_.execute(
            "SELECT exam_id, id FROM exam_student WHERE active = 1 AND exam_id IS NOT NULL "
            "ORDER BY exam_id, id");
        std::vector<std::vector<Id>> exams;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (i == 0 || rows.id(i, 0) != rows.id(i - 1, 0)) {
                exams.emplace_back();
            }
            exams.back().push_back(rows.id(i, 1));
        }
        deal(exams, &Share::exams);
    }

    void catalogue() {
        if (wants("academic_schedule_details")) {
            const Rows rows = connection_.execute(
                "SELECT id, academic_schedule_id, type_id FROM academic_schedule_details "
                "ORDER BY id");
            std::vector<CalendarEvent> events;
            for (std::size_t i = 0; i < rows.size(); ++i) {
                events.push_back({rows.id(i, 0), rows.id(i, 1), rows.id(i, 2)});
            }
            deal(events, &Share::events);
        }
        if (wants("subject_catalog")) {
            world_.subjects = ids("SELECT id FROM subject_catalog ORDER BY id");
        }
        if (wants("education_plan_subject")) {
            deal(ids("SELECT id FROM education_plan_subject ORDER BY id"), &Share::plan_subjects);
        }
        if (wants("dictionaries")) {
            deal(ids("SELECT id FROM dictionaries WHERE name_az IS NOT NULL AND "
                     "(id IN (SELECT subject_name_id FROM subject_catalog) OR "
                     "id IN (SELECT position_id FROM teachers)) ORDER BY id"),
                 &Share::names);
        }
        if (wants("organizations")) {
            units();
        }
    }

    void units() {
        const Rows rows =
            connection_.execute("SELECT id, parent_id, nod_level FROM organizations ORDER BY id");
        std::set<Id> parents;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            world_.units.push_back({rows.id(i, 0), rows.id(i, 1), rows.id(i, 2)});
            parents.insert(rows.id(i, 1));
        }
        std::vector<Unit> leaves;
        for (const Unit& unit : world_.units) {
            const bool alternative =
                std::any_of(world_.units.begin(), world_.units.end(), [&unit](const Unit& other) {
                    return other.level == unit.level - 1 && other.id != unit.parent;
                });
            if (alternative && !parents.contains(unit.id)) {
                leaves.push_back(unit);
            }
        }
        deal(leaves, &Share::leaves);
    }

    void require_rows() const {
        std::set<std::string> short_pools;
        for (const Share& share : world_.shares) {
            const auto need = [&](const char* table, std::size_t found, std::size_t wanted) {
                if (wants(table) && found < wanted) {
                    short_pools.insert(table);
                }
            };
            need("users", share.users.size(), 1);
            need("persons", share.persons.size(), 1);
            need("accounts", share.accounts.size(), 2);
            need("students", share.students.size(), 2);
            need("course", share.courses.size(), 2);
            need("journal", share.journal_courses.size(), 2);
            need("journal_details", share.details.size(), 1);
            need("journal_details", world_.marks.size(), 1);
            need("exam_student", share.exams.size(), 1);
            need("academic_schedule_details", share.events.size(), 1);
            need("dictionaries", share.names.size(), 1);
            need("education_plan_subject", share.plan_subjects.size(), 1);
            need("organizations", share.leaves.size(), 1);
            need("teachers", world_.teachers.size(), 2);
        }
        if (!short_pools.empty()) {
            std::string text = "too few usable rows for " + std::to_string(world_.shares.size()) +
                               " connections in:";
            for (const std::string& table : short_pools) {
                text += " " + table;
            }
            throw std::runtime_error{text};
        }
    }

    struct Place {
        std::size_t share;
        std::size_t at;
    };

    Connection& connection_;
    const std::vector<Kind>& kinds_;
    std::uint64_t seed_;
    std::set<std::string> tables_;
    std::unordered_map<Id, Place> places_;
    World world_;
};

}  // namespace

World read_world(Connection& connection, const std::vector<Kind>& kinds, std::size_t connections,
                 std::uint64_t seed) {
    return Loader{connection, kinds, connections, seed}.run();
}

}  // namespace crossfade::simulate
