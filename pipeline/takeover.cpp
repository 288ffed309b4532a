// The part of Deriver that is about rows of an earlier migration and about columns that are the
// bridge's until somebody else changes them.
#include "pipeline/deriver.hpp"
#include "pipeline/digests.hpp"

#include <algorithm>

namespace crossfade {

bool Deriver::takes_over(EntityIndex entity, const KeyBytes& root, const Working& working) const {
    return working.fate == Fate::write && working.outcome.adopted && !working.before.present &&
           !input_.missing.contains({entity, root});
}

// What an earlier migration left in the unique columns of a row, or somebody put there, is in
// another root's way: it is given up before that one is written, unless the column was somebody's
// to change.
void Deriver::unseat(EntityIndex entity, const KeyBytes& root, const Working& working,
                     TargetBatch& batch) {
    Vacate vacate;
    vacate.root = {entity, root};
    const bool stood = working.before.present;
    vacate.id = stood ? working.before.id : working.outcome.id;
    vacate.unseats = input_.emptied.contains({entity, root});
    for (const ClaimSpec& claim : program_.claims) {
        if (!claim.of_column() || claim.entity != entity) continue;
        const bool others = stood ? !find_digest(working.before, claim.column).empty()
                                  : working.outcome.adopted &&
                                        working.outcome.adopted->others.contains(claim.column);
        const Owner owner = program_.entities[entity].target.columns[claim.column].owner;
        if (others || owner == Owner::target || owner == Owner::trigger) continue;
        vacate.columns.push_back(claim.column);
        vacate.values.push_back(given_up(entity, root, claim.column));
    }
    if (!vacate.columns.empty()) batch.vacates.push_back(std::move(vacate));
}

// The same of a row that is not written as a whole, since its root does not give it now: what it
// has in the columns instead becomes part of `write`.
void Deriver::unseat_standing(EntityIndex entity, const KeyBytes& root, const Working& working,
                              TargetBatch& batch, RowWrite& write) {
    if (!input_.unseated.contains({entity, root})) return;
    const std::size_t vacates = batch.vacates.size();
    unseat(entity, root, working, batch);
    if (batch.vacates.size() == vacates) return;
    const Vacate& vacate = batch.vacates.back();
    write.blind = true;
    for (std::size_t i = 0; i < vacate.columns.size(); ++i) {
        const std::uint32_t column = vacate.columns[i];
        if (std::ranges::find(write.only, column) != write.only.end()) continue;
        write.only.push_back(column);
        write.values[column] = vacate.values[i];
    }
}

// Columns that are the bridge's until somebody else changes them are written only over the value it
// wrote last; of an adopted row over any that is not somebody else's already. A row under its own
// id may be the bridge's from an earlier load: then what stands there is its own if it is what
// would be written.
void Deriver::guard(EntityIndex entity, Working& working, RowWrite& write) const {
    const TargetSpec& target = program_.entities[entity].target;
    for (const std::uint32_t column : write.only) {
        if (target.columns[column].owner != Owner::until_changed) continue;
        const std::string last = find_digest(working.after, column);
        if (!last.empty()) write.guards.push_back({column, last});
        set_digest(working.after, column, text_digest(write.values[column]));
    }
}

void Deriver::guard_new(EntityIndex entity, Working& working, RowWrite& write) const {
    const TargetSpec& target = program_.entities[entity].target;
    for (std::uint32_t i = 0; i < target.columns.size(); ++i) {
        if (target.columns[i].owner != Owner::until_changed) continue;
        const bool others = working.outcome.adopted->others.contains(i);
        if (!others) write.guards.push_back({i, {}});
        const bool unknown = others && (working.outcome.adopted->id != working.outcome.computed ||
                                        target.columns[i].kind == ColumnSpec::Kind::deferred);
        set_digest(working.after, i, unknown ? kOthers : text_digest(write.values[i]));
    }
}

}  // namespace crossfade
