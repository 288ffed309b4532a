#include "transforms/mapping.hpp"

#include "tests/state/temporary_directory.hpp"
#include "tests/support/catch.hpp"

#include <fstream>

using namespace crossfade;
using namespace crossfade::test;

namespace {

constexpr const char* kBase =
    "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\n"
    "functions: {\"one(x)\": x.a, \"two(x)\": x.b}\n"
    "entities:\n"
    "  first: {target: first, root: {row: t}, id: \"'f/' || t.id\", columns: {a: one(t)}}\n"
    "  second: {target: second, root: {row: t}, id: \"'s/' || t.id\", columns: {b: two(t)}}\n";

void write(const std::filesystem::path& file, const std::string& text) {
    std::ofstream{file} << text;
}

}  // namespace

TEST_CASE("a mapping that extends another replaces what it declares again", "[transforms]") {
    const TemporaryDirectory folder;
    write(folder / "base.yaml", kBase);
    write(folder / "other.yaml",
          "version: 1\nextends: base.yaml\nfunctions: {\"one(x)\": x.c}\nentities:\n"
          "  second: {target: other, root: {row: u}, id: \"'s/' || u.id\", columns: {b: u.b}}\n"
          "  third: {target: third, root: {row: u}, id: \"'t/' || u.id\", columns: {b: u.b}}\n");
    Findings findings;
    const auto mapping = read_mapping(folder / "other.yaml", findings);
    INFO((findings.empty() ? "" : findings.front().format()));
    REQUIRE(mapping);
    CHECK(mapping->name_space.format() == "7c9e6679-7425-40de-944b-e07fc1f90ae7");
    REQUIRE(mapping->entities.size() == 3);
    CHECK(mapping->entities[0].target_table == "first");
    CHECK(mapping->entities[1].target_table == "other");
    CHECK(mapping->entities[2].name == "third");
    REQUIRE(mapping->macros.size() == 2);
    CHECK(to_text(*mapping->macros[0].body) == "x.c");
}

TEST_CASE("findings of the file that is extended name that file", "[transforms]") {
    const TemporaryDirectory folder;
    std::string broken = kBase;
    broken.replace(broken.find("{row: t}"), 8, "{row: }");
    write(folder / "base.yaml", broken);
    write(folder / "other.yaml", "version: 1\nextends: base.yaml\n");
    Findings findings;
    CHECK_FALSE(read_mapping(folder / "other.yaml", findings));
    REQUIRE(!findings.empty());
    CHECK(findings.front().where.file == (folder / "base.yaml"));
    CHECK(findings.front().where.line == 5);

    findings.clear();
    write(folder / "other.yaml", "version: 1\nextends: missing.yaml\n");
    CHECK_FALSE(read_mapping(folder / "other.yaml", findings));
    CHECK(findings.front().message.find("cannot be read") != std::string::npos);
}
