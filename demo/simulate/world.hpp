#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "demo/simulate/connection.hpp"
#include "demo/simulate/plan.hpp"

namespace crossfade::simulate {

struct Enrolment {
    Id id;
    Id student;
    bool active;
};

struct Teaching {
    Id id;
    Id teacher;
    bool active;
};

struct JournalRow {
    Id id;
    Id component;  // course_eva_id
    bool active;
};

// What the application finds on a course's page. `journal` is filled for a sample of the courses
// only.
struct Course {
    Id id;
    bool active;
    std::vector<Enrolment> students;
    std::vector<Teaching> teachers;
    std::vector<JournalRow> journal;
};

struct CalendarEvent {
    Id id;
    Id schedule;
    Id type;
};

struct Unit {
    Id id;
    Id parent;
    Id level;
};

// The rows one connection changes. No two connections share one, so transactions that lock several
// rows cannot deadlock; they meet on MAX(id)+1 and on the rows they only read.
struct Share {
    std::vector<Id> users;
    std::vector<Id> persons;
    std::vector<Id> accounts;
    std::vector<Id> students;
    std::vector<Course> courses;
    std::vector<std::size_t> journal_courses;  // positions in courses that have journal rows
    std::vector<Id> details;
    std::vector<std::vector<Id>> exams;  // the exam_student ids of one exam
    std::vector<CalendarEvent> events;
    std::vector<Id> names;  // dictionaries that are renamed
    std::vector<Id> plan_subjects;
    std::vector<Unit> leaves;
};

// Everything known before the run. The source has no index but its primary keys, so what a page of
// the application would look up by another column is read here, once, and kept up to date by the
// connection that changes it. Reads at scale 1: about 0.4 million short rows.
struct World {
    std::vector<Share> shares;
    // Read by all, changed by none.
    std::vector<Id> users;
    std::vector<Id> accounts;
    std::vector<Id> students;
    std::vector<Id> teachers;
    std::vector<Id> subjects;
    std::vector<Id> marks;  // point ids as often as a sample of the details has them
    std::vector<Id> clocks;
    std::vector<Id> rooms;
    std::vector<Id> groups;
    std::vector<Unit> units;
};

// Throws std::runtime_error that lists every table the kinds need and that is missing or empty, or
// names the kinds for which a connection would find no usable rows.
World read_world(Connection& connection, const std::vector<Kind>& kinds, std::size_t connections,
                 std::uint64_t seed);

}  // namespace crossfade::simulate
