// What a parent that is missing may mean, as the file says it.
#include "transforms/mapping.hpp"

#include "tests/support/catch.hpp"

using namespace crossfade;

namespace {

std::optional<Mapping> read(const std::string& rule, Findings& findings) {
    return parse_mapping(
        "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\n"
        "entities:\n  e:\n    target: t\n    root: {row: r}\n    id: r.id\n"
        "    columns: {c: a}\n    parents: {p: {of: e, root: r.a, " +
            rule + "}}\n",
        "m.yaml", findings);
}

std::string finding_of(const std::string& rule) {
    Findings findings;
    CHECK_FALSE(read(rule, findings));
    REQUIRE(findings.size() == 1);
    return findings[0].message;
}

}  // namespace

TEST_CASE("missing: null is a word of its own, in quotes or not, and no choice for a cycle",
          "[mapping]") {
    for (const std::string word : {"null", "\"null\"", "NULL", "~"}) {
        Findings findings;
        const auto mapping = read("missing: " + word, findings);
        REQUIRE(mapping);
        CHECK(mapping->entities[0].parents[0].missing == OnMissing::null);
    }
    CHECK(finding_of("missing: ") == "park, detach or null is expected");
    CHECK(finding_of("missing: nul") ==
          "park, detach or null is expected, not 'nul': did you "
          "mean 'null'?");
    CHECK(finding_of("cycle: null") == "park or detach is expected");
}
