// A target that a snapshot built, one that the stream built, and one of both are equal.
#include "tests/pair/pair_fixture.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <sstream>
#include <thread>
#include <vector>

using namespace crossfade;
using namespace crossfade::test;

namespace {

// INSERT statements, one a row, that make up what the mapping reads, shuffled across all tables.
std::vector<std::string> content(const Pair& pair, const std::string& seed) {
    std::string rows;
    for (const std::string table : {"persons", "accounts", "users", "students", "organizations",
                                    "org_names", "dictionaries", "teachers"}) {
        rows += (rows.empty() ? "" : " UNION ALL ") +
                ("SELECT format('INSERT INTO " + table + " SELECT (%L::" + table +
                 ").*', x::text) FROM " + table + " AS x");
    }
    std::istringstream parts{
        pair.edu_value("SELECT string_agg(row, E'\\x01' ORDER BY md5(row || '" + seed +
                       "')) FROM (" + rows + ") AS r (row)")};
    std::vector<std::string> statements;
    for (std::string part; std::getline(parts, part, '\x01');)
        statements.push_back(part);
    return statements;
}

// `size` rows a transaction.
void insert(const Pair& pair, const std::vector<std::string>& rows, std::size_t first,
            std::size_t last, std::size_t size) {
    for (; first < last; first += size) {
        std::string transaction;
        for (std::size_t i = first; i < std::min(last, first + size); ++i)
            transaction += rows[i] + ";";
        pair.edu(transaction);
    }
}

}  // namespace

TEST_CASE("4.4 A target loaded, one streamed and one of both are equal byte for byte",
          "[pair][postgres]") {
    TemporaryDirectory keys;
    const auto key = keys / "secret.key";
    Pair loaded{{}, {}, key};
    // Dictionaries that nobody reads only take time.
    loaded.edu(
        "DELETE FROM dictionaries WHERE id NOT IN (SELECT v FROM (SELECT gender_id FROM persons "
        "UNION SELECT nationality_id FROM persons UNION SELECT education_type_id FROM students "
        "UNION SELECT position_id FROM teachers UNION SELECT type_id FROM organizations UNION "
        "SELECT dictionary_name_id FROM organizations) AS used (v) WHERE v IS NOT NULL)");
    const std::vector<std::string> rows = content(loaded, "1");
    REQUIRE(rows.size() > 400);
    loaded.start();
    loaded.settle();
    check_pair(loaded);
    loaded.stop();
    const std::string expected = loaded.dump();
    REQUIRE(expected.find("$2b$04$") != std::string::npos);
    REQUIRE(expected.find(" lacks ") == std::string::npos);

    const Beginning none{.data = "none"};
    Pair streamed{none, {{"batch.transactions_max", "7"}, {"work.inline_roots_max", "3"}}, key};
    streamed.start();
    insert(streamed, rows, 0, rows.size(), 25);
    streamed.settle();
    check_pair(streamed);
    CHECK(differing_lines(streamed.edu_dump(), loaded.edu_dump()) == "");
    CHECK(differing_lines(streamed.dump(), expected) == "");
    streamed.stop();

    // The snapshot is taken somewhere in the middle, while the source is being written.
    Pair mixed{none, {{"batch.copy_rows_min", "1"}, {"load.chunk_rows", "100"}}, key};
    const std::vector<std::string> others = content(loaded, "2");
    insert(mixed, others, 0, others.size() / 2, 40);
    std::jthread writer{[&] { insert(mixed, others, others.size() / 2, others.size(), 3); }};
    mixed.start();
    writer.join();
    mixed.settle();
    check_pair(mixed);
    CHECK(differing_lines(mixed.dump(), expected) == "");
    mixed.stop();
}
