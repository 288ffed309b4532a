// Values that PostgreSQL holds equal, or that are one document, and are written differently: what
// the mapping carries unchanged into a column of its own type arrives byte for byte, and is
// compared so.
#include "model/encoding.hpp"
#include "model/key.hpp"
#include "state/keys.hpp"
#include "state/rocks_store.hpp"
#include "tests/road/small_road.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Spelling {
    const char* column;
    const char* type;
    const char* first;    // a literal without its quotes
    const char* second;   // another text of the same value, or of one that is nearly the same
    bool streams = true;  // NaN and the infinities do not (docs/operations.md, `check` says so)
};

const Spelling kSpellings[] = {
    {"j_number", "json", R"({"a":1e3})", R"({"a":1000})"},
    {"j_twice", "json", R"({"a":1,"a":2})", R"({"a":2})"},
    {"j_blank", "json", R"({"a": [1,2]})", "{\"a\" :[1, 2]}\n"},
    {"j_order", "json", R"({"bb":1,"a":2})", R"({"a":2,"bb":1})"},
    {"j_escape", "json", R"("\u00e4")", "\"ä\""},
    {"j_null", "json", R"("\u0000")", R"("\u0000" )"},
    {"b_scale", "jsonb", R"({"a":1.0})", R"({"a":1.00})"},
    {"n_scale", "numeric", "1.0", "1.00"},
    {"n_nan", "numeric", "0", "NaN", false},
    {"t_blank", "text", "a", "a "},
    {"t_empty", "text", "", " "},
    {"t_form", "text", "\xC3\xA9", "e\xCC\x81"},
    {"t_equal", "text COLLATE same", "Strasse", "STRASSE"},
    {"v_blank", "varchar(9)", "a", "a "},
    {"ci", "citext", "Ada", "ADA"},
    {"ts", "timestamptz", "2024-02-29 12:00:00.123456+00", "2024-02-29 12:00:00.123457+00"},
    {"ts_long", "timestamp", "0044-03-15 12:00:00 BC", "0044-03-15 12:00:00"},
    {"tz", "timetz", "12:00+02", "10:00+00"},
    {"tm", "time", "24:00", "00:00"},
    {"iv", "interval", "1 mon", "30 days"},
    {"iv_day", "interval", "24:00:00", "1 day"},
    {"f8", "float8", "-0", "0"},
    {"f8_last", "float8", "0.1", "0.10000000000000002"},
    {"f8_nan", "float8", "0", "Infinity", false},
    {"f4", "float4", "-0", "0"},
    {"by", "bytea", "\\x5c00", "\\x5c0000"},
    {"ar", "integer[]", "[0:1]={1,2}", "{1,2}"},
    {"ar_null", "text[]", "{NULL}", "{\"NULL\"}"},
    {"ar_text", "text[]", "{\"a b\",a}", "{\"a b \",a}"},
    {"x", "xml", "<a/>", "<a></a>"},
    {"net", "inet", "10.0.0.1/8", "10.0.0.1"},
    {"bits", "varbit", "01", "010"},
    {"rg", "numrange", "[1.0,2)", "[1.00,2)"},
    {"id2", "uuid", "7c9e6679-7425-40de-944b-e07fc1f90ae7", "7c9e6679-7425-40de-944b-e07fc1f90ae8"},
};

std::string literal(const char* text) {
    return "E'" + [&] {
        std::string escaped;
        for (const char* c = text; *c != '\0'; ++c)
            escaped += *c == '\\' ? std::string{"\\\\"} : *c == '\'' ? "''" : std::string{*c};
        return escaped;
    }() + "'";
}

std::string columns(const char* id) {
    std::string sql =
        std::string{
            "CREATE EXTENSION citext; CREATE COLLATION same (provider = icu, "
            "locale = 'und-u-ks-level1', deterministic = false); "
            "CREATE TABLE t (id "} +
        id + " PRIMARY KEY";
    for (const Spelling& spelling : kSpellings)
        sql += ", " + std::string{spelling.column} + " " + spelling.type;
    return sql + ")";
}

std::string mapping() {
    std::string text =
        "entities:\n  t:\n    target: public.t\n    root: {row: t}\n"
        "    id: \"'t/' || t.id\"\n    columns:\n";
    for (const Spelling& spelling : kSpellings)
        text += "      " + std::string{spelling.column} + ": t." + spelling.column + "\n";
    return text;
}

class Spellings {
public:
    // The source never touches row 3, which has what does not stream.
    Spellings() {
        road_.source("INSERT INTO t VALUES (1" + values(false) + "), (2" + values(true) + "), (3" +
                     values(true, false) + ")");
    }
    SmallRoad& road() { return road_; }

    static std::string values(bool second, bool streams = true) {
        std::string sql;
        for (const Spelling& spelling : kSpellings) {
            const bool taken = second && (spelling.streams || !streams);
            sql += ", " + literal(taken ? spelling.second : spelling.first);
        }
        return sql;
    }
    // What the stream cannot carry is left as it is on the source.
    static std::string assignments(bool second, bool of_source) {
        std::string sql;
        for (const Spelling& spelling : kSpellings) {
            if (of_source && !spelling.streams) continue;
            sql += (sql.empty() ? "" : ", ") + std::string{spelling.column} + " = " +
                   literal(second == spelling.streams ? spelling.second : spelling.first);
        }
        return sql;
    }
    void check_sides() const {
        for (const Spelling& spelling : kSpellings) {
            INFO(spelling.column);
            CHECK(texts(true, spelling.column) == texts(false, spelling.column));
        }
    }

private:
    std::string texts(bool of_source, const char* column) const {
        const std::string list =
            "SELECT coalesce(string_agg(md5(c) || ' ' || c, E'\\n' ORDER BY md5(c)), '') FROM "
            "(SELECT " +
            std::string{column} + "::text FROM t) AS x (c)";
        return of_source ? road_.source_value(list) : road_.target_value(list);
    }

    SmallRoad road_{columns("bigint"), columns("uuid"), mapping()};
};

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

}  // namespace

TEST_CASE(
    "what is carried unchanged arrives byte for byte, by load and stream, and verify compares "
    "it so",
    "[road][postgres]") {
    Spellings spellings;
    SmallRoad& road = spellings.road();
    road.start();
    road.settle();
    spellings.check_sides();
    CHECK(road.differences() == 0);

    // The stream, in both directions.
    road.source("UPDATE t SET " + Spellings::assignments(true, true) + " WHERE id = 1");
    road.source("UPDATE t SET " + Spellings::assignments(false, true) + " WHERE id = 2");
    road.settle();
    spellings.check_sides();
    CHECK(road.differences() == 0);

    // By hand on the target: every column is a finding, and repaired.
    const std::string one =
        road.target_value("SELECT id FROM t WHERE tz = '10:00+00' AND n_nan = 0");
    road.target("UPDATE t SET " + Spellings::assignments(false, false) + " WHERE id = '" + one +
                "'");
    const CommandResult found = road.command({"verify", "--repair"});
    CHECK(found.status == 1);
    for (const Spelling& spelling : kSpellings) {
        INFO(spelling.column);
        CHECK_THAT(found.output,
                   ContainsSubstring(std::string{": "} + spelling.column + " should be "));
    }
    CHECK(count_of(found.output, "different t 1 id ") == std::size(kSpellings));
    CHECK_THAT(found.output, ContainsSubstring("repaired 1 roots"));
    spellings.check_sides();
    CHECK(road.differences() == 0);
    road.stop();
}

TEST_CASE("an image that is written otherwise than its source row is a finding",
          "[road][postgres]") {
    Spellings spellings;
    SmallRoad& road = spellings.road();
    road.start();
    road.settle();
    road.stop();
    {
        // The image of row 1 gets the values of row 3.
        const auto state = RocksStore::open(road.folder() / "state");
        const auto key = [](std::int64_t id) { return keys::image(0, encode_key(Value{id})); };
        Row first = decode_row(*state->get(Family::images, key(1)));
        Row third = decode_row(*state->get(Family::images, key(3)));
        for (std::size_t i = 0; i < first.size(); ++i) {
            if (first[i] == Value{std::int64_t{1}}) std::swap(third[i], first[i]);
        }
        WriteSet set;
        set.put(Family::images, key(1), encode_row(third));
        state->write(set, true);
    }
    road.start();
    const CommandResult found = road.command({"verify"});
    CHECK(found.status == 1);
    for (const Spelling& spelling : kSpellings) {
        INFO(spelling.column);
        CHECK_THAT(found.output, ContainsSubstring(std::string{"image public.t 1: "} +
                                                   spelling.column + " should be "));
    }
    CHECK(count_of(found.output, "image public.t 1: ") == std::size(kSpellings));
    road.stop();
}

TEST_CASE("where the types differ, what the server makes of a value is no finding",
          "[road][postgres]") {
    struct Example {
        const char *column, *from, *to, *value, *other;
    };
    const Example examples[] = {
        {"a", "json", "jsonb", R"({"b":1e3,"a":1,"a":2})", R"({"a":2.50})"},
        {"b", "text", "jsonb", R"( {"b":1e3, "a":[ ]})", R"("\u00e4")"},
        {"c", "jsonb", "json", R"({"b":1e3,"a":1})", R"({"a":2.50})"},
        {"d", "json", "text", R"({"b":1e3,"a":1})", R"({"a" : 2.50})"},
        {"e", "text", "varchar(3)", "\xC3\xA4     ", "abc   "},
        {"f", "text", "char(3)", "a     ", ""},
        {"g", "numeric", "numeric(9,2)", "1.005", "-7"},
        {"h", "timestamptz", "timestamp(3)", "2024-02-29 12:00:00.123556+00", "infinity"},
        {"i", "timestamptz", "date", "2024-02-29 23:59:59.999999+00", "0044-03-15 BC"},
        {"j", "float8", "numeric", "-0", "1e20"},
        {"k", "float8", "float4", "0.1", "-0"},
        {"l", "numeric", "float8", "0.10", "123456789012345678901234567890"},
        {"m", "int8", "numeric(30,3)", "7", "-9223372036854775808"},
        {"n", "text", "citext", "Ada", "ADA"},
        {"o", "char(5)", "text", "a", "ab "},
        {"p", "varchar(9)", "text", "a ", ""},
        {"q", "text", "xml", "<a />", "<a></a>"},
        {"r", "interval", "text", "1 mon", "30 days"},
        {"s", "date", "timestamptz", "2024-02-29", "0044-03-15 BC"},
    };
    std::string source = "CREATE TABLE t (id bigint PRIMARY KEY";
    std::string target = "CREATE EXTENSION citext; CREATE TABLE t (id uuid PRIMARY KEY";
    std::string mapped =
        "entities:\n  t:\n    target: public.t\n    root: {row: t}\n"
        "    id: \"'t/' || t.id\"\n    columns:\n";
    std::string values;
    std::string others;
    for (const Example& example : examples) {
        source += std::string{", "} + example.column + " " + example.from;
        target += std::string{", "} + example.column + " " + example.to;
        mapped += std::string{"      "} + example.column + ": t." + example.column + "\n";
        values += ", " + literal(example.value);
        others += (others.empty() ? "" : ", ") + std::string{example.column} + " = " +
                  literal(example.other);
    }
    SmallRoad road{source + ")", target + ")", mapped};
    road.source("INSERT INTO t VALUES (1" + values + ")");
    road.start();
    road.settle();
    CHECK(road.target_value("SELECT count(*) FROM t") == "1");
    CHECK(road.differences() == 0);
    road.source("INSERT INTO t VALUES (2" + values + "); UPDATE t SET " + others + " WHERE id = 1");
    road.settle();
    CHECK_THAT(road.command({"quarantine", "list"}).output, ContainsSubstring("nothing is in"));
    CHECK(road.target_value("SELECT count(*) FROM t") == "2");
    CHECK(road.differences() == 0);
    road.target("UPDATE t SET a = '{}'");
    CHECK(road.differences() == 2);
    road.stop();
}
