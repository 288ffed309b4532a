// A target that a snapshot built, one that the stream built, and one of both are equal.
// PAIR_TEST_SCALE in the environment takes a whole generated edu of that scale, 0.02 for example,
// in place of the small one; PAIR_TEST_SEED the order in which its rows come.
#include "tests/pair/pair_fixture.hpp"
#include "tests/pair/pair_tables.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <random>
#include <sstream>
#include <thread>
#include <vector>

using namespace crossfade;
using namespace crossfade::test;

namespace {

using Rows = std::vector<std::string>;

constexpr std::chrono::seconds kPatience{600};

std::string environment(const char* name, const char* otherwise) {
    const char* const given = std::getenv(name);
    return given == nullptr ? otherwise : given;
}

// INSERT statements, one a row, that make up what the mapping reads, shuffled across all tables.
Rows content(const Pair& pair, const std::string& seed) {
    std::string rows;
    for (const std::string table : source_tables()) {
        rows += (rows.empty() ? "" : " UNION ALL ") +
                ("SELECT format('INSERT INTO " + table + " SELECT (%L::" + table +
                 ").*', x::text) FROM " + table + " AS x");
    }
    std::istringstream parts{
        pair.edu_value("SELECT string_agg(row, E'\\x01' ORDER BY md5(row || '" + seed +
                       "')) FROM (" + rows + ") AS r (row)")};
    Rows statements;
    for (std::string part; std::getline(parts, part, '\x01');)
        statements.push_back(part);
    return statements;
}

// Transactions of 1 to `most` rows, small ones as often as large ones.
void insert(const Pair& pair, Rows::const_iterator row, Rows::const_iterator end, int most,
            unsigned seed) {
    std::mt19937 random{seed};
    while (row != end) {
        const double power = std::uniform_real_distribution<double>{0, 1}(random);
        const auto size = static_cast<std::ptrdiff_t>(std::pow(most, power));
        std::string transaction;
        for (const auto last = row + std::min(size, end - row); row != last; ++row)
            transaction += *row + ";";
        pair.edu(transaction);
    }
}

// Dictionaries that nobody reads only take time.
constexpr const char* kUnread =
    "DELETE FROM dictionaries WHERE id NOT IN (SELECT v FROM (SELECT gender_id FROM persons UNION "
    "SELECT nationality_id FROM persons UNION SELECT education_type_id FROM students UNION SELECT "
    "position_id FROM teachers UNION SELECT type_id FROM organizations UNION SELECT "
    "dictionary_name_id FROM organizations UNION SELECT subject_name_id FROM subject_catalog UNION "
    "SELECT course_eva_id FROM journal UNION SELECT point_id_1 FROM journal_details UNION SELECT "
    "point_id_2 FROM journal_details UNION SELECT point_id_3 FROM journal_details) AS used (v) "
    "WHERE v IS NOT NULL)";

// All that may be compared of rows that only came, none of which has changed.
std::string contents(const Pair& pair) {
    return pair.dump() + pair.lms_rows(
                             "SELECT id, max_enrollment FROM course_offerings ORDER BY "
                             "id");
}

}  // namespace

TEST_CASE("4.4 A target loaded, one streamed and one of both are equal byte for byte",
          "[pair][postgres]") {
    TemporaryDirectory keys;
    const auto key = keys / "secret.key";
    const std::string seed = environment("PAIR_TEST_SEED", "1");
    const std::string scale = environment("PAIR_TEST_SCALE", "");
    INFO("PAIR_TEST_SEED=" << seed);
    Pair loaded{
        scale.empty() ? Beginning{.data = "few"} : Beginning{.scale = scale.c_str()}, {}, key};
    loaded.edu(kUnread);
    const Rows rows = content(loaded, seed);
    REQUIRE(rows.size() > 5000);
    loaded.start();
    loaded.settle(kPatience);
    check_pair(loaded);
    loaded.stop();
    const std::string expected = contents(loaded);
    REQUIRE(expected.find("$2b$04$") != std::string::npos);
    REQUIRE(expected.find("\ngrades {") != std::string::npos);
    REQUIRE(expected.find(" lacks ") == std::string::npos);
    REQUIRE(expected.find(" one too many ") == std::string::npos);
    const auto first = static_cast<unsigned>(std::atoi(seed.c_str()));

    const Beginning none{.data = "none"};
    // Of a large edu the usual batches, or it takes an hour.
    const Pair::Settings small{{"batch.transactions_max", "7"}, {"work.inline_roots_max", "3"}};
    Pair streamed{none, scale.empty() ? small : Pair::Settings{}, key};
    streamed.start();
    insert(streamed, rows.begin(), rows.end(), 400, first);
    streamed.settle(kPatience);
    check_pair(streamed);
    CHECK(differing_lines(streamed.edu_dump(), loaded.edu_dump()) == "");
    CHECK(differing_lines(contents(streamed), expected) == "");
    streamed.stop();

    // The snapshot is taken somewhere in the middle, while the source is being written.
    Pair mixed{none, {{"batch.copy_rows_min", "1"}, {"load.chunk_rows", "100"}}, key};
    const Rows others = content(loaded, seed + "b");
    const auto half = others.begin() + std::ssize(others) / 2;
    insert(mixed, others.begin(), half, 400, first + 1);
    std::jthread writer{[&] { insert(mixed, half, others.end(), 60, first + 2); }};
    mixed.start();
    writer.join();
    mixed.settle(kPatience);
    check_pair(mixed);
    CHECK(differing_lines(contents(mixed), expected) == "");
    mixed.stop();
}
