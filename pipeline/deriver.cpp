#include "pipeline/deriver.hpp"

#include "pipeline/digests.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

namespace {
// Of an error of a value (class 22) and of NOT NULL what is named is a column.
std::string reason_of(const Refusal& why) {
    const bool value = why.sqlstate.starts_with("22");
    // The server's own words may quote the value.
    if (why.constraint.empty())
        return (value ? "a value that its column does not take" : why.message) + " (" +
               why.sqlstate + ")";
    const bool column = value || why.sqlstate == "23502";
    return (column ? "column " : "constraint ") + why.constraint + " (" + why.sqlstate + ")";
}
}  // namespace

Deriver::Deriver(const Program& program, const Reader& base, Overlay& overlay, const Input& input)
    : program_{program},
      base_{base},
      base_view_{program, base},
      overlay_{overlay},
      view_{program, overlay},
      input_{input},
      dirty_{input.dirty} {}

TargetBatch Deriver::run() {
    for (EntityIndex e = 0; e < program_.entities.size();) {
        derive_entity(e);
        settle_touched();
        EntityIndex next = settle_ids(e + 1);
        const auto due =
            std::ranges::find_if(dirty_, [](const auto& roots) { return !roots.second.empty(); });
        if (due != dirty_.end()) next = std::min(next, due->first);
        // Of roots derived in this batch no edge of the state tells yet whom they read.
        for (EntityIndex reader = next + 1; reader <= e; ++reader) {
            for (const auto& [root, working] : working_[reader])
                dirty_[reader].insert(root);
        }
        e = next;
    }
    note_held();
    TargetBatch batch;
    batch.end = input_.lsn;
    for (auto& [entity, roots] : working_) {
        for (auto& [root, working] : roots)
            finish_root(entity, root, working, batch);
    }
    plan_batch(batch);
    return batch;
}

void Deriver::derive_entity(EntityIndex entity) {
    std::set<KeyBytes>& dirty = dirty_[entity];
    while (!dirty.empty()) {
        const KeyBytes root = *dirty.begin();
        dirty.erase(dirty.begin());
        derive_root(entity, root);
    }
}

void Deriver::derive_root(EntityIndex entity, const KeyBytes& root) {
    auto [entry, first] = working_[entity].try_emplace(root);
    Working& working = entry->second;
    if (first) {
        if (auto record = base_view_.record(entity, root)) {
            working.before = std::move(*record);
            working.existed = true;
        }
        if (input_.forgotten.contains({entity, root})) working.before.hash.clear();
        // A row that somebody deleted on the target is no longer there to be updated.
        if (input_.missing.contains({entity, root})) working.before.present = false;
        if (const auto unfilled = input_.unfilled.find({entity, root});
            unfilled != input_.unfilled.end()) {
            for (const std::uint32_t column : unfilled->second)
                forget_digest(working.before, column | StoredDigest::kFingerprint);
        }
        working.after = working.before;
    }
    working.outcome = derive_or_take(entity, root);
    const auto refusal = input_.refused.find({entity, root});
    const bool refused = refusal != input_.refused.end();
    const bool gone = working.outcome.state == RootState::gone;
    if (refused && !gone) {
        working.outcome.state = RootState::rejected;
        const Refusal& why = refusal->second;
        const bool told = why.sqlstate == kNotWritten || why.message.starts_with(kBornThere);
        working.outcome.reason = told ? why.message : reason_of(why);
    }
    wish_id(entity, root, working);
    decide(entity, root, working);
    if (refused && gone) let_stand(working);
    take_claims(entity, root, working);
    yield_row(entity, root, working);
    publish(entity, root, working);
}

Outcome Deriver::derive_or_take(EntityIndex entity, const KeyBytes& root) {
    const auto& [of, prepared] = input_.prepared;
    if (prepared != nullptr && of == entity) {
        if (auto taken = prepared->extract(root)) return std::move(taken.mapped());
    }
    return derive(program_, entity, root, view_);
}

// Roots of this batch that saw a parent which is not there after all: they are not to be written,
// however many others are left for later.
void Deriver::rederive_children(const RootRef& parent) {
    for (const auto& [reader, roots] : working_) {
        const auto& parents = program_.entities[reader].variants.front().parents;
        for (const auto& [root, working] : roots) {
            const bool child =
                std::ranges::any_of(working.outcome.parents, [&](const ParentRef& ref) {
                    return parents[ref.parent].of == parent.entity && ref.root == parent.root;
                });
            if (child) dirty_[reader].insert(root);
        }
    }
}

// Makes the outcome visible to roots derived after this one, and marks those that saw another one.
void Deriver::publish(EntityIndex entity, const KeyBytes& root, Working& working) {
    const auto seen = view_.parent(entity, root);
    overlay_.staged().put(Family::derived, keys::root(entity, root), working.after.encode());
    const bool was = seen && seen->present;
    const bool is = working.after.visible();
    if (was == is && (!is || seen->id == working.after.id)) return;
    Affected affected{program_, view_, [&](EntityIndex reader, const KeyBytes& key) {
                          if (reader != entity || key != root) dirty_[reader].insert(key);
                      }};
    affected.set_budget(input_.outcome_budget);
    affected.leave_out(input_.unloaded);
    affected.walk_outcome(entity, root);
    if (const auto children = standing_.find({entity, root}); children != standing_.end()) {
        for (const RootRef& child : children->second)
            dirty_[child.entity].insert(child.root);
    }
    if (affected.rest().empty()) return;
    for (WorkItem& item : affected.rest())
        new_work_.push_back(std::move(item));
    if (!is) rederive_children({entity, root});
    if (working.fate != Fate::remove) return;
    // Its children are too many for one batch: it leaves when they are gone.
    working.fate = Fate::leave;
    working.after.present = true;
    working.after.leaving = true;
    take_claims(entity, root, working);
    yield_row(entity, root, working);
    overlay_.staged().put(Family::derived, keys::root(entity, root), working.after.encode());
    WorkItem finish;
    finish.kind = WorkItem::Kind::root;
    finish.entity = entity;
    finish.key = root;
    new_work_.push_back(std::move(finish));
}

}  // namespace crossfade
