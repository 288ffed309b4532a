// One row of edu that a hundred thousand others read.
#include "tests/pair/course_rows.hpp"
#include "tests/pair/pair_fixture.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <thread>

using namespace crossfade;
using namespace crossfade::test;

namespace {

// Course #1 with 1,250 students, each of whom has a journal row of ten components, in each of which
// eight sessions gave the mark of dictionary row 110000147: 12,500 grades over 100,000 details.
const std::string kManyMarks =
    "INSERT INTO students (id, active, create_date) SELECT #0 + s, 1, '2024-03-01 10:00+04' FROM "
    "generate_series(1, 1250) AS s;"
    "INSERT INTO journal (id, course_id, student_id, course_eva_id, active, create_date) SELECT #0 "
    "+ s * 10 + e, #1, #0 + s, #0 + e, 1, '2025-02-03 10:00+04' FROM generate_series(1, 1250) AS "
    "s, generate_series(1, 10) AS e;"
    "INSERT INTO journal_details (id, journal_id, point_id_1, active, create_date) SELECT #0 + "
    "(j.id - #0) * 10 + d, j.id, 110000147, 1, '2025-02-04 10:00+04' FROM journal AS j, "
    "generate_series(1, 8) AS d;";

constexpr const char* kMarks =
    "SELECT string_agg(marks_obtained || ' ' || n, ', ' ORDER BY marks_obtained) FROM (SELECT "
    "marks_obtained, count(*) AS n FROM grades GROUP BY 1) AS g";

}  // namespace

TEST_CASE(
    "4.8 A mark's code behind 100,000 details in 12,500 grades is renamed, twice, while "
    "related changes keep coming and the bridge is killed",
    "[pair][postgres][fault]") {
    Pair pair{{.data = "none"}, {{"work.chunk_roots", "250"}}};
    pair.edu(mark_codes() + course(1).all() + kManyMarks);
    REQUIRE(pair.edu_value("SELECT count(*) FROM journal_details") == "100000");
    pair.start();
    pair.settle();
    REQUIRE(pair.lms_value(kMarks) == "70.00 12500");

    pair.edu("UPDATE dictionaries SET code = '6' WHERE id = 110000147");
    // Marks of the same grades, new ones, other students' activity, and the code once more.
    int change = 0;
    const auto changes = [&](int until) {
        for (; change < until; ++change) {
            // Journal #(10 s + e) is that of student s and component e.
            const std::string student = std::to_string(100 + change);
            pair.edu("UPDATE journal_details SET point_id_1 = 110000140 WHERE journal_id = #" +
                     student + "1; UPDATE journal SET point = '9' WHERE id = #" + student + "2");
        }
    };
    changes(20);
    const auto under_way = [&] { return pair.status().work > 0; };
    REQUIRE(under_way());
    pair.kill();
    const std::string killed_at = pair.lms_value(kMarks);
    INFO("killed at " << killed_at);
    pair.start();
    changes(40);
    pair.edu("UPDATE dictionaries SET code = '5' WHERE id = 110000147");
    changes(60);
    // The stream does not wait for the work: a change that comes now is applied before its end.
    pair.edu("INSERT INTO subject_catalog (id, active) VALUES (#7, 1)");
    for (int i = 0; i < 500 && under_way(); ++i) {
        if (pair.lms_value("SELECT count(*) FROM courses") == "2") break;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    CHECK(pair.lms_value("SELECT count(*) FROM courses") == "2");
    CHECK(under_way());
    pair.settle();
    CHECK(pair.lms_value(kMarks) == "0.00 60, 50.00 12380, 90.00 60");
    check_pair(pair);
    pair.stop();
}
