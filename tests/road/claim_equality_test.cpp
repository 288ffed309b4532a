// Unique values that the target holds equal although the source writes them in two ways: the claim
// is settled by the type of the target's column, so the target has nothing to refuse.
#include "tests/road/small_road.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Spelling {
    std::string type;        // of the target's column
    std::string one, other;  // texts
    std::string source_type = "text";
};

std::string column(std::size_t i) { return "c" + std::to_string(i); }

// A column for each of `spellings`, on either side; each is claimed, also the last within a parent.
class Claims {
public:
    explicit Claims(const std::vector<Spelling>& spellings) : spellings_{spellings} {}

    std::string source_sql() const {
        std::string columns, first, second;
        for (std::size_t i = 0; i < spellings_.size(); ++i) {
            columns += ", " + column(i) + " " + spellings_[i].source_type;
            first += ", '" + spellings_[i].one + "'";
            second += ", '" + spellings_[i].other + "'";
        }
        return "CREATE EXTENSION IF NOT EXISTS citext; CREATE TABLE s (id bigint PRIMARY KEY" +
               columns + "); INSERT INTO s VALUES (1" + first + "), (2" + second + ")";
    }
    std::string target_sql() const {
        std::string columns;
        for (std::size_t i = 0; i < spellings_.size(); ++i)
            columns += ", " + column(i) + " " + spellings_[i].type + " UNIQUE";
        return "CREATE EXTENSION IF NOT EXISTS citext; CREATE TYPE mood AS ENUM ('happy', 'sad');"
               "CREATE DOMAIN money_t AS numeric(8,2);"
               "CREATE TABLE t (id uuid PRIMARY KEY, n bigint" +
               columns + ")";
    }
    std::string mapping() const {
        std::string columns;
        for (std::size_t i = 0; i < spellings_.size(); ++i)
            columns += ", " + column(i) + ": {claim: s." + column(i) + ", else: null}";
        return "entities:\n"
               "  s: {target: t, root: {row: s}, id: \"'s/' || s.id\", columns: {n: s.id" +
               columns + "}}\n";
    }
    // Which rows have a value, by column: "11 11 -1".
    std::string held(const SmallRoad& road) const {
        std::string parts;
        for (std::size_t i = 0; i < spellings_.size(); ++i) {
            parts += (parts.empty() ? "" : " || ' ' || ") +
                     ("coalesce(string_agg(n::text, '+' ORDER BY n) FILTER (WHERE " + column(i) +
                      " IS NOT NULL), '-')");
        }
        return road.target_value("SELECT " + parts + " FROM t");
    }
    std::string all(const std::string& n) const {
        std::string text;
        for (std::size_t i = 0; i < spellings_.size(); ++i)
            text += (i == 0 ? "" : " ") + n;
        return text;
    }

private:
    const std::vector<Spelling>& spellings_;
};

void check_claims(const std::vector<Spelling>& spellings) {
    const Claims claims{spellings};
    SmallRoad road{claims.source_sql(), claims.target_sql(), claims.mapping()};
    const CommandResult check = road.command({"check"});
    INFO(check.output);
    REQUIRE(check.status == 0);
    road.start();
    road.settle();
    CHECK(claims.held(road) == claims.all("1"));
    CHECK_THAT(road.command({"quarantine", "list"}).output,
               ContainsSubstring("nothing is in quarantine"));
    CHECK(road.differences() == 0);
    // Who loses the value gives it to the other, whatever its spelling.
    road.source("DELETE FROM s WHERE id = 1");
    road.settle();
    CHECK(claims.held(road) == claims.all("2"));
    CHECK(road.differences() == 0);
    road.stop();
}

}  // namespace

TEST_CASE("texts that a claimed column holds equal are one value", "[road][postgres]") {
    check_claims(
        {{"citext", "Anna", "ANNA"},
         {"citext", "Ärger", "äRGER"},
         {"citext", "Иван", "иВАН"},
         {"char(6)", "ab", "ab  "},
         {"varchar(4)", "abcd", "abcd  "},
         {"uuid", "7C9E6679-7425-40DE-944B-E07FC1F90AE7", "{7c9e6679742540de944be07fc1f90ae7}"},
         {"mood", "sad", "sad"},
         {"inet", "10.0.0.1/32", "10.0.0.1"},
         {"inet", "::1", "0:0:0:0:0:0:0:1"},
         {"bytea", "\\x0aFF", "\\x0AfF"},
         {"bit(4)", "1010", "b1010"}});
}

TEST_CASE("numbers that a claimed column holds equal are one value", "[road][postgres]") {
    check_claims({{"int", "01", "1"},
                  {"smallint", " 7", "+7"},
                  {"bigint", "-0", "0"},
                  {"numeric", "1.0", "1.00"},
                  {"numeric(6,2)", "1.004", "1"},
                  {"money_t", "2.005", "2.01"},
                  {"numeric(6,2)", "1.004", "1.0", "numeric"},
                  {"float8", "-0", "0"},
                  {"float8", "1e1", "10"},
                  {"real", "0.1", "0.1000000001"},
                  {"bool", "yes", "t"},
                  {"numeric", "nan", "NaN"}});
}

TEST_CASE("moments and documents that a claimed column holds equal are one value",
          "[road][postgres]") {
    check_claims({{"timestamptz", "2024-02-29 12:00+02", "2024-02-29T10:00:00Z"},
                  {"timestamptz", "2024-02-29 12:00+02", "2024-02-29 10:00Z", "timestamptz"},
                  {"timestamp(0)", "2024-02-29 12:00:00.2", "2024-02-29 12:00", "timestamp"},
                  {"date", "2024-02-29", "20240229"},
                  {"time", "12:00", "12:00:00.000"},
                  {"interval", "1 mon", "30 days"},
                  {"interval", "1 day", "24:00:00", "interval"},
                  {"jsonb", "{\"a\": 1.0, \"b\": [1e1]}", "{\"b\":[10],\"a\":2,\"a\":1}"},
                  {"jsonb", " [1.50]", " [1.5]", "jsonb"},
                  {"numeric[]", "{1.0,NULL}", "{1.00, null}", "numeric[]"},
                  {"citext[]", "{Ä,b}", "{ä,B}"}});
}

TEST_CASE("the columns that a claim is within are compared by their type as well",
          "[road][postgres]") {
    SmallRoad road{
        "CREATE TABLE s (id bigint PRIMARY KEY, site text, amount numeric, code text);"
        "INSERT INTO s VALUES (1, 'Süd', 1.0, 'a'), (2, 'SÜD', 1.00, 'A'), (3, 'Nord', 1, 'a'),"
        " (4, 'süd', 2, 'a'), (5, NULL, 1, 'a'), (6, NULL, 1, 'a')",
        "CREATE EXTENSION IF NOT EXISTS citext;"
        "CREATE TABLE t (id uuid PRIMARY KEY, n bigint, site citext, amount numeric(4,1),"
        " code citext, UNIQUE (site, amount, code))",
        "entities:\n"
        "  s:\n"
        "    target: t\n"
        "    root: {row: s}\n"
        "    id: \"'s/' || s.id\"\n"
        "    columns:\n"
        "      n: s.id\n"
        "      site: s.site\n"
        "      amount: s.amount\n"
        "      code: {claim: s.code, within: [site, amount], else: null}\n"};
    const auto codes = [&] {
        return road.target_value(
            "SELECT string_agg(n || coalesce(code::text, '-'), ' ' ORDER BY n) FROM t");
    };
    road.start();
    road.settle();
    CHECK(codes() == "1a 2- 3a 4a 5a 6a");
    // Rounded to the column's digits it is the value of 1.
    road.source("UPDATE s SET amount = 1.04 WHERE id = 4");
    road.settle();
    CHECK(codes() == "1a 2- 3a 4- 5a 6a");
    road.source("UPDATE s SET site = 'sued' WHERE id = 1");
    road.settle();
    CHECK(codes() == "1a 2A 3a 4- 5a 6a");
    CHECK(road.differences() == 0);
    road.stop();
}
