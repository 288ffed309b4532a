// The part of Deriver that is about unique values: what a root registers, who holds a value, and
// who gives it up for another.
#include "pipeline/deriver.hpp"

#include "pipeline/digests.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

void Deriver::take_claims(EntityIndex entity, const KeyBytes& root, Working& working) {
    // What the registry holds of this root now: from the state, or from an earlier derivation in
    // this batch.
    const auto current = view_.record(entity, root);
    std::vector<StoredClaim> registered = current ? current->claims : std::vector<StoredClaim>{};
    const auto of_ids = std::stable_partition(
        registered.begin(), registered.end(),
        [&](const StoredClaim& claim) { return !program_.claims[claim.claim].of_id; });
    const std::vector<StoredClaim> registered_ids{of_ids, registered.end()};
    registered.erase(of_ids, registered.end());
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
    if (working.fate == Fate::write) claims = living_claims(program_, entity, working.outcome);
    // A refusal by the target does not release the value; what stands there is held as well.
    if (input_.refused.contains({entity, root}))
        claims = living_claims(program_, entity, working.outcome);
    // A row that stands and in which somebody put a value of another root gives up its own, too.
    const bool unseated =
        input_.unseated.contains({entity, root}) && !input_.stuck.contains({entity, root});
    if (working.fate == Fate::stand && !unseated) keep_held(kLiving);
    if ((working.fate == Fate::retire || working.fate == Fate::leave) && !unseated)
        keep_held(kKept);
    register_claims(program_, overlay_, {entity, root}, registered, claims, touched_);
    working.after.claims = std::move(claims);
    release_marks(working);
    if (input_.ask_again) ask_again({entity, root}, working);
    std::vector<StoredClaim> ids = id_claims(entity, working);
    register_claims(program_, overlay_, {entity, root}, registered_ids, ids, touched_ids_);
    std::ranges::move(ids, std::back_inserter(working.after.claims));
}

// A value that the row gives up is nobody else's: if it is marked, the target refused it to another
// root because of this row.
void Deriver::release_marks(const Working& working) {
    for (const StoredClaim& claim : working.before.claims) {
        const ClaimValue value = registered_as(program_, claim);
        if (!claim.held || input_.foreign.contains(value)) continue;
        const bool kept = std::ranges::any_of(working.after.claims, [&](const StoredClaim& after) {
            return after.claim == claim.claim && after.value == claim.value;
        });
        if (!kept && unmark_foreign(overlay_, value)) touched_.insert(value);
    }
}

// A row born on the target held a value once. Whoever comes to want it asks anew, and who is
// derived for a repair or a retry: if it is still held the target refuses it, and the mark comes
// back.
void Deriver::ask_again(const RootRef& ref, const Working& working) {
    const bool told_to = input_.forgotten.contains(ref);
    for (const StoredClaim& claim : working.after.claims) {
        const ClaimValue value = registered_as(program_, claim);
        const bool wanted =
            std::ranges::any_of(working.before.claims, [&](const StoredClaim& before) {
                return before.claim == claim.claim && before.value == claim.value;
            });
        if ((wanted && !told_to) || input_.foreign.contains(value)) continue;
        if (unmark_foreign(overlay_, value)) touched_.insert(value);
    }
}

// Who holds each value that roots came to want or gave up. A root that this concerns and that was
// not derived yet comes to its turn first; where entities share a claim it may be of any of them.
void Deriver::settle_touched() {
    std::set<ClaimValue> later;
    while (!touched_.empty()) {
        const ClaimValue value = *touched_.begin();
        touched_.erase(touched_.begin());
        const auto now = claim_holder(program_, overlay_, value);
        const auto before = claim_holder(program_, base_, value);
        bool derived = true;
        for (const auto& ref : {before, now}) {
            if (!ref || working_[ref->entity].contains(ref->root)) continue;
            dirty_[ref->entity].insert(ref->root);
            derived = false;
        }
        if (!derived)
            later.insert(value);
        else if (before && before != now)
            yield_claims(before->entity, before->root, at(before->entity, before->root));
    }
    touched_ = std::move(later);
}

// Which of the values that a row is to carry it has, when all of them have a holder.
void Deriver::note_held() {
    for (auto& [entity, roots] : working_) {
        for (auto& [root, working] : roots) {
            if (working.fate != Fate::write) continue;  // what only stands holds what it carries
            for (StoredClaim& claim : working.after.claims) {
                claim.held = !program_.claims[claim.claim].of_id &&
                             claim_holder(program_, overlay_, registered_as(program_, claim)) ==
                                 RootRef{entity, root};
            }
        }
    }
}

// A row that only stands must give up a value that a living root now holds.
void Deriver::yield_claims(EntityIndex entity, const KeyBytes& root, Working& working) {
    const bool stands =
        working.fate == Fate::stand || working.fate == Fate::retire || working.fate == Fate::leave;
    if (!stands || input_.stuck.contains({entity, root})) return;
    std::vector<StoredClaim> kept;
    for (const StoredClaim& claim : working.after.claims) {
        const auto holder = claim_holder(program_, overlay_, registered_as(program_, claim));
        if (holder == RootRef{entity, root} || !claim.held) {
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
    register_claims(program_, overlay_, {entity, root}, working.after.claims, kept, touched_);
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

// Before any row is written, a statement of its own sets the unique columns whose value another
// root takes in this batch. For a column that is `until_changed` that is a write like any other:
// the next one is made only if the column still has the value set here.
void Deriver::vacate(EntityIndex entity, const KeyBytes& root, Working& working,
                     TargetBatch& batch) {
    if (!working.before.present) return;
    Vacate vacate;
    vacate.root = {entity, root};
    vacate.id = working.before.id;
    for (const StoredClaim& claim : working.before.claims) {
        if (!claim.held) continue;
        const auto holder = claim_holder(program_, overlay_, registered_as(program_, claim));
        if (!holder || *holder == RootRef{entity, root}) continue;
        const std::uint32_t column = program_.claims[claim.claim].column;
        vacate.columns.push_back(column);
        Value value = given_up(entity, root, column);
        const std::string last = find_digest(working.before, column);
        if (!last.empty()) {
            vacate.guards.push_back({column, last});
            set_digest(working.after, column, text_digest(value));
        }
        vacate.values.push_back(std::move(value));
    }
    if (!vacate.columns.empty()) batch.vacates.push_back(std::move(vacate));
}

// What a unique column is set to when another root takes its value. It is computed from the root's
// source row as it is now; if there is none, as it was before the batch; if the row went in an
// earlier batch, from the root's key alone.
Value Deriver::given_up(EntityIndex entity, const KeyBytes& root, std::uint32_t column) {
    Value value = vacated_value(program_, entity, root, column, view_);
    if (is_null(value)) value = vacated_value(program_, entity, root, column, base_view_);
    return is_null(value) ? vacated_value(program_, entity, root, column, base_view_, true) : value;
}

}  // namespace crossfade
