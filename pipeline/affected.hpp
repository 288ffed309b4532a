// Who must be derived again: walks the compiled graph backwards from a change, by the edges of the
// state as it is now.
//
// Why walking the state *after* a change finds all: take a root that read the changed thing before.
// The first hop on its path that changed leads, through unchanged hops, back to the root; and that
// hop's own row is a change of this batch.
#pragma once

#include "pipeline/state_view.hpp"

#include <functional>
#include <vector>

namespace crossfade {

class Affected {
public:
    // `emit` is told (entity, root), or for an index's own nodes (kNone, row key).
    using Emit = std::function<void(EntityIndex entity, const KeyBytes& root)>;

    Affected(const Program& program, StateView& view, Emit emit)
        : program_{program}, view_{view}, emit_{std::move(emit)} {}

    // How many entries may be walked before the rest becomes work items.
    void set_budget(std::int64_t entries) { budget_ = entries; }
    std::int64_t budget() const { return budget_; }
    void spend(std::int64_t entries) { budget_ -= entries; }  // for what `emit` costs
    bool exhausted() const { return budget_ <= 0; }
    // Entities to which outcomes are not carried, because all their roots are derived later.
    // Borrowed.
    void leave_out(const std::set<EntityIndex>& entities) { left_out_ = &entities; }

    // The row `key` read at `node` changed (or the outcome of root `key`, for nodes of a parent
    // kind).
    void walk(std::uint32_t node, const KeyBytes& key, const KeyBytes& cursor = {});
    // One pass over a relation for all rows read by scans of it: (node, key) each, from one cursor.
    using Scans = std::vector<std::pair<std::uint32_t, KeyBytes>>;
    bool scans(std::uint32_t node) const;
    void walk_scans(const Scans& scans, const KeyBytes& cursor);
    // The members of a set under `key` changed.
    void walk_set(std::uint32_t node, const KeyBytes& key, const KeyBytes& cursor = {});
    // Every root of an entity that has a record.
    void walk_entity(EntityIndex entity, const KeyBytes& cursor = {});
    // The outcome of a root changed: all its readers.
    void walk_outcome(EntityIndex entity, const KeyBytes& root);

    // What did not fit the budget.
    std::vector<WorkItem>& rest() { return rest_; }

private:
    void walk_edge(std::uint32_t node, IndexId edge, const KeyBytes& key, const KeyBytes& cursor,
                   bool set);
    // Where the budget ended; nothing: it did not.
    std::optional<KeyBytes> emit_roots(EntityIndex entity, const KeyBytes& cursor);
    void walk_all_roots(std::uint32_t node, const KeyBytes& key, const KeyBytes& cursor);
    void walk_feeding_rows(std::uint32_t node, const KeyBytes& root, const KeyBytes& cursor);
    void later(std::uint32_t node, const KeyBytes& key, const KeyBytes& cursor, bool set);

    const Program& program_;
    StateView& view_;
    Emit emit_;
    std::int64_t budget_ = INT64_MAX;
    const std::set<EntityIndex>* left_out_ = nullptr;
    std::vector<WorkItem> rest_;
};

}  // namespace crossfade
