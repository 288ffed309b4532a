// The slot is lost, edu goes on: a thousand changes that nobody keeps. The documented steps, and
// lms is what a first load into an empty lms makes. PAIR_TEST_SCALE in the environment takes a
// whole edu of that scale in place of the small one, PAIR_TEST_SEED other changes.
#include "tests/pair/pair_fixture.hpp"
#include "tests/pair/pair_tables.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <random>
#include <sstream>
#include <vector>

using namespace crossfade;
using namespace crossfade::test;

namespace {

constexpr std::chrono::seconds kLong{600};
constexpr int kChanges = 1000;

// Tables whose rows go, or come to belong to others, without a row of lms that stands on as history
// of which a first load knows nothing.
constexpr const char* kLeaves[] = {"journal", "journal_details", "course_student"};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

// One row takes a value of another, two exchange theirs, or a row goes.
class Changes {
public:
    Changes(const Pair& pair, unsigned seed) : pair_{pair}, random_{seed} {
        for (const std::string table : source_tables()) {
            if (table == "edu_years") continue;  // a term that loses its year stands as history
            bool leaf = false;
            for (const char* const name : kLeaves)
                leaf = leaf || name == table;
            Table& made = tables_.emplace_back();
            made.name = table;
            made.leaf = leaf;
            made.ids =
                lines_of(pair_.edu_value("SELECT string_agg(id::text, E'\\n' ORDER BY id) "
                                         "FROM " +
                                         table));
            // References of other rows than leaves stay: who loses a parent stands as history. When
            // a row was made is written with the insert alone.
            made.columns = lines_of(pair_.edu_value(
                "SELECT string_agg(attname, E'\\n' ORDER BY attnum) FROM pg_attribute WHERE "
                "attrelid = '" +
                table +
                "'::regclass AND attnum > 0 AND NOT attisdropped AND "
                "attname NOT IN ('id', 'create_date')" +
                (leaf ? ""
                      : " AND attname NOT LIKE '%\\_id%' AND attname NOT IN ('active', 'code')")));
            if (made.ids.size() < 2 || made.columns.empty()) tables_.pop_back();
        }
    }
    std::string next() {
        Table& table = tables_[below(tables_.size())];
        const std::string a = table.ids[below(table.ids.size())];
        if (table.leaf && below(3) == 0) return "DELETE FROM " + table.name + " WHERE id = " + a;
        const std::string b = table.ids[below(table.ids.size())];
        const std::string column = table.columns[below(table.columns.size())];
        const std::string update =
            "UPDATE " + table.name + " AS x SET " + column + " = y." + column + " FROM " +
            table.name + " AS y WHERE y.id <> x.id AND y.id IN (" + a + ", " + b + ") AND x.id ";
        return update + (below(2) == 0 ? "= " + a : "IN (" + a + ", " + b + ")");
    }

private:
    struct Table {
        std::string name;
        bool leaf = false;
        std::vector<std::string> ids, columns;
    };
    std::size_t below(std::size_t end) { return random_() % end; }

    const Pair& pair_;
    std::mt19937 random_;
    std::vector<Table> tables_;
};

std::string environment_or(const char* name, const char* otherwise) {
    const char* const given = std::getenv(name);
    return given == nullptr ? otherwise : given;
}

}  // namespace

TEST_CASE(
    "after a thousand changes without a slot the documented steps give what a first load gives",
    "[pair][postgres]") {
    const std::string scale = environment_or("PAIR_TEST_SCALE", "");
    const std::string seed = environment_or("PAIR_TEST_SEED", "1");
    INFO("PAIR_TEST_SEED=" << seed);
    const Beginning beginning =
        scale.empty() ? Beginning{.data = "few"} : Beginning{.scale = scale.c_str()};
    TemporaryDirectory keys;
    Pair lost{beginning, {}, keys / "secret.key"};
    std::string changes;
    Changes random{lost, static_cast<unsigned>(std::atoi(seed.c_str()))};
    for (int i = 0; i < kChanges; ++i)
        changes += random.next() + ";\n";
    lost.start();
    lost.settle(kLong);
    lost.stop();
    CHECK(lost.command({"drop", "--state", "--yes"}).status == 0);
    lost.edu(changes);
    lost.start();
    lost.settle(kLong);
    CHECK(lost.differences() == 0);
    check_accounts(lost);
    lost.stop();

    Pair fresh{beginning, {}, keys / "secret.key"};
    fresh.edu(changes);
    fresh.start();
    fresh.settle(kLong);
    CHECK(differing_lines(lost.edu_dump(), fresh.edu_dump()) == "");
    CHECK(differing_lines(lost.dump(), fresh.dump()) == "");
    CHECK(lost.dump().find(" one too many ") == std::string::npos);
    fresh.stop();
}
