// Rows that stand although their roots do not give them now, when the parents they stand on leave.
#include "tests/pipeline/model_mapping.hpp"
#include "tests/pipeline/model_target.hpp"
#include "tests/support/catch.hpp"

#include "pipeline/batch.hpp"
#include "state/memory_store.hpp"

namespace crossfade::test {
namespace {

// Nodes under nodes; those that are gone are kept, those that are not active have no row.
std::string mapping(const std::string& gone) {
    return "version: 1\nnamespace: 549b22fb-a5c3-5d16-94b0-27e90695449f\nentities:\n"
           "  nodes:\n    target: public.nodes\n    root: {row: node, as: n}\n"
           "    id: \"'node/' || n.id\"\n    exists: n.active = 1\n"
           "    parents: {parent: {of: nodes, root: n.parent_id, missing: detach, gone: " +
           gone + "}}\n    columns: {state: \"'live'\"}\n" +
           "    on_delete: {keep: {state: \"'kept'\"}}\n";
}

class Nodes {
public:
    explicit Nodes(const std::string& yaml)
        : program_{compile_model(yaml).program}, target_{*program_} {}

    Change change(Operation operation, std::int64_t id, Value parent, std::int64_t active) const {
        Change change;
        change.operation = operation;
        for (const MappedColumn& column : program_->relations[0].columns) {
            change.row.push_back(column.name == "id"          ? Value{id}
                                 : column.name == "parent_id" ? parent
                                                              : Value{active});
        }
        if (operation == Operation::remove) change.old_key = {id};
        return change;
    }

    void apply(const std::vector<Change>& changes) {
        Batch batch{*program_, state_, {}};
        batch.stage(changes);
        lsn_ += 8;
        batch.close(EndLsn{Lsn{lsn_}});
        commit(batch);
        for (bool more = true; more;) {
            Batch work{*program_, state_, {}};
            more = work.add_work();
            if (more) commit(work);
        }
    }

    // The parent's column of every row that stands.
    std::vector<Value> parents() const {
        std::vector<Value> parents;
        for (const auto& [id, row] : target_.table(0))
            parents.push_back(row.front());
        return parents;
    }

private:
    void commit(Batch& batch) {
        const BatchAnswer answer = target_.execute(batch.derive());
        REQUIRE(answer.ready());
        REQUIRE(answer.referred.empty());
        batch.accept(answer);
        Position position = read_position(state_);
        position.applied = batch.lsn();
        state_.write(batch.changes(position), true);
    }

    std::shared_ptr<const Program> program_;
    ModelTarget target_;
    MemoryStore state_;
    std::uint64_t lsn_ = 0;
};

}  // namespace

TEST_CASE("a row that comes to stand in the batch in which its parent leaves follows the parent",
          "[pipeline]") {
    const std::string gone = GENERATE("delete", "detach");
    Nodes nodes{mapping(gone)};
    nodes.apply({nodes.change(Operation::insert, 4, Null{}, 1),
                 nodes.change(Operation::insert, 2, std::int64_t{4}, 1)});
    REQUIRE(nodes.parents().size() == 2);
    // The child is derived first, and finds the parent still there.
    nodes.apply({nodes.change(Operation::remove, 2, std::int64_t{4}, 1),
                 nodes.change(Operation::update, 4, Null{}, 0)});
    if (gone == "delete")
        CHECK(nodes.parents().empty());
    else
        CHECK(nodes.parents() == std::vector<Value>{Null{}});
}

}  // namespace crossfade::test
