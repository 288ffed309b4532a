#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "demo/simulate/connection.hpp"
#include "demo/simulate/plan.hpp"
#include "demo/simulate/random.hpp"
#include "demo/simulate/world.hpp"

namespace crossfade::simulate {

// The legacy application as one connection plays it. play() does one operation to its end and
// throws StatementError when the server refuses a statement of it: transactions committed before
// stand, as they would. What the connection remembers changes only after the commit.
class Application {
public:
    Application(Connection& connection, World& world, std::size_t share)
        : connection_{connection}, world_{world}, share_{world.shares[share]} {}

    void play(const Operation& operation, Random random);

private:
    // Who is being created, with the ids taken so far; 0 is none yet.
    struct Human {
        Id person = 0;
        Id account = 0;
        Id user = 0;
        Id student = 0;
        std::string name;
    };

    // people.cpp
    void last_action(Random& random);
    void human_create(Random& random);
    void take(Id& id, std::string_view sql, Random& random);
    void take_ids(Human& human, Random& random);
    void insert_person(Human& human, Random& random);
    void insert_account(Human& human, Random& random);
    void insert_user(Human& human, Random& random);
    void insert_student(Human& human, Random& random);
    void insert_member(Human& human, Random& random);
    void person_update(Random& random);
    void password_change(Random& random);
    void login_change(Random& random);
    void login_swap(Random& random);
    void user_block(Random& random);
    void user_move(Random& random);
    void students_swap_users(Random& random);

    // courses.cpp
    void enrol(Random& random, bool rush);
    void student_remove(Random& random);
    void teacher_remove(Random& random);
    void teachers_replace(Random& random);
    void course_create(Random& random);
    void course_delete(Random& random);
    void course_restore(Random& random);
    Id insert_teaching(Random& random, Id course, Id teacher);

    // marks.cpp
    void session_save(Random& random);
    void session_correct(Random& random);
    void mark_update(Random& random);
    void journal_point(Random& random);
    void exam_save(Random& random);
    void journal_move(Random& random);
    void journal_remove(Random& random);
    void detail_move(Random& random);
    std::vector<Id> fullest_component(Random& random, Id& course);
    JournalRow& pick_journal(Random& random);

    // catalogue.cpp
    void calendar_delete(Random& random);
    void calendar_insert(Random& random);
    void dictionary_rename(Random& random);
    void plan_subject_move(Random& random);
    void organization_reparent(Random& random);

    // MAX(id)+1 as `sql` reads it, and the moment the newer interface lets pass before it uses it.
    Id next_id(std::string_view sql, Random& random);
    // A course of the share; prefers one in the given state.
    Course& pick_course(Random& random, bool active);

    Connection& connection_;
    World& world_;
    Share& share_;
    std::deque<std::vector<Id>>
        sessions_;  // detail ids of the sessions saved last, for corrections
    std::vector<std::pair<Id, Id>> moved_users_;  // users row, the account it came from
};

// An id in the form of the older interface: YYMMDD, two pairs 00-59, 0, seven digits. The last
// seven hold the hour and a counter of this process, so ids do not repeat within a day.
Id time_shaped_id();

std::string business_date(Random& random);  // DD/MM/YYYY

}  // namespace crossfade::simulate
