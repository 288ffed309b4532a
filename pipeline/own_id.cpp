// The part of Deriver that is about ids that several roots give: who owns one, and with it the row.
//
// A root that gives a row registers its wish for the id; the first wish owns it: an adopted root
// before others, then the lowest entity by name and root by key, whoever came first. What else
// happens is that of any unique value, but for this: who does not own its id is rejected, and a row
// goes to its new owner as it stands, so that nothing that refers to it has to leave.
#include "pipeline/deriver.hpp"

#include "pipeline/root_name.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

namespace {
// Of the roots that wish an id so many are told that it has another owner; the others learn it when
// they are derived next.
constexpr std::size_t kToldMax = 100;
// In a mapping whose parents depend on who owns an id, one batch may not come to an end.
constexpr int kTurnsMax = 1'000;

// Whether its roots may wait for a root that wishes the same id: their wishes hold while they wait,
// or the two would take turns for ever.
bool waits_for_rivals(const Program& program, const EntityProgram& entity) {
    return std::ranges::any_of(entity.variants.front().parents, [&](const ParentProgram& parent) {
        return program.entities[parent.of].id_claim == entity.id_claim;
    });
}
}  // namespace

ClaimValue Deriver::id_value(EntityIndex entity, const Uuid& id) const {
    return {program_.entities[entity].id_claim, encode_key(id)};
}

// Registers the root's wish, and rejects the root if the id is another's.
void Deriver::wish_id(EntityIndex entity, const KeyBytes& root, Working& working) {
    working.wish.reset();
    working.lost = false;
    const EntityProgram& program = program_.entities[entity];
    if (program.id_claim == kNone) return;
    if (++working.turns > kTurnsMax) {
        throw Failure{Error{ErrorKind::trust, "the owner of the id of " + program.name + " " +
                                                  display_root(program_, root) +
                                                  " changes again and again"}
                          .with_hint("its parents wait for roots that give the same id; make the "
                                     "ids of these entities unlike (id: in the mapping)")};
    }
    Outcome& outcome = working.outcome;
    if (input_.refused.contains({entity, root}) && outcome.id != Uuid{}) {
        // It does not own the id while another can, and asks again when none can any more.
        const ClaimValue value = id_value(entity, outcome.id);
        working.wish =
            StoredClaim{value.first, value.second,
                        id_order(program, kRefusedWish, outcome.adopted.has_value()), false};
        return;
    }
    const bool waits = outcome.state == RootState::parked && outcome.id != Uuid{} &&
                       waits_for_rivals(program_, program);
    if (outcome.state != RootState::row && !waits) return;
    const ClaimValue value = id_value(entity, outcome.id);
    working.wish = StoredClaim{value.first, value.second,
                               id_order(program, kLiving, outcome.adopted.has_value()), false};
    register_claims(program_, overlay_, {entity, root}, {}, {*working.wish}, touched_ids_);
    const auto owner = id_owner(program_, overlay_, value);
    if (owner == RootRef{entity, root}) return;
    working.lost = true;
    if (waits) return;
    outcome.state = RootState::rejected;
    outcome.wanted.clear();
    outcome.reason = "conflict: the id " + outcome.id.format() + " is owned by " +
                     program_.entities[owner->entity].name + " " +
                     display_root(program_, owner->root);
}

// What the root registers of ids: its wish, and the id of a row that stands without one.
std::vector<StoredClaim> Deriver::id_claims(EntityIndex entity, const Working& working) const {
    std::vector<StoredClaim> claims;
    const EntityProgram& program = program_.entities[entity];
    if (program.id_claim == kNone) return claims;
    if (working.wish) claims.push_back(*working.wish);
    const bool leaves = working.fate == Fate::retire || working.fate == Fate::leave;
    if (working.fate != Fate::stand && !leaves) return claims;
    const ClaimValue value = id_value(entity, working.before.id);
    const bool wishes_it = working.wish && working.wish->value == value.second;
    if (wishes_it && working.wish->order.front() != kRefusedWish) return claims;
    claims.push_back(
        {value.first, value.second, id_order(program, leaves ? kKept : kLiving, false), false});
    return claims;
}

// A row that only stands goes to the root that owns its id now.
void Deriver::yield_row(EntityIndex entity, const KeyBytes& root, Working& working) {
    if (program_.entities[entity].id_claim == kNone) return;
    if (working.lost && !working.after.present) working.after.id = working.outcome.id;
    if (!working.after.present || working.fate == Fate::write) return;
    const auto owner = id_owner(program_, overlay_, id_value(entity, working.after.id));
    if (!owner || *owner == RootRef{entity, root}) return;
    working.fate = Fate::yield;
    auto& claims = working.after.claims;
    const auto ids = std::stable_partition(
        claims.begin(), claims.end(),
        [&](const StoredClaim& claim) { return !program_.claims[claim.claim].of_id; });
    register_claims(program_, overlay_, {entity, root}, {claims.begin(), ids}, {}, touched_);
    std::vector<StoredClaim> wished = id_claims(entity, working);
    register_claims(program_, overlay_, {entity, root}, {ids, claims.end()}, wished, touched_ids_);
    claims = std::move(wished);
    working.after.present = false;
    if (working.lost) working.after.id = working.outcome.id;
    working.after.leaving = false;
    working.after.parents.clear();
    working.after.digests.clear();
    working.after.hash.clear();
}

// Whether another root has the row that was this root's.
bool Deriver::is_taken(EntityIndex entity, const KeyBytes& root, const Uuid& id) const {
    if (program_.entities[entity].id_claim == kNone) return false;
    const auto owner = id_owner(program_, overlay_, id_value(entity, id));
    if (!owner || *owner == RootRef{entity, root}) return false;
    const auto record = view_.record(owner->entity, owner->root);
    return record && record->present && record->id == id;
}

// The root whose row of this id stood before the batch. It need not own the id: a row that others
// refer to may stay for a while although its root yields it to one that waits.
std::optional<RootRef> Deriver::root_of_row(EntityIndex entity, const Uuid& id) const {
    if (program_.entities[entity].id_claim == kNone) return std::nullopt;
    return crossfade::root_of_row(program_, base_, entity, id);
}

// Whether what was decided of the root still holds, now that `owner` has the id.
bool Deriver::agrees(const RootRef& ref, const Working& working, const ClaimValue& value,
                     const std::optional<RootRef>& owner) const {
    if (working.wish && working.wish->order.front() == kRefusedWish) return true;
    const bool owns = owner == ref;
    if (working.wish && working.wish->value == value.second) return working.lost != owns;
    if (working.fate == Fate::yield && encode_key(working.before.id) == value.second) return !owns;
    const bool has = working.after.present && encode_key(working.after.id) == value.second;
    return !has || owns;
}

// The row stays after all, and with it the id.
void Deriver::keep_id(const RootRef& ref, DerivedRecord& record) {
    const EntityProgram& program = program_.entities[ref.entity];
    if (program.id_claim == kNone) return;
    const ClaimValue value = id_value(ref.entity, record.id);
    StoredClaim claim{value.first, value.second, id_order(program, kKept, false), false};
    register_claims(program_, overlay_, ref, {}, {claim}, touched_ids_);
    record.claims.push_back(std::move(claim));
}

// Who owns each id that roots of this batch came to wish or gave up, and whom that concerns. Gives
// back the first entity before `next` of which roots are to be derived again, or `next`.
EntityIndex Deriver::settle_ids(EntityIndex next) {
    for (const ClaimValue& value : std::exchange(touched_ids_, {})) {
        const auto owner = id_owner(program_, overlay_, value);
        const auto before = id_owner(program_, base_, value);
        const Uuid id = std::get<Uuid>(decode_key(value.second).front());
        const auto holder = root_of_row(program_.claims[value.first].entity, id);
        const bool goes =
            holder && owner && holder != owner && is_taken(holder->entity, holder->root, id);
        const auto look_at = [&](const RootRef& ref) {
            const Roots& roots = working_[ref.entity];
            const auto known = roots.find(ref.root);
            const bool settled = known != roots.end() ? agrees(ref, known->second, value, owner)
                                                      : owner == before && !(goes && holder == ref);
            if (settled) return;
            dirty_[ref.entity].insert(ref.root);
            next = std::min(next, ref.entity);
        };
        if (before) look_at(*before);
        if (holder) look_at(*holder);
        std::size_t told = 0;
        each_wish(program_, overlay_, value, [&](const RootRef& ref) {
            look_at(ref);
            return ++told < kToldMax;
        });
    }
    return next;
}

}  // namespace crossfade
