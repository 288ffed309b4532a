// What the target's types hold equal: our one value for all, beside the server's own answer.
#include "target/equality.hpp"

#include "model/key.hpp"
#include "target/canonical.hpp"
#include "tests/support/catch.hpp"
#include "tests/target/target_fixture.hpp"

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Spellings {
    std::string type;
    std::vector<std::string> texts;
};

TargetColumn claimed() {
    TargetColumn claim = column("v");
    claim.kind = ColumnSpec::Kind::claim;
    claim.equality = std::make_shared<ColumnEquality>();
    return claim;
}

std::string message_of(Connection& connection) {
    Findings findings;
    const TargetSpec claims = spec("x", {claimed()});
    check_equality(connection, claims, read_shape(connection, "public", "x"), findings);
    return findings.empty() ? "" : findings[0].path + ": " + findings[0].message;
}

}  // namespace

TEST_CASE("two values have one key where the server holds them equal", "[target][postgres]") {
    const auto example = GENERATE(
        Spellings{"citext",
                  {"a", "A", "Ä", "ä", "a ", "ß", "SS", "İ", "i", "И", "и", "Σ", "ς", "σ", "𐐀", "𐐨",
                   "Ǆ", "ǆ", "ǅ"}},
        Spellings{"varchar(3)", {"abc", "abc  ", "ab", "ab ", "AB"}},
        Spellings{"char(5)", {"ab", "ab  ", " ab", "", "  "}},
        Spellings{"int", {"1", "01", " 1 ", "+1", "-1", "0", "-0", "2147483647"}},
        Spellings{"numeric",
                  {"1", "1.0", "1.00", "1e0", "10e-1", "NaN", "nan", "Infinity", "inf", "-inf",
                   ".5", "0.50", "-0.0", "0"}},
        Spellings{"numeric(6,1)", {"1.04", "1", "1.05", "1.1", "-1.05", "-1.1"}},
        Spellings{"real", {"0.1", "0.10000000149", "1e1", "10", "-0", "0", "NaN", "inf"}},
        Spellings{"float8", {"0.1", "0.10000000149", "1e1", "10", "-0", "0", "NaN", "-Infinity"}},
        Spellings{"bool", {"t", "true", "TRUE", "y", "yes", "on", "1", "f", "no", "off", "0"}},
        Spellings{
            "uuid",
            {"7C9E6679-7425-40DE-944B-E07FC1F90AE7", "{7c9e6679742540de944be07fc1f90ae7}",
             "7c9e-6679-7425-40de-944b-e07f-c1f9-0ae7", "7c9e6679-7425-40de-944b-e07fc1f90ae8"}},
        Spellings{"date",
                  {"2024-02-29", "20240229", "2024-2-29", "2024-02-29 23:59", "infinity",
                   "-infinity", "2024-03-01"}},
        Spellings{"timestamp",
                  {"2024-02-29", "2024-02-29 00:00", "2024-02-29T00:00:00.000",
                   "2024-02-29 00:00+05", "2024-02-29 12:00:00.0000004"}},
        Spellings{"timestamp(1)",
                  {"2024-02-29 12:00:00.04", "2024-02-29 12:00:00.05", "2024-02-29 12:00",
                   "2024-02-29 12:00:00.1"}},
        Spellings{"timestamptz",
                  {"2024-02-29 12:00+02", "2024-02-29T10:00:00Z", "2024-02-29 10:00",
                   "2024-02-29 05:00:00-0500", "2024-02-29 15:30 +05:30", "2024-02-29 12:00"}},
        Spellings{"time", {"12:00", "12:00:00", "12:00:00.0", "24:00", "00:00", "12:00+02"}},
        Spellings{"interval",
                  {"1 mon", "30 days", "720:00:00", "1 month", "4 weeks 2 days", "1 day -24:00:00",
                   "00:00:00", "-1 days", "-24:00:00", "-1 mons +29 days",
                   "1 year 2 mons 3 days 04:05:06.5", "423 days 04:05:06.5", "1 yr -00:00:00.5",
                   "359 days 23:59:59.5"}},
        Spellings{"bytea", {"\\x0aFF", "\\x0AfF", "abc", "\\x616263", "", "\\x"}},
        Spellings{"bit(4)", {"1010", "b1010", "xA", "XA", "0101"}},
        Spellings{"inet",
                  {"10.0.0.1", "10.0.0.1/32", "10.0.0.1/24", "::1", "0:0::1/128", "FE80::A",
                   "fe80::a", "::ffff:10.0.0.1"}},
        Spellings{"macaddr",
                  {"08:00:2b:01:02:03", "08002b010203", "08-00-2B-01-02-03", "08:00:2b:01:02:04"}},
        Spellings{"jsonb",
                  {"{\"a\": 1, \"b\": [1.50]}", "{\"b\":[1.5],\"a\":1.0}",
                   "{\"a\": 2, \"a\": 1, \"b\": [15e-1]}", "\"1.0\"", "\"1\"", "1.0", "1",
                   "[\"a\\\\\\\"1.0\", 1.0]", "[\"a\\\\\\\"1.0\", 1]", "null"}},
        Spellings{"numeric[]",
                  {"{1.0,NULL}", "{1,null}", "{ 1.00 , NULL }", "{\"1\",NULL}", "{{1},{2}}",
                   "{{1.0},{2.0}}", "[0:1]={1,2}", "{1,2}", "{}"}},
        Spellings{
            "citext[]",
            {"{a,\"B c\"}", "{A,\"b C\"}", "{\"A\",b c}", "{null}", "{\"null\"}", "{\"NULL\"}"}},
        Spellings{"interval[]", {"{1 mon}", "{30 days}", "{\"720:00:00\"}"}});
    Target target{
        "CREATE EXTENSION IF NOT EXISTS citext;"
        "CREATE TABLE x (id uuid PRIMARY KEY, v " +
            example.type + ")",
        {}};
    const TargetSpec claims = spec("x", {claimed()});
    tell_columns(target.connection(), claims, read_shape(target.connection(), "public", "x"));
    CHECK(message_of(target.connection()).empty());
    std::string found, rows;
    for (const std::string& a : example.texts) {
        rows += (rows.empty() ? "($q$" : ", ($q$") + a + "$q$)";
        for (const std::string& b : example.texts) {
            const auto key = [&](const std::string& text) {
                return encode_key(claims.columns[0].equality->of(text));
            };
            found += key(a) == key(b) ? "1" : "0";
        }
    }
    // As a column of the type takes them: an explicit cast would cut off what is too long.
    const std::string expected = target.value(
        "SET TimeZone = 'UTC'; CREATE TEMP TABLE y (n serial, v " + example.type +
        "); INSERT INTO y (v) VALUES " + rows +
        "; SELECT string_agg((a.v = b.v)::int::text, '' ORDER BY a.n, b.n) FROM y a, y b");
    INFO(example.type << ": " << rows);
    CHECK(found == expected);
}

TEST_CASE("a claim of a column whose equality is not known is a finding", "[target][postgres]") {
    struct Example {
        std::string type, message;
    };
    const auto example = GENERATE(Example{"int4range", "int4range"}, Example{"pair", "pair"},
                                  Example{"spans", "spans"}, Example{"tsvector", "tsvector"},
                                  Example{"point[]", "point[]"}, Example{"json", "json"},
                                  Example{"text COLLATE blind", "not deterministic"},
                                  Example{"citext COLLATE blind", "not deterministic"});
    Target target{
        "CREATE EXTENSION IF NOT EXISTS citext; CREATE TYPE pair AS (a int, b int);"
        "CREATE DOMAIN spans AS tstzrange; CREATE COLLATION blind (provider = icu,"
        " locale = 'und-u-ks-level2', deterministic = false);"
        "CREATE TABLE x (id uuid PRIMARY KEY, v " +
            example.type + ")",
        {}};
    const std::string message = message_of(target.connection());
    CHECK_THAT(message, ContainsSubstring("entities.x.columns.v: a claim compares this column"));
    CHECK_THAT(message, ContainsSubstring(example.message));
}

TEST_CASE("citext folds as its database does, and not at all by a locale of ICU",
          "[target][postgres]") {
    Cluster& server = Cluster::shared();
    const auto open = [&](const std::string& with) {
        const std::string name = server.create_database("fold", "TEMPLATE template0 " + with);
        server.execute(name,
                       "CREATE EXTENSION citext; CREATE TABLE x (id uuid PRIMARY KEY,"
                       " v citext)");
        ConnectionOptions options;
        options.conninfo = server.conninfo(name);
        return Connection::open(options);
    };
    Connection ascii = open("LOCALE 'C'");
    const TargetSpec claims = spec("x", {claimed()});
    tell_columns(ascii, claims, read_shape(ascii, "public", "x"));
    const auto key = [&](const std::string& text) { return claims.columns[0].equality->of(text); };
    CHECK(std::get<std::string>(key("AbÄ")) == "abÄ");
    CHECK(message_of(ascii).empty());
    Connection icu = open("LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C.UTF-8'");
    CHECK_THAT(message_of(icu), ContainsSubstring("does not fold letter by letter"));
    Connection latin = open("ENCODING 'LATIN1' LOCALE 'C'");
    CHECK_THAT(message_of(latin), ContainsSubstring("encoding is not UTF8"));
}
