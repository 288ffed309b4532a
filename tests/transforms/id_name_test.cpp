// The name that an entity's `id` gives: unambiguous as `key`, warned of where it may not be.
#include "tests/support/catch.hpp"
#include "transforms/derivation.hpp"
#include "transforms/functions/uuid5.hpp"
#include "transforms/mapping.hpp"
#include "transforms/program.hpp"

using namespace crossfade;
using Catch::Matchers::ContainsSubstring;

namespace {

// t(a text, b text, n bigint, d date) with the key of the case; g has the key n.
std::map<std::string, CatalogTable> catalog(const std::vector<std::string>& key) {
    CatalogTable t;
    t.name = "t";
    t.columns = {{"a", Type::text, "text", true, false},
                 {"b", Type::text, "text", true, false},
                 {"n", Type::integer, "bigint", true, false},
                 {"d", Type::date, "date", true, false}};
    t.primary_key = t.identity_key = key;
    CatalogTable g = t;
    g.name = "g";
    g.primary_key = g.identity_key = {"n"};
    return {{"public.t", t}, {"public.g", g}};
}

struct Compilation {
    std::shared_ptr<const Program> program;
    std::vector<std::string> warnings;
};

Compilation compiled(const std::string& entity, const std::vector<std::string>& key = {"a", "b"}) {
    Findings findings;
    const auto mapping = parse_mapping(
        "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\nentities:\n  e:\n"
        "    target: public.e\n    columns: {}\n" +
            entity,
        "m.yaml", findings);
    REQUIRE(mapping.has_value());
    Compilation result{compile(*mapping, catalog(key), findings), {}};
    for (const Finding& finding : findings) {
        INFO(finding.format());
        CHECK(finding.severity == Severity::warning);
        result.warnings.push_back(finding.format());
    }
    REQUIRE(result.program != nullptr);
    return result;
}

Compilation row_with_id(const std::string& id) {
    return compiled("    root: {row: t}\n    id: \"" + id + "\"\n");
}

Compilation group_with_id(const std::string& keys, const std::string& id) {
    return compiled("    root: {group: {t: {from: t, key: " + keys +
                    "}, g: {from: g, key: " + keys + "}}}\n    id: \"" + id + "\"\n");
}

// One row of t, and no other.
class OneRow : public View {
public:
    explicit OneRow(Row row) : row_{std::make_shared<const Row>(std::move(row))} {}
    std::shared_ptr<const Row> image(RelationIndex, const KeyBytes&) override { return row_; }
    void members(IndexId, const KeyBytes&, const std::function<bool(const Member&)>&) override {}
    std::optional<KeyBytes> key_of(IndexId, const Member&) override { return std::nullopt; }
    std::optional<ParentView> parent(EntityIndex, const KeyBytes&) override { return {}; }
    std::optional<AdoptedRow> adopted(EntityIndex, const Uuid&) override { return {}; }

private:
    std::shared_ptr<const Row> row_;
};

}  // namespace

TEST_CASE("parts of an id that can run together are warned of", "[mapping]") {
    for (const char* id :
         {"'t/' || t.a || '/' || t.b", "t.a || t.b", "t.n || t.n", "key.a || '/' || key.b",
          "coalesce(txt(t.a), '') || '-' || t.n", "t.a || '/' || 'x' || t.n || '/' || t.b"}) {
        INFO(id);
        const auto found = row_with_id(id);
        REQUIRE(found.warnings.size() == 1);
        CHECK_THAT(found.warnings[0], ContainsSubstring("two roots can have one id"));
        CHECK_THAT(found.warnings[0], ContainsSubstring("|| key"));
    }
    CHECK(group_with_id("[a, n]", "key.a || '/' || key.n").warnings.size() == 1);
    CHECK(group_with_id("[n, \"coalesce(a, 'none')\"]", "key || '/' || t.n").warnings.size() == 1);
}

TEST_CASE("an id whose parts cannot run together is not warned of", "[mapping]") {
    for (const char* id :
         {"key", "'t/' || key", "'t/' || t.n || '/' || t.a", "t.d || '/' || t.n || '/' || t.b",
          "'t/' || t.a", "coalesce(text(t.n), 'none') || '/' || t.a", "uuid(t.a) || '/' || t.b"}) {
        INFO(id);
        CHECK(row_with_id(id).warnings.empty());
    }
    CHECK(group_with_id("[n, a]", "'g/' || key.n || '/' || key.a").warnings.empty());
}

TEST_CASE("the key as a whole names a root of several parts", "[mapping]") {
    const auto id_of = [](const std::string& id, const std::string& a, const std::string& b) {
        const auto program = row_with_id(id).program;
        Row row;
        for (const MappedColumn& column : program->relations.at(0).columns)
            row.emplace_back(column.name == "a" ? a : b);
        OneRow view{row};
        const std::vector<Value> key{Value{a}, Value{b}};
        return derive(*program, 0, encode_key(key), view).computed;
    };
    const auto named = [](const std::string& name) {
        return uuid_v5(*Uuid::parse("7c9e6679-7425-40de-944b-e07fc1f90ae7"), name);
    };
    CHECK(id_of("'t/' || key", "a/b", "c") == named("t/a%2Fb/c"));
    CHECK(id_of("'t/' || key", "a", "b/c") == named("t/a/b%2Fc"));
    CHECK(id_of("key", "100%", "") == named("100%25/"));
    // Written by hand, the parts keep their bytes.
    CHECK(id_of("'t/' || t.a || '/' || t.b", "a/b", "100%") == named("t/a/b/100%"));
}
