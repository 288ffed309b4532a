// Lookups whose keys are computed: the index by which a change is carried back is the key's own.
#include "tests/pipeline/model_mapping.hpp"
#include "tests/pipeline/model_target.hpp"
#include "tests/support/catch.hpp"

#include "pipeline/batch.hpp"
#include "state/memory_store.hpp"

namespace crossfade::test {
namespace {

constexpr const char* kMapping =
    "version: 1\nnamespace: 549b22fb-a5c3-5d16-94b0-27e90695449f\n"
    "functions: {\"twice(x)\": x * 2}\nentities:\n"
    "  items:\n    target: public.items\n    root: {row: item, as: i}\n    id: \"'i/' || i.id\"\n"
    "    let: {double: i.cat_id * 2}\n"
    "    columns: {plain: \"cat[i.cat_id].name\", by_let: \"cat[double].name\",\n"
    "      by_function: \"alt[twice(i.cat_id)].name\"}\n";

class Items {
public:
    Change change(Operation operation, const std::string& table,
                  const std::map<std::string, Value>& values) const {
        Change change;
        change.operation = operation;
        change.relation = program_->find_relation("public." + table);
        if (change.relation == kNone) change.relation = program_->find_relation(table);
        REQUIRE(change.relation != kNone);
        for (const MappedColumn& column : program_->relations[change.relation].columns)
            change.row.push_back(values.at(column.name));
        return change;
    }
    void apply(const std::vector<Change>& changes) {
        Batch batch{*program_, state_, {}};
        batch.stage(changes);
        batch.close(EndLsn{Lsn{lsn_ += 8}});
        const BatchAnswer answer = target_.execute(batch.derive());
        REQUIRE(answer.ready());
        batch.accept(answer);
        state_.write(batch.changes(read_position(state_)), true);
    }
    // plain, by_let, by_function of the one row.
    std::vector<Value> row() const { return target_.table(0).begin()->second; }

private:
    std::shared_ptr<const Program> program_ = compile_model(kMapping).program;
    ModelTarget target_{*program_};
    MemoryStore state_;
    std::uint64_t lsn_ = 0;
};

Value text(const char* value) { return std::string{value}; }
Value number(std::int64_t value) { return value; }

}  // namespace

TEST_CASE("a row looked up by a computed key reaches its readers, beside one by the column itself",
          "[pipeline]") {
    Items items;
    items.apply(
        {items.change(Operation::insert, "cat", {{"id", number(1)}, {"name", text("a")}}),
         items.change(Operation::insert, "cat", {{"id", number(2)}, {"name", text("b")}}),
         items.change(Operation::insert, "alt", {{"id", number(2)}, {"name", text("c")}}),
         items.change(Operation::insert, "item", {{"id", number(9)}, {"cat_id", number(1)}})});
    CHECK((items.row() == std::vector<Value>{text("a"), text("b"), text("c")}));
    items.apply({items.change(Operation::update, "cat", {{"id", number(2)}, {"name", text("B")}})});
    CHECK((items.row() == std::vector<Value>{text("a"), text("B"), text("c")}));
    items.apply({items.change(Operation::update, "alt", {{"id", number(2)}, {"name", text("C")}})});
    CHECK((items.row() == std::vector<Value>{text("a"), text("B"), text("C")}));
    items.apply({items.change(Operation::update, "cat", {{"id", number(1)}, {"name", text("A")}})});
    CHECK((items.row() == std::vector<Value>{text("A"), text("B"), text("C")}));
}

}  // namespace crossfade::test
