// The nasty set: what nothing in edu prevents. Nothing of it stops the bridge or goes unaccounted.
#include "tests/pair/pair_fixture.hpp"
#include "tests/support/catch.hpp"

#include <set>
#include <sstream>

using namespace crossfade;
using namespace crossfade::test;

namespace {

// The statements that `check` gives for its findings about one table.
std::string statements_for(const std::string& output, const std::string& table) {
    std::string statements;
    std::istringstream parts{output};
    bool about = false;
    for (std::string line; std::getline(parts, line);) {
        if (!line.starts_with("    ")) {
            about = line.find("source: table " + table) != std::string::npos;
        } else if (about) {
            statements += line + "\n";
        }
    }
    return statements;
}

// What is not carried and why, without keys and column names.
std::string reasons(const Pair& pair) {
    std::set<std::string> all;
    std::istringstream parts{pair.command({"quarantine", "list", "--limit", "9999"}).output};
    for (std::string line; std::getline(parts, line);) {
        std::istringstream words{line};
        std::string entity, key, state, reason;
        words >> entity >> key >> state >> reason;
        if (reason.back() == ':' || reason == "constraint" || reason == "column")
            std::getline(words, line), reason += line;
        all.insert(entity + " " + state + " " + reason + "\n");
    }
    std::string text;
    for (const std::string& line : all)
        text += line;
    return text;
}

std::string lines_with(const std::string& text, const std::string& what) {
    std::string found;
    std::istringstream parts{text};
    for (std::string line; std::getline(parts, line);) {
        if (line.find(what) != std::string::npos) found += line + "\n";
    }
    return found;
}

constexpr const char* kReasons =
    "academic_terms parked no_term\n"
    "academic_terms rejected bad_value: no name of a year\n"
    "assessments parked missing_parent\n"
    "course_enrollments parked missing_parent\n"
    "course_instructors parked missing_parent\n"
    "course_offerings parked no_subject\n"
    "course_offerings parked no_term\n"
    "grades parked missing_parent\n"
    "grades rejected column marks_obtained (22003)  marks_obtained\n";

// The journal row whose point is '99999'.
constexpr const char* kTooLarge = "grade/990100000000000403/17/990100000000000001";

// What a day of the old application does, to rows that are odd already.
void change_nasty_rows(const Pair& pair) {
    const std::string nasty = " WHERE id::text LIKE '9901%'";
    pair.edu("UPDATE persons SET lastname = lastname || ' X', birthdate = '29/02/2001'" + nasty);
    pair.edu(
        "UPDATE accounts SET username = CASE WHEN id % 3 = 0 THEN ' Zəhra' WHEN id % 3 = 1 "
        "THEN 'acc_' || id + 1 END, email = CASE WHEN id % 2 = 0 THEN 'Ayla@bbu.edu.az' END" +
        nasty);
    pair.edu(
        "UPDATE accounts SET password = CASE WHEN id % 2 = 0 THEN 'AAAA' ELSE "
        "repeat('YWJj', 30) END" +
        nasty + " AND id % 3 = 0");
    pair.edu(
        "UPDATE students SET user_id = (SELECT max(id) FROM users AS u WHERE u.id < "
        "students.user_id), card_number = U&'\\00A0K-1'" +
        nasty);
    pair.edu("UPDATE users SET account_id = NULL, last_action_date = '-infinity'" + nasty +
             " AND id % 5 = 0");
    pair.edu("UPDATE users SET last_action_date = 'infinity'" + nasty + " AND id % 5 = 1");
    pair.edu(
        "UPDATE teachers SET user_id = (SELECT min(id) FROM users), out_action_date = "
        "in_action_date" +
        nasty);
    // The three with one id, of which two are equal: one of these goes, then the active ones.
    pair.edu(
        "DELETE FROM org_names WHERE ctid = (SELECT min(ctid) FROM org_names WHERE id = "
        "990100000000000901 AND active = 1)");
    pair.edu("UPDATE org_names SET name_en = 'First name' WHERE id = 990100000000000901");
    pair.edu("UPDATE organizations SET parent_id = id" + nasty + " AND id % 2 = 0");
}

std::string unit_name(const Pair& pair) {
    return pair.lms_value(
        "SELECT name->>'az' FROM organization_units WHERE code = "
        "'ORG990100000000000202'");
}

}  // namespace

TEST_CASE("the nasty set: after the statement of `check` every row is in one of the six states",
          "[pair][postgres]") {
    Pair pair{{.data = "nasty"}};
    const CommandResult before = pair.command({"check"});
    INFO(before.output);
    CHECK(before.status != 0);
    const std::string statements = statements_for(before.output, "public.org_names");
    REQUIRE(statements.find("org_names") != std::string::npos);
    pair.edu(statements);
    const CommandResult after = pair.command({"check"});
    UNSCOPED_INFO(after.output);
    REQUIRE(after.status == 0);

    pair.start();
    pair.settle();
    const std::string rejected = "academic_terms " +
                                 pair.edu_value(
                                     "SELECT 2 * count(*) FROM edu_years WHERE "
                                     "ext.year_of(name) IS NULL") +
                                 " rejected\ngrades 1 rejected\n";
    check_pair(pair, rejected);
    CHECK(reasons(pair) == kReasons);
    const std::string contents = pair.dump();
    CHECK(contents.find(" one too many ") == std::string::npos);
    // Of what the rules give the target refuses one: a mark of 999990.00 percent.
    CHECK(lines_with(contents, " lacks ") == "grades lacks " + pair.id(kTooLarge) + "\n");
    // Of equal ids the active one, then the az name decides.
    CHECK(unit_name(pair) == "Birinci ad");
    change_nasty_rows(pair);
    pair.settle();
    CHECK(unit_name(pair) == "Birinci ad");
    pair.play("DELETE FROM org_names WHERE id = 990100000000000901 AND active = 1");
    CHECK(unit_name(pair) == "İkinci ad");
    CHECK(pair.runs());
    check_pair(pair, rejected);

    // What the target does not take is said with its reason, root by root.
    pair.alter_target(
        "ALTER TABLE persons ADD CONSTRAINT short CHECK (length(last_name) < 9) NOT VALID");
    pair.play("UPDATE persons SET lastname = lastname || ' Y' WHERE id::text LIKE '9901%'");
    const std::string too_long = pair.edu_value(
        "SELECT count(*) FROM persons WHERE id::text LIKE '9901%' AND "
        "length(btrim(lastname, U&' \\00A0')) >= 9");
    REQUIRE(too_long != "0");
    check_pair(pair, rejected + "persons " + too_long + " rejected\n");
    std::istringstream list{pair.command({"quarantine", "list", "--limit", "9999"}).output};
    std::size_t rows = 0;
    for (std::string line; std::getline(list, line);)
        rows += line.find("23514") != std::string::npos ? 1 : 0;
    CHECK(std::to_string(rows) == too_long);
    CHECK(pair.runs());
    pair.stop();
}
