#include "pipeline/deriver.hpp"

#include "pipeline/stager.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

namespace {
constexpr const char* kMoved = "moved";
}

Deriver::Deriver(const Program& program, const Reader& base, Overlay& overlay, const Input& input)
    : program_{program},
      base_{base},
      base_view_{program, base},
      overlay_{overlay},
      view_{program, overlay},
      input_{input},
      dirty_{input.dirty} {}

TargetBatch Deriver::run() {
    for (EntityIndex e = 0; e < program_.entities.size(); ++e) {
        derive_entity(e);
        settle_entity_claims(e);
    }
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
        working.after = working.before;
    }
    working.outcome = derive_or_take(entity, root);
    if (const auto refusal = input_.refused.find({entity, root}); refusal != input_.refused.end()) {
        working.outcome.state = RootState::rejected;
        working.outcome.reason =
            "constraint " + refusal->second.constraint + " (" + refusal->second.sqlstate + ")";
    }
    decide(entity, root, working);
    take_claims(entity, root, working);
    publish(entity, root, working);
}

Outcome Deriver::derive_or_take(EntityIndex entity, const KeyBytes& root) {
    const auto& [of, prepared] = input_.prepared;
    if (prepared != nullptr && of == entity) {
        if (auto taken = prepared->extract(root)) return std::move(taken.mapped());
    }
    return derive(program_, entity, root, view_);
}

// What becomes of the root's target row, and its record but for what is known only once claims are
// settled.
void Deriver::decide(EntityIndex entity, const KeyBytes& root, Working& working) {
    const EntityProgram& program = program_.entities[entity];
    const bool stood = working.before.present;
    DerivedRecord& after = working.after;
    const Outcome& outcome = working.outcome;
    working.detach.clear();
    working.yielded.clear();
    after = working.before;
    after.members = outcome.members;
    after.reason = outcome.reason;
    after.flags = outcome.flags;
    after.leaving = false;
    switch (outcome.state) {
        case RootState::row:
            working.fate = Fate::write;
            after.state = StoredState::applied;
            after.id = outcome.id;
            after.present = true;
            return;
        case RootState::filtered:
            after.state = StoredState::filtered;
            working.fate = stood ? Fate::remove : Fate::nothing;
            break;
        case RootState::gone:
            after.state = StoredState::gone;
            if (stood && has_moved(entity, root, working)) after.flags.emplace(kMoved);
            working.fate = !stood                         ? Fate::nothing
                           : after.flags.contains(kMoved) ? Fate::remove
                           : program.keep_on_delete       ? Fate::retire
                                                          : Fate::remove;
            if (working.fate == Fate::retire) decide_standing(entity, root, working);
            break;
        case RootState::parked:
        case RootState::rejected:
            after.state =
                outcome.state == RootState::parked ? StoredState::parked : StoredState::rejected;
            working.fate = !stood                   ? Fate::nothing
                           : program.remove_on_park ? Fate::remove
                                                    : Fate::stand;
            if (working.fate == Fate::stand) decide_standing(entity, root, working);
            break;
    }
    after.present = working.fate == Fate::stand || working.fate == Fate::retire;
}

// A group whose members all live on under other keys is deleted, never kept: nobody is gone. Once
// it is known it stays known, for the row may have to wait until nothing refers to it.
bool Deriver::has_moved(EntityIndex entity, const KeyBytes& root, const Working& working) {
    const EntityProgram& program = program_.entities[entity];
    if (program.root_kind != EntityProgram::RootKind::group || is_unresolved(root)) return false;
    if (working.before.state == StoredState::gone) return working.before.flags.contains(kMoved);
    bool any = false, all = true;
    for (std::size_t i = 0; i < program.member_indexes.size() && all; ++i) {
        const RelationIndex relation = program.member_relations[i];
        base_view_.members(program.member_indexes[i], root, [&](const Member& member) {
            any = true;
            all = view_.image(relation, member.row) != nullptr;
            return all;
        });
    }
    return any && all;
}

// The last good row stands although its root does not give it now; parents it refers to may leave.
void Deriver::decide_standing(EntityIndex entity, const KeyBytes& root, Working& working) {
    const auto& parents = program_.entities[entity].variants.front().parents;
    for (const StoredParent& parent : working.before.parents) {
        const auto seen = view_.parent(parent.entity, parent.root);
        if (seen && seen->present) {
            const RootRef on{parent.entity, parent.root};
            if (on != RootRef{entity, root}) standing_[on].insert({entity, root});
            continue;
        }
        if (parents[parent.parent].gone == OnGone::remove) {
            working.fate = Fate::remove;
            return;
        }
        working.detach.push_back(parent.column);
    }
    std::erase_if(working.after.parents, [&](const StoredParent& parent) {
        return std::find(working.detach.begin(), working.detach.end(), parent.column) !=
               working.detach.end();
    });
}

void Deriver::take_claims(EntityIndex entity, const KeyBytes& root, Working& working) {
    // What the registry holds of this root now: from the state, or from an earlier derivation in
    // this batch.
    const auto current = view_.record(entity, root);
    const std::vector<StoredClaim> registered =
        current ? current->claims : std::vector<StoredClaim>{};
    std::vector<StoredClaim> claims;
    const auto keep_held = [&](char rank) {
        for (StoredClaim claim : working.before.claims) {
            if (!claim.held) continue;
            if (rank == kKept) claim.order[0] = kKept;
            const auto same = std::find_if(claims.begin(), claims.end(), [&](const StoredClaim& c) {
                return c.claim == claim.claim && c.value == claim.value;
            });
            if (same == claims.end())
                claims.push_back(std::move(claim));
            else
                same->held = true;
        }
    };
    if (working.fate == Fate::write) claims = living_claims(working.outcome);
    // A refusal by the target does not release the value; what stands there is held as well.
    if (input_.refused.contains({entity, root})) claims = living_claims(working.outcome);
    if (working.fate == Fate::stand) keep_held(kLiving);
    if (working.fate == Fate::retire || working.fate == Fate::leave) keep_held(kKept);
    register_claims(overlay_, root, registered, claims, touched_);
    working.after.claims = std::move(claims);
    if (input_.ask_again) ask_again(working);
}

// A row born on the target held a value once. Whoever comes to want it asks anew: if it is still
// held the target refuses it, and the mark comes back.
void Deriver::ask_again(const Working& working) {
    for (const StoredClaim& claim : working.after.claims) {
        const ClaimValue value{claim.claim, claim.value};
        const bool wanted =
            std::ranges::any_of(working.before.claims, [&](const StoredClaim& before) {
                return before.claim == claim.claim && before.value == claim.value;
            });
        if (wanted || input_.foreign.contains(value)) continue;
        if (unmark_foreign(overlay_, value)) touched_.insert(value);
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
    if (working.fate != Fate::remove) return;
    // Its children are too many for one batch: it leaves when they are gone.
    working.fate = Fate::leave;
    working.after.present = true;
    working.after.leaving = true;
    take_claims(entity, root, working);
    overlay_.staged().put(Family::derived, keys::root(entity, root), working.after.encode());
    WorkItem finish;
    finish.kind = WorkItem::Kind::root;
    finish.entity = entity;
    finish.key = root;
    new_work_.push_back(std::move(finish));
}

void Deriver::settle_entity_claims(EntityIndex entity) {
    while (!touched_.empty()) {
        const ClaimValue value = *touched_.begin();
        touched_.erase(touched_.begin());
        const auto now = claim_holder(overlay_, value);
        const auto before = claim_holder(base_, value);
        for (const auto& root : {before, now}) {
            if (root && !working_[entity].contains(*root)) {
                dirty_[entity].insert(*root);
                derive_entity(entity);
            }
        }
        if (before && before != now) yield_claims(entity, *before, at(entity, *before));
    }
    for (auto& [root, working] : working_[entity]) {
        if (working.fate != Fate::write) continue;  // a row that only stands holds what it carries
        for (StoredClaim& claim : working.after.claims) {
            claim.held = claim_holder(overlay_, {claim.claim, claim.value}) == root;
        }
    }
}

// A row that only stands must give up a value that a living root now holds.
void Deriver::yield_claims(EntityIndex entity, const KeyBytes& root, Working& working) {
    const bool stands =
        working.fate == Fate::stand || working.fate == Fate::retire || working.fate == Fate::leave;
    if (!stands) return;
    std::vector<StoredClaim> kept;
    for (const StoredClaim& claim : working.after.claims) {
        if (claim_holder(overlay_, {claim.claim, claim.value}) == root || !claim.held) {
            kept.push_back(claim);
            continue;
        }
        working.yielded.push_back(program_.claims[claim.claim].column);
        // What the target refused goes on wanting the value; what merely stands does not.
        const auto& wishes = working.outcome.wishes;
        const bool wanted = input_.refused.contains({entity, root}) &&
                            std::any_of(wishes.begin(), wishes.end(), [&](const ClaimWish& wish) {
                                return wish.claim == claim.claim && wish.value == claim.value;
                            });
        if (wanted) kept.push_back({claim.claim, claim.value, claim.order, false});
    }
    register_claims(overlay_, root, working.after.claims, kept, touched_);
    working.after.claims = std::move(kept);
    overlay_.staged().put(Family::derived, keys::root(entity, root), working.after.encode());
}

KeyBytes Deriver::held_value(const RootRef& ref, std::uint32_t claim) const {
    const auto roots = working_.find(ref.entity);
    if (roots == working_.end()) return {};
    const auto entry = roots->second.find(ref.root);
    if (entry == roots->second.end() || entry->second.fate != Fate::write) return {};
    for (const StoredClaim& stored : entry->second.after.claims) {
        if (stored.claim == claim && stored.held) return stored.value;
    }
    return {};
}

// How many parents of a self-reference must be inserted before this row. Rows that stand already
// are no matter, nor are removals: those of one entity leave together.
std::uint32_t Deriver::depth(EntityIndex entity, const KeyBytes& root) {
    const EntityProgram& program = program_.entities[entity];
    if (!program.self_reference) return 0;
    const Roots& roots = working_[entity];
    std::uint32_t steps = 0;
    KeyBytes at = root;
    while (true) {
        const auto entry = roots.find(at);
        const bool inserted = entry != roots.end() && entry->second.fate == Fate::write &&
                              !entry->second.before.present;
        if (entry == roots.end() || (at != root && !inserted)) break;
        if (at != root) ++steps;
        KeyBytes next;
        for (const ParentRef& parent : entry->second.outcome.parents) {
            if (program.variants.front().parents[parent.parent].self) next = parent.root;
        }
        if (next.empty() || steps > roots.size()) break;
        at = next;
    }
    return steps;
}

}  // namespace crossfade
