// int() whose result goes to an integer column of the target, and the range of that column.
#include "tests/support/catch.hpp"
#include "transforms/derivation.hpp"
#include "transforms/program.hpp"

#include <limits>

using namespace crossfade;

namespace {

// The rows of t(id bigint, a text): `values`, each a member of whatever is asked for.
class Rows : public View {
public:
    Rows(const MappedRelation& relation, const std::vector<std::string>& values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            Row row;
            for (const MappedColumn& column : relation.columns)
                row.push_back(column.name == "id" ? Value{static_cast<std::int64_t>(i)}
                                                  : Value{values[i]});
            rows_.push_back(std::make_shared<const Row>(std::move(row)));
        }
    }
    static KeyBytes key(std::size_t row) {
        return encode_key({Value{static_cast<std::int64_t>(row)}});
    }
    std::shared_ptr<const Row> image(RelationIndex, const KeyBytes& of) override {
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            if (key(i) == of) return rows_[i];
        }
        return nullptr;
    }
    void members(IndexId, const KeyBytes&,
                 const std::function<bool(const Member&)>& each) override {
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            if (!each({key(i), 0})) return;
        }
    }
    std::optional<KeyBytes> key_of(IndexId, const Member&) override { return std::nullopt; }
    std::optional<ParentView> parent(EntityIndex, const KeyBytes&) override { return {}; }
    std::optional<AdoptedRow> adopted(EntityIndex, const Uuid&) override { return {}; }

private:
    std::vector<std::shared_ptr<const Row>> rows_;
};

std::shared_ptr<const Program> compiled(const std::string& expression,
                                        const std::string& kind = "value") {
    CatalogTable t;
    t.name = "t";
    t.columns = {{"id", Type::integer, "bigint", false, false},
                 {"a", Type::text, "text", true, false}};
    t.primary_key = t.identity_key = {"id"};
    Findings findings;
    const auto mapping = parse_mapping(
        "version: 1\nnamespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7\n"
        "functions: {\"own(x)\": \"coalesce(int(x), 7)\"}\n"
        "entities:\n  e:\n    target: e\n    root: {row: t}\n    id: \"'e/' || t.id\"\n"
        "    sets: {all: {from: t, key: id, at: t.id}}\n"
        "    let: {number: int(t.a)}\n"
        "    columns:\n      c: {" +
            kind + ": \"" + expression + "\"}\n",
        "m.yaml", findings);
    for (const Finding& finding : findings)
        UNSCOPED_INFO(finding.format());
    REQUIRE(mapping);
    auto program = compile(*mapping, {{"public.t", t}}, findings);
    for (const Finding& finding : findings)
        UNSCOPED_INFO(finding.format());
    REQUIRE(program);
    return program;
}

// What the first row gives for a column of this type, with the flags.
std::string derived(const std::string& expression, const std::string& type,
                    const std::vector<std::string>& values, const std::string& kind = "value") {
    const auto program = compiled(expression, kind);
    const auto& range = program->entities[0].target.columns[0].range;
    if (range) range->tell(type);
    Rows rows{program->relations[0], values};
    const Outcome outcome = derive(*program, 0, Rows::key(0), rows);
    if (outcome.state != RootState::row) return std::string{to_string(outcome.state)};
    std::string text = is_null(outcome.values[0]) ? "null" : to_display(outcome.values[0]);
    for (const std::string& flag : outcome.flags)
        text += " " + flag;
    return text;
}

}  // namespace

TEST_CASE("a range is that of the type, and all of int64 before it is told", "[functions]") {
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    IntegerRange range;
    CHECK((range.holds(least) && range.holds(most)));
    range.tell("int4");
    CHECK((range.holds(2147483647) && range.holds(-2147483648)));
    CHECK_FALSE((range.holds(2147483648) || range.holds(-2147483649)));
    CHECK_FALSE((range.holds(least) || range.holds(most)));
    range.tell("int2");
    CHECK((range.holds(32767) && range.holds(-32768) && range.holds(0)));
    CHECK_FALSE((range.holds(32768) || range.holds(-32769)));
    for (const char* wide : {"int8", "numeric", "text"}) {
        range.tell(wide);
        CHECK((range.holds(least) && range.holds(most)));
    }
}

TEST_CASE("int of a number that its column cannot hold is NULL with the flag", "[functions]") {
    CHECK(derived("int(t.a)", "int4", {"99999999999"}) == "null bad_number");
    CHECK(derived("int(t.a)", "int4", {"-99999999999"}) == "null bad_number");
    CHECK(derived("int(t.a)", "int4", {"2147483648"}) == "null bad_number");
    CHECK(derived("int(t.a)", "int4", {"2147483647"}) == "2147483647");
    CHECK(derived("int(t.a)", "int4", {"-2147483648"}) == "-2147483648");
    CHECK(derived("int(t.a)", "int2", {"32768"}) == "null bad_number");
    CHECK(derived("int(t.a)", "int2", {"32767,0"}) == "32767");
    CHECK(derived("int(t.a)", "int8", {"99999999999"}) == "99999999999");
    CHECK(derived("int(t.a)", "int8", {"99999999999999999999"}) == "null bad_number");
    CHECK(derived("int(t.a)", "numeric", {"99999999999"}) == "99999999999");
    CHECK(derived("int(t.a)", "int4", {"six"}) == "null bad_number");
    CHECK(derived("int(t.a)", "int4", {" "}) == "null");
}

TEST_CASE("the range reaches every int whose result may go to the column", "[functions]") {
    const std::string expression = GENERATE(
        "number", "coalesce(number, 7)", "coalesce(null, int(t.a))", "if(t.id = 0, int(t.a), 1)",
        "if(t.id = 1, 1, int(t.a))", "own(t.a)", "raise('seen', int(t.a))", "nullif(int(t.a), 0)",
        "choose(t.id, 0, int(t.a), 1)", "choose(t.id, 1, 1, int(t.a))", "min(all, int(a))",
        "max(all, int(a))", "first(all, int(a), order id)", "most_frequent(all, int(a))",
        "most_frequent(all, int(a), if int(a) > 0)",
        "coalesce(most_frequent(all, own(a)), raise('none', 3))");
    INFO(expression);
    const bool or_seven =
        expression.find("7") != std::string::npos || expression.find("own") != std::string::npos;
    const bool seen = expression.find("seen") != std::string::npos;
    const std::string gone =
        std::string{or_seven ? "7" : "null"} + " bad_number" + (seen ? " seen" : "");
    CHECK(derived(expression, "int4", {"99999999999"}) == gone);
    CHECK(derived(expression, "int2", {"40000"}) == gone);
    CHECK(derived(expression, "int8", {"99999999999"}) ==
          std::string{"99999999999"} + (seen ? " seen" : ""));
    CHECK(derived(expression, "int4", {"12"}) == std::string{"12"} + (seen ? " seen" : ""));
}

TEST_CASE("an aggregate goes on over the members that are in range", "[functions]") {
    const std::vector<std::string> values{"99999999999", "99999999999", "4", "5", "4"};
    CHECK(derived("most_frequent(all, int(a))", "int4", values) == "4 bad_number");
    CHECK(derived("max(all, int(a))", "int4", values) == "5 bad_number");
    CHECK(derived("most_frequent(all, int(a))", "int8", {"9", "9", "4"}) == "9");
}

TEST_CASE("a claim and what it falls back on know the range too", "[functions]") {
    CHECK(derived("int(t.a)", "int2", {"40000"}, "claim") == "null bad_number");
    CHECK(derived("int(t.a)", "int2", {"400"}, "claim") == "400");
}

TEST_CASE("elsewhere int knows no range", "[functions]") {
    const std::string expression = GENERATE(
        "if(int(t.a) > 5, 'big', 'small')", "int(t.a) + 1", "-int(t.a)", "sum(all, int(a))",
        "count(all, int(a))", "mean(all, int(a))", "text(int(t.a))", "list(all, int(a))",
        "greatest(int(t.a), 0)", "least(int(t.a), 9)", "abs(int(t.a))",
        "count_distinct(all, int(a))", "any(all, int(a) > 3)", "choose(int(t.a), 1, 2, 3)",
        "nullif(3, int(t.a))", "first(all, id, order int(a))");
    INFO(expression);
    CHECK(compiled(expression)->entities[0].target.columns[0].range == nullptr);
    CHECK(derived(expression, "int4", {"99999999999"}).find("bad_number") == std::string::npos);
}
