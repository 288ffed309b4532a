// A relation's name in the mapping, and the table that it names.
#include "tests/support/catch.hpp"
#include "transforms/program.hpp"
#include "transforms/shape_text.hpp"

using namespace crossfade;
using Catch::Matchers::ContainsSubstring;

namespace {

CatalogTable table(const std::string& schema, const std::string& name) {
    CatalogTable table;
    table.schema = schema;
    table.name = name;
    table.columns = {{"id", Type::integer, "bigint", false, false},
                     {"v", Type::text, "text", true, false}};
    table.primary_key = table.identity_key = {"id"};
    return table;
}

struct Compilation {
    std::optional<Mapping> mapping;
    std::shared_ptr<const Program> program;
    std::vector<std::string> findings;
};

// Entities over the rows of `first` and `second`; the source has the tables.
Compilation compiled(const std::string& relations, const std::string& first,
                     const std::string& second, const std::vector<CatalogTable>& tables) {
    std::map<std::string, CatalogTable> source;
    for (const CatalogTable& each : tables)
        source.emplace(TableName{each.schema, each.name}.text(), each);
    Compilation result;
    Findings findings;
    result.mapping = parse_mapping(
        "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\n"
        "relations: " +
            relations +
            "\nentities:\n"
            "  e: {target: e, root: {row: " +
            first +
            ", as: x}, id: \"'e/' || key\",\n"
            "    lookups: {other: \"" +
            second +
            "[x.id]\"}, columns: {v: x.v, o: other.v}}\n"
            "  f: {target: s2.e, root: {row: " +
            second +
            ", as: x}, id: \"'f/' || key\",\n"
            "    columns: {v: x.v}}\n",
        "m.yaml", findings);
    if (result.mapping) result.program = compile(*result.mapping, source, findings);
    for (const Finding& finding : findings) {
        result.findings.push_back(finding.format());
        UNSCOPED_INFO(result.findings.back());
    }
    return result;
}

}  // namespace

TEST_CASE("tables of one name in two schemas are two relations", "[mapping]") {
    const auto [relations, first, second] = GENERATE(table<std::string, std::string, std::string>({
        {"{t: {schema: a}, t2: {table: b.t}}", "t", "t2"},
        {"{one: {table: a.t}, two: {schema: b, table: t}}", "one", "two"},
    }));
    INFO(relations);
    const Compilation made = compiled(relations, first, second, {table("a", "t"), table("b", "t")});
    REQUIRE(made.program);
    CHECK(relations_of(*made.mapping) == std::set<std::string>{"a.t", "b.t"});
    const RelationIndex a = made.program->find_relation(first);
    const RelationIndex b = made.program->find_relation(second);
    REQUIRE(a != kNone);
    REQUIRE(b != kNone);
    CHECK(a != b);
    CHECK(made.program->relations[a].table() == "a.t");
    CHECK(made.program->relations[b].table() == "b.t");
    CHECK(made.program->relations[b].mapping_name() == second);
    // What the state keeps of them has names of its own.
    std::set<std::string> names;
    for (const ShapeThing& thing : shape_of(*made.mapping, *made.program)) {
        if (thing.kind == ShapeThing::Kind::column) names.insert(thing.owner + " " + thing.name);
    }
    CHECK(names == std::set<std::string>{"a.t id", "a.t v", "b.t id", "b.t v"});
}

TEST_CASE("names with dots, capitals and quotes are given by schema and table", "[mapping]") {
    const std::string schema = GENERATE("My.Schema", "a\"b", "a\".b", "\"\"", "Straße 1");
    const std::string name = GENERATE("T.1", "t \"x\"", "select", ".");
    INFO(schema << " " << name);
    const auto quoted = [](std::string text) {
        for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 2)
            text.insert(at, "'");
        return "'" + text + "'";
    };
    const Compilation made =
        compiled("{t: {schema: " + quoted(schema) + ", table: " + quoted(name) + "}}", "t", "u",
                 {table(schema, name), table("public", "u")});
    REQUIRE(made.program);
    const MappedRelation& relation = made.program->relations[made.program->find_relation("t")];
    CHECK(relation.schema == schema);
    CHECK(relation.name == name);
    CHECK(TableName::parse(relation.table()) == TableName{schema, name});
    CHECK(relations_of(*made.mapping).contains(relation.table()));
}

TEST_CASE("no two tables have one text", "[mapping]") {
    CHECK(TableName{"a", "b.c"}.text() == "a.b.c");
    CHECK(TableName{"a.b", "c"}.text() == "\"a.b\".c");
    CHECK(TableName::parse("a.b.c") == TableName{"a", "b.c"});
    CHECK(TableName::parse("\"a.b\".c") == TableName{"a.b", "c"});
    CHECK(TableName::parse("\"a\"\".b\".c") == TableName{"a\".b", "c"});
}

TEST_CASE("a second name for one table is refused with its place", "[mapping]") {
    const auto [relations, first, second, line] =
        GENERATE(table<std::string, std::string, std::string, std::string>({
            {"{t: {schema: a}, t2: {table: a.t}}", "t", "t2", "m.yaml:3:29:"},
            {"{t: {schema: a}, t2: {table: a.t}}", "t2", "t", "m.yaml:3:29:"},
            {"\n  one: {table: b.t}\n  two: {schema: b, table: t}", "one", "two", "m.yaml:5:3:"},
            {"{old: {table: t}}", "old", "t", "m.yaml:"},
            {"{old: {table: public.t}}", "t", "old", "m.yaml:"},
        }));
    INFO(relations << " " << first << " " << second);
    const Compilation made = compiled(relations, first, second,
                                      {table("a", "t"), table("b", "t"), table("public", "t")});
    CHECK_FALSE(made.program);
    REQUIRE(made.findings.size() == 1);
    CHECK_THAT(made.findings[0], ContainsSubstring(line));
    CHECK_THAT(made.findings[0], ContainsSubstring("one table is one relation"));
}

TEST_CASE("a table that cannot be read as schema.table is refused", "[mapping]") {
    const std::string name = GENERATE(".t", "a.", "a.b.c");
    const Compilation made = compiled("{t: {table: " + name + "}}", "t", "u", {});
    REQUIRE(made.findings.size() == 1);
    CHECK_THAT(made.findings[0], ContainsSubstring("m.yaml:3:"));
    CHECK_THAT(made.findings[0], ContainsSubstring("schema.table is expected"));
}

TEST_CASE("a table that the source lacks is told by its own name, with one that is near",
          "[mapping]") {
    const Compilation made = compiled("{mine: {table: a.orderz}}", "mine", "u",
                                      {table("a", "orders"), table("public", "u")});
    REQUIRE(made.findings.size() == 1);
    CHECK_THAT(made.findings[0], ContainsSubstring("no table \"a.orderz\""));
    CHECK_THAT(made.findings[0], ContainsSubstring("did you mean \"orders\""));
}
