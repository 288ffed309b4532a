// Keys of types whose equality is not that of our values: refused wherever rows are found by them.
#include "tests/support/catch.hpp"
#include "transforms/mapping.hpp"
#include "transforms/program.hpp"

using namespace crossfade;
using Catch::Matchers::ContainsSubstring;

namespace {

std::vector<std::string> findings_of(const std::string& entities,
                                     const std::optional<KeyForm>& form = std::nullopt) {
    CatalogTable p;
    p.name = "p";
    p.columns = {{"k", Type::text, "citext", true, false, false, std::nullopt},
                 {"v", Type::text, "text", true, false}};
    p.primary_key = p.identity_key = {"k"};
    CatalogTable c;
    c.name = "c";
    c.columns = {{"id", Type::integer, "bigint", true, false},
                 {"pk", Type::text, "citext", true, false, false, std::nullopt},
                 {"other", Type::text, "text", true, false}};
    c.primary_key = c.identity_key = {"id"};
    p.columns[0].key = c.columns[1].key = form;
    Findings findings;
    const auto mapping = parse_mapping(
        "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\nentities:\n" + entities,
        "m.yaml", findings);
    REQUIRE(mapping.has_value());
    compile(*mapping, {{"public.p", p}, {"public.c", c}}, findings);
    std::vector<std::string> texts;
    for (const Finding& finding : findings)
        texts.push_back(finding.format());
    return texts;
}

std::string entity(const std::string& lines) {
    return "  c:\n    target: public.c\n    id: \"'c/' || key\"\n" + lines;
}

}  // namespace

TEST_CASE("a key whose equality is not known is refused, with its type and what to write",
          "[mapping]") {
    const std::string entities = GENERATE(
        as<std::string>{}, entity("    root: {row: c}\n    columns: {v: \"p[c.pk].v\"}\n"),
        entity("    root: {row: c}\n    columns: {v: \"p[c.other].v\"}\n"),
        entity("    root: {row: c}\n    let: {k: \"coalesce(c.pk, '-')\"}\n"
               "    columns: {v: count(s)}\n    sets: {s: {from: c, key: other, at: k}}\n"),
        entity("    root: {row: c}\n    columns: {v: count(s)}\n"
               "    sets: {s: {from: c, key: pk, at: c.other}}\n"),
        entity("    root: {group: {g: {from: c, key: pk}}}\n    columns: {}\n"),
        entity("    root: {group: {g: {from: c, key: [other, \"if(id = 1, pk, other)\"]}}}\n"
               "    columns: {}\n"),
        entity("    root: {row: c}\n    columns: {}\n"
               "    parents: {p_id: {of: c, root: c.pk}}\n"));
    INFO(entities);
    const std::vector<std::string> findings = findings_of(entities);
    REQUIRE(!findings.empty());
    CHECK_THAT(findings[0], ContainsSubstring("has the type citext"));
    CHECK_THAT(findings[0], ContainsSubstring("lower_ascii(text(k))"));
    CHECK_THAT(findings[0], ContainsSubstring("m.yaml:"));
}

TEST_CASE("a column of such a type may be a root's own key, a value, and a text that is a key",
          "[mapping]") {
    CHECK(findings_of("  p: {target: public.p, root: {row: p}, id: key, columns: {k: p.k}}\n")
              .empty());
    CHECK(findings_of(entity("    root: {group: {g: {from: c, key: lower_ascii(text(pk))}}}\n"
                             "    columns: {v: g.pk}\n"))
              .empty());
}

TEST_CASE("a key whose equality is known is no finding, unless it meets another's", "[mapping]") {
    const KeyForm form{GENERATE(KeyKind::folded, KeyKind::interval, KeyKind::document)};
    const std::string parent = "  p: {target: public.p, root: {row: p}, id: key, columns: {}}\n";
    CHECK(findings_of(parent + entity("    root: {group: {g: {from: c, key: pk}}}\n"
                                      "    columns: {v: \"p[key].v\"}\n"
                                      "    parents: {p_id: {of: p, root: key}}\n"),
                      form)
              .empty());
    const std::string meeting = GENERATE(
        as<std::string>{},
        entity("    root: {group: {g: {from: c, key: pk}, h: {from: c, key: other}}}\n"
               "    columns: {}\n"),
        entity("    root: {group: {g: {from: c, key: [other, other]}, h: {from: p, key: [v, k]}}}\n"
               "    columns: {}\n"));
    INFO(meeting);
    const std::vector<std::string> findings = findings_of(meeting, form);
    REQUIRE(findings.size() == 1);
    CHECK_THAT(findings[0], ContainsSubstring("keys of the types"));
    CHECK_THAT(findings[0], ContainsSubstring(form.name()));
}
