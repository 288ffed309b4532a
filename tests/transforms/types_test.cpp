// What an expression can never do is said when the mapping is compiled, with what to write instead.
#include "tests/support/catch.hpp"
#include "transforms/mapping.hpp"
#include "transforms/program.hpp"

using namespace crossfade;
using Catch::Matchers::ContainsSubstring;

namespace {

std::map<std::string, CatalogTable> catalog() {
    CatalogTable c;
    c.name = "c";
    c.columns = {{"id", Type::integer, "bigint", true, false},
                 {"n", Type::integer, "integer", true, false},
                 {"t", Type::text, "text", true, false},
                 {"d", Type::date, "date", true, false},
                 {"f", Type::boolean, "boolean", true, false},
                 {"r", Type::real, "real", true, false},
                 {"at", Type::timestamp, "timestamp without time zone", true, false},
                 {"seen", Type::timestamptz, "timestamp with time zone", true, false}};
    c.primary_key = c.identity_key = {"id"};
    CatalogTable k;
    k.name = "k";
    k.columns = {{"code", Type::text, "text", true, false}, {"v", Type::text, "text", true, false}};
    k.primary_key = k.identity_key = {"code"};
    return {{"public.c", c}, {"public.k", k}};
}

struct Compiled {
    std::shared_ptr<const Program> program;
    std::string findings;
};

Compiled compiled(const std::string& lines, const std::string& root = "{row: c}",
                  const std::string& top = "") {
    Findings findings;
    const auto mapping =
        parse_mapping("version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\n" + top +
                          "entities:\n  e:\n    target: public.e\n    root: " + root +
                          "\n    id: \"'e/' || key\"\n    sets: {s: {from: c, key: n, at: "
                          "key}}\n" +
                          lines,
                      "m.yaml", findings);
    Compiled result;
    if (mapping) result.program = compile(*mapping, catalog(), findings);
    for (const Finding& finding : findings)
        result.findings += finding.format() + "\n";
    return result;
}

std::string of_value(const std::string& value) {
    return compiled("    columns: {v: \"" + value + "\"}\n").findings;
}

}  // namespace

TEST_CASE("what can never work is an error with its place and what to write", "[mapping]") {
    const auto [value, message] = GENERATE(table<std::string, std::string>({
        {"sum(s, t)", "m.yaml:9:26: entities.e.columns.v: sum of text; num(...) makes a number"},
        {"mean(s, d)", "mean of date"},
        {"sum(s, r)", "sum of real; num(text(...)) makes an exact number"},
        {"c.d + 1", "arithmetic on date; the language does not reckon with time"},
        {"c.seen - c.seen", "arithmetic on timestamptz"},
        {"-c.t", "arithmetic on text"},
        {"if(c.n, 1, 2)", "`if` wants a condition, not integer; flag(x), or x = 1, makes one"},
        {"not c.t", "wants a condition, not text; a comparison makes one, or x is not null"},
        {"any(s, n)", "\"any\" wants a condition, not integer"},
        {"count(s, id, if n)", "the `if` of an aggregate wants a condition, not integer"},
        {"c.n in (1, 'a')", "cannot compare integer with text; int(...) makes an integer"},
        {"choose(c.n, '1', 'one')", "cannot compare integer with text"},
        {"c.d = '2020-01-01'", "cannot compare date with text; date(...) makes a date"},
        {"k[c.n].v",
         "the key \"c.n\" is of type integer, and text is looked for: nothing would be found; "
         "text(...) makes a text"},
        {"at_zone(c.at, 'Europe/Berln')",
         "there is no time zone Europe/Berln; did you mean \"Europe/Berlin\"?"},
        {"local_date(c.seen, 'Nowhere')", "\"local_date\": there is no time zone Nowhere"},
        {"matches(c.t, '(')", "\"matches\": "},
        {"greatest(c.t, 'a') + 1", "arithmetic on text"},
        {"choose(c.n, 1, 'one', 'other') + 1", "arithmetic on text"},
        {"key || first(c, t)",
         "\"first\" goes over the members of a set, a view or an alias of the root's group, which "
         "is its first argument: one of s; of values of one row it is coalesce(...)"},
        {"max(c.n, 1)", "of values of one row it is greatest(...)"},
        {"firs(s, t)", "unknown function \"firs\"; did you mean \"first\"?"},
    }));
    INFO(value);
    CHECK_THAT(of_value(value), ContainsSubstring(message));
}

TEST_CASE("what may work for a value is no error", "[mapping]") {
    const std::string value = GENERATE(
        as<std::string>{}, "sum(s, num(t))", "sum(s, n)", "if(flag(c.n), 1, 2)", "any(s, f)",
        "all(s, n = 1 and f)", "not coalesce(c.f, false)", "c.n in (1, null, 2)",
        "choose(c.n, 1, 'one', null)", "k[text(c.n)].v", "at_zone(c.at, 'Europe/Berlin')",
        "at_zone(c.at, c.t)", "local_date(c.seen, null)", "-num(c.t)", "c.n + key",
        "matches(c.t, '^a')", "coalesce(k[c.t].v, c.n)", "if(null, 1, 2)", "abs(c.n) + 1",
        "reject('no')", "raise('flag', c.n) + 1", "nullif(c.n, 0) + 1");
    INFO(value);
    CHECK(of_value(value).empty());
}

TEST_CASE("keys of unlike types never meet, whoever looks", "[mapping]") {
    CHECK_THAT(compiled("    columns: {v: count(s)}\n", "{row: k}").findings,
               ContainsSubstring("\"key\" is of type text, and integer is looked for"));
    CHECK_THAT(
        compiled("    columns: {}\n    parents: {p: {of: e, root: c.t}}\n").findings,
        ContainsSubstring("\"c.t\" is of type text, and integer is looked for: nothing would "
                          "be found; int(...) makes an integer"));
    CHECK_THAT(
        compiled("    columns: {}\n", "{group: {a: {from: c, key: t}, b: {from: c, key: n}}}")
            .findings,
        ContainsSubstring("part 1 of the key is integer here and text in the group's first"));
}

TEST_CASE("conditions of an entity and of a claim are conditions", "[mapping]") {
    CHECK_THAT(compiled("    exists: c.n\n    columns: {}\n").findings,
               ContainsSubstring("entities.e.exists: exists wants a condition, not integer"));
    CHECK_THAT(compiled("    columns: {v: {claim: c.t, if: length(value), else: null}}\n").findings,
               ContainsSubstring("the `if` of a claim wants a condition, not integer"));
}

TEST_CASE("a key that reads two rows is named by whose it is", "[mapping]") {
    const std::string parent =
        compiled("    columns: {}\n    parents: {p: {of: e, root: \"c.n + length(k[c.t].v)\"}}\n")
            .findings;
    CHECK_THAT(parent,
               ContainsSubstring("the root of a parent must read the columns of one row only"));
    CHECK_THAT(of_value("k[k[c.t].v || c.t].v"),
               ContainsSubstring("a lookup's key must read the columns of one row only"));
}

TEST_CASE("an unquoted expression that YAML does not know is told to be quoted", "[mapping]") {
    CHECK_THAT(compiled("    columns:\n      v: %x\n").findings,
               ContainsSubstring("must be quoted"));
    CHECK_THAT(compiled("    columns:\n      v: @x\n").findings,
               ContainsSubstring("must be quoted"));
}

TEST_CASE("what a column is given is known with its type, seen through all forms", "[mapping]") {
    const Compiled result = compiled(
        "    let: {w: \"if(c.f, c.t, other(c))\"}\n    columns:\n"
        "      v: \"coalesce(w, choose(c.n, 1, 'one', null), first(s, d))\"\n"
        "      x: {claim: c.t, else: \"'x' || key\", vacate: \"'~'\"}\n",
        "{row: c}", "functions: {\"other(r)\": \"'é_' || r.id\"}\n");
    REQUIRE(result.findings.empty());
    std::string text;
    for (const Given& given : result.program->entities[0].given) {
        text += std::to_string(given.column) + std::to_string(static_cast<int>(given.as)) + " " +
                given.text + " " + std::string{to_string(given.type)} +
                (given.constant ? " constant" : "") + " " + std::to_string(given.length_min) + "\n";
    }
    CHECK(text ==
          "00 c.t text 0\n00 'é_' || r.id text 2\n00 'one' text constant 3\n"
          "00 null any constant 0\n00 d date 0\n"
          "12 '~' text constant 1\n10 c.t text 0\n11 'x' || key text 1\n");
}
