// Numbers that are too large for the column of the target that int() fills.
#include "tests/road/small_road.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a number too large for its column is NULL with the flag, and rejects nothing",
          "[road][postgres]") {
    SmallRoad road{
        "CREATE TABLE subject (id bigint PRIMARY KEY, small text, whole text, big text);"
        "CREATE TABLE plan (id bigint PRIMARY KEY, subject_id bigint, credit text);"
        "CREATE TABLE course (id bigint PRIMARY KEY, subject_id bigint);"
        "INSERT INTO subject VALUES (1, '12', '13', '14'), (2, '99999', '99999999999',"
        " '99999999999'), (3, '-32769', '2147483648', '99999999999999999999'),"
        " (4, '32767', '2147483647', '9223372036854775807');"
        "INSERT INTO plan SELECT n, 2, '99999999999' FROM generate_series(1, 3) n;"
        "INSERT INTO plan VALUES (4, 2, '5'), (5, 1, '99999999999'), (6, 3, '70000');"
        "INSERT INTO course VALUES (1, 1), (2, 2), (3, 3)",
        "CREATE DOMAIN credits AS smallint CHECK (value >= 0);"
        "CREATE TABLE subject (id uuid PRIMARY KEY, n bigint, small smallint, whole int, "
        "big bigint, credit int NOT NULL, points credits);"
        "CREATE TABLE course (id uuid PRIMARY KEY, subject_id uuid NOT NULL REFERENCES subject)",
        "entities:\n"
        "  subjects:\n"
        "    target: subject\n"
        "    root: {row: subject, as: s}\n"
        "    id: \"'subject/' || s.id\"\n"
        "    sets: {plans: {from: plan, key: subject_id, at: s.id}}\n"
        "    columns:\n"
        "      n: s.id\n"
        "      small: int(s.small)\n"
        "      whole: int(s.whole)\n"
        "      big: int(s.big)\n"
        "      credit: \"coalesce(most_frequent(plans, int(credit), if int(credit) > 0), "
        "raise('default_credit', 3))\"\n"
        "      points: max(plans, int(credit))\n"
        "  courses:\n"
        "    target: course\n"
        "    root: {row: course, as: c}\n"
        "    id: \"'course/' || c.id\"\n"
        "    parents: {subject_id: {of: subjects, root: c.subject_id}}\n"
        "    columns: {}\n"};
    const auto rows = [&] {
        return road.target_value(
            "SELECT string_agg(concat_ws(' ', n, coalesce(small::text, '-'), "
            "coalesce(whole::text, '-'), coalesce(big::text, '-'), credit, "
            "coalesce(points::text, '-')), ', ' ORDER BY n) FROM subject");
    };
    road.start();
    road.settle();
    CHECK(rows() ==
          "1 12 13 14 3 -, 2 - - 99999999999 5 5, 3 - - - 70000 -, "
          "4 32767 2147483647 9223372036854775807 3 -");
    CHECK(road.target_value("SELECT count(*) FROM course") == "3");
    CHECK(road.differences() == 0);
    const CommandResult map = road.command({"map", "get", "subjects", "2"});
    CHECK_THAT(map.output, ContainsSubstring("bad_number"));

    // The same by the stream, also after a new start.
    road.source(
        "UPDATE plan SET credit = '6' WHERE subject_id = 1; UPDATE subject SET small = "
        "'40000', whole = '7' WHERE id IN (1, 3)");
    road.settle();
    road.stop();
    road.source("INSERT INTO subject VALUES (5, '1e5', '-2147483649', '5')");
    road.start();
    road.settle();
    CHECK(rows() ==
          "1 - 7 14 6 6, 2 - - 99999999999 5 5, 3 - 7 - 70000 -, "
          "4 32767 2147483647 9223372036854775807 3 -, 5 - - 5 3 -");
    CHECK(road.differences() == 0);
    CHECK_THAT(road.command({"quarantine", "list", "subjects"}).output,
               !ContainsSubstring("22003"));
    road.stop();
}
