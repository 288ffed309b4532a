// Which ids need an owner: those of tables whose names do not show by their form that no two roots
// give one.
#include "tests/support/catch.hpp"
#include "transforms/mapping.hpp"
#include "transforms/program.hpp"

using namespace crossfade;

namespace {

std::map<std::string, CatalogTable> three_tables() {
    CatalogTable pair;  // (a text, n bigint) with both as its key
    pair.name = "pair";
    pair.columns = {{"a", Type::text, "text", true, false},
                    {"n", Type::integer, "bigint", true, false},
                    {"v", Type::text, "text", true, false}};
    pair.primary_key = pair.identity_key = {"a", "n"};
    CatalogTable dates = pair;  // (d date, n bigint)
    dates.name = "dates";
    dates.columns[0] = {"d", Type::date, "date", true, false};
    dates.primary_key = dates.identity_key = {"d", "n"};
    CatalogTable one = pair;  // (n bigint)
    one.name = "one";
    one.primary_key = one.identity_key = {"n"};
    return {{"public.pair", pair}, {"public.dates", dates}, {"public.one", one}};
}

std::shared_ptr<const Program> program_of(const std::string& entities) {
    Findings findings;
    const auto mapping = parse_mapping(
        "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\nentities:\n" + entities,
        "m.yaml", findings);
    REQUIRE(mapping.has_value());
    auto program = compile(*mapping, three_tables(), findings);
    for (const Finding& finding : findings)
        INFO(finding.format());
    REQUIRE(program != nullptr);
    return program;
}

std::string entity(const std::string& name, const std::string& root, const std::string& id) {
    return "  " + name + ": {target: public." + name.substr(0, 1) + ", root: " + root +
           ", columns: {}, id: \"" + id + "\"}\n";
}

bool needs_owner(const std::string& root, const std::string& id) {
    return program_of(entity("e", root, id))->entities[0].id_claim != kNone;
}

}  // namespace

TEST_CASE("an id from which the key can be read back has no owner", "[mapping]") {
    struct Example {
        const char *root, *id;
    };
    const auto example = GENERATE(
        Example{"{row: pair, as: p}", "'p/' || key"}, Example{"{row: pair, as: p}", "key"},
        Example{"{row: pair, as: p}", "'p/' || p.n || '/' || p.a"},
        Example{"{row: pair, as: p}", "p.a || '/' || p.n"},
        Example{"{row: pair}", "text(n) || '/x/' || a"},
        Example{"{row: dates, as: p}", "'p/' || p.d || '/' || p.n"},
        Example{"{row: one, as: p}", "p.n"}, Example{"{row: one, as: p}", "'p/' || text(p.n)"},
        Example{"{group: {p: {from: pair, key: [n, a]}}}", "'p/' || key.n || '/' || key.a"},
        Example{"{group: {p: {from: pair, key: n}, o: {from: one, key: n}}}",
                "'p/' || coalesce(text(key.n), 'null')"},
        Example{"{row: one, as: p, slots: {s: [1, 2], w: \"v\"}}", "p.n || '/' || s"});
    CAPTURE(example.root, example.id);
    CHECK_FALSE(needs_owner(example.root, example.id));
}

TEST_CASE("an id that two roots may give has an owner", "[mapping]") {
    struct Example {
        const char *root, *id;
    };
    const auto example = GENERATE(
        // a part is missing, or stands behind what is no column of the key
        Example{"{row: pair, as: p}", "'p/' || p.n"}, Example{"{row: pair, as: p}", "'p'"},
        Example{"{row: pair, as: p}", "p.v || '/' || p.n"},
        Example{"{row: one, as: p, slots: {s: [1, 2], w: \"v\"}}", "'p/' || p.n"},
        // parts run together
        Example{"{row: pair, as: p}", "p.n || p.a"},
        Example{"{row: pair, as: p}", "p.n || '1' || p.a"},
        Example{"{row: dates, as: p}", "p.d || '-' || p.n"},
        Example{"{row: pair, as: p}", "p.a || '' || p.n"},
        Example{"{group: {p: {from: pair, key: [a, v]}}}", "key.a || '/' || key.v"},
        // a function may give equal texts for unlike ones
        Example{"{row: pair, as: p}", "lower_ascii(p.a) || '/' || p.n"},
        Example{"{row: one, as: p}", "if(p.n > 9, 9, p.n)"},
        Example{"{group: {p: {from: pair, key: v}}}", "coalesce(key.v, 'null')"},
        Example{"{group: {p: {from: one, key: n}}}", "coalesce(text(key.n), '7')"},
        // 1 and '1' are two roots of one name
        Example{"{group: {p: {from: pair, key: [n, a]}, o: {from: pair, key: [a, n]}}}",
                "key.n || '/' || key.a"});
    CAPTURE(example.root, example.id);
    CHECK(needs_owner(example.root, example.id));
}

TEST_CASE("entities of one table share the owners of its ids unless their names begin unlike",
          "[mapping]") {
    const auto owners = [](const std::string& first, const std::string& second,
                           const std::string& other_table) {
        const auto program = program_of(entity("one", "{row: one, as: p}", first) +
                                        entity("other", "{row: one, as: p}", second) +
                                        entity(other_table, "{row: one, as: p}", first));
        return std::vector{program->entities[0].id_claim, program->entities[1].id_claim,
                           program->entities[2].id_claim};
    };
    // The table is the first letter of the entity's name.
    CHECK(owners("'a/' || p.n", "'b/' || p.n", "third") == std::vector{kNone, kNone, kNone});
    CHECK(owners("'a/' || p.n", "'a/' || p.n", "third") == std::vector{0U, 0U, kNone});
    CHECK(owners("'a' || p.n", "'a/' || p.n", "third") == std::vector{0U, 0U, kNone});
    CHECK(owners("p.n", "'a/' || p.n", "third") == std::vector{0U, 0U, kNone});
}
