// Rows of edu behind the people, an INSERT each. Ids are numbers in the notation of Pair: course #7
// belongs to plan #7 of subject #7, and so on; components are ids as well.
#pragma once

#include <string>

namespace crossfade::test {

struct CourseRows {
    std::string subject, plan, course;
    std::string all() const { return subject + plan + course; }
};
// One seat, of spring 2024-2025 by its code, which is not in the columns.
CourseRows course(int n, const std::string& code = "2024/2025_YZ_AB-1");

// Teacher #n is user #n (human(n) has a users row). A lesson is one of these.
inline constexpr const char* kLecture = "110000111";
inline constexpr const char* kSeminar = "110000112";
std::string teacher(int n);
std::string teaching(int id, int course, int teacher, const char* lesson);

std::string enrolment(int id, int course, int student);
std::string journal(int id, int course, int student, int component,
                    const std::string& point = "NULL");
// A mark of 0 to 10 in the first slot.
std::string detail(int id, int journal, int mark);

// The dictionary's rows of marks 0 to 10, for an edu without a row.
std::string mark_codes();

}  // namespace crossfade::test
