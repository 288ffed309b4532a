// The part of Deriver that keeps record: what the state stores of a root, its accounts and its
// place in quarantine.
#include "pipeline/deriver.hpp"

#include "pipeline/digests.hpp"
#include "pipeline/stager.hpp"
#include "state/keys.hpp"

namespace crossfade {

void Deriver::count(EntityIndex entity, const DerivedRecord& record, std::int64_t sign) {
    const auto members = static_cast<std::int64_t>(record.members);
    if (record.state == StoredState::gone || members == 0) return;
    if (record.state == StoredState::applied) {
        add_to_counter(overlay_, entity, "applied", sign);
        add_to_counter(overlay_, entity, "merged", sign * (members - 1));
        return;
    }
    add_to_counter(overlay_, entity, to_string(record.state), sign * members);
}

void Deriver::quarantine(EntityIndex entity, const KeyBytes& root, const Working& working) {
    const std::string key = keys::root(entity, root);
    const StoredState state = working.after.state;
    if (state != StoredState::parked && state != StoredState::rejected) {
        if (base_.get(Family::quarantine, key)) overlay_.staged().erase(Family::quarantine, key);
        return;
    }
    QuarantineRecord record;
    record.reason = working.outcome.reason;
    record.wanted = working.outcome.wanted;
    record.lsn = input_.lsn;
    if (const auto refusal = input_.refused.find({entity, root}); refusal != input_.refused.end()) {
        record.sqlstate = refusal->second.sqlstate;
        record.constraint = refusal->second.constraint;
        record.message = refusal->second.message;
    }
    overlay_.staged().put(Family::quarantine, key, record.encode());
}

void Deriver::keep_row(const RootRef& ref, bool kept, std::string_view flag) {
    const std::string key = keys::root(ref.entity, ref.root);
    const Working& working = at(ref.entity, ref.root);
    // What was kept once is not made to leave again and again.
    kept = kept || (working.before.flags.contains(std::string{flag}) && !working.before.leaving);
    DerivedRecord record = working.after;
    record.id = working.before.id;
    record.present = true;
    record.leaving = !kept;
    record.parents = working.before.parents;
    record.digests = working.before.digests;
    if (kept) record.flags.emplace(flag);
    for (StoredClaim claim : working.before.claims) {
        if (program_.claims[claim.claim].of_id || input_.unseated.contains(ref)) continue;
        const auto holder = claim_holder(program_, overlay_, registered_as(program_, claim));
        if (!claim.held) continue;
        if (holder && *holder != ref) {  // vacated, although the row stays
            const std::uint32_t column = program_.claims[claim.claim].column;
            if (!find_digest(record, column).empty())
                set_digest(record, column, text_digest(given_up(ref.entity, ref.root, column)));
            continue;
        }
        claim.order[0] = kKept;
        put_claim(program_, overlay_.staged(), ref, claim);
        record.claims.push_back(std::move(claim));
    }
    keep_id(ref, record);
    for (const StoredParent& parent : record.parents) {
        overlay_.staged().put(Family::edges,
                              keys::stale(parent.entity, parent.root, ref.entity, ref.root), {});
    }
    overlay_.staged().put(Family::targets, keys::row(record.id, ref.entity), ref.root);
    overlay_.staged().put(Family::derived, key, record.encode());
    WorkItem item;
    item.kind = kept ? WorkItem::Kind::outcome : WorkItem::Kind::root;
    item.entity = ref.entity;
    item.key = ref.root;
    new_work_.push_back(std::move(item));
}

void Deriver::store(EntityIndex entity, const KeyBytes& root, Working& working) {
    const std::string key = keys::root(entity, root);
    const auto epoch = static_cast<std::uint64_t>(read_counter(overlay_, entity, keys::kEpoch));
    if (working.existed && working.before.epoch == epoch) count(entity, working.before, -1);
    working.after.epoch = epoch;
    count(entity, working.after, 1);
    quarantine(entity, root, working);
    const auto stale_keys = [&](const DerivedRecord& record, auto&& use) {
        if (!record.present || record.state == StoredState::applied) return;
        for (const StoredParent& parent : record.parents)
            use(keys::stale(parent.entity, parent.root, entity, root));
    };
    stale_keys(working.before,
               [&](std::string k) { overlay_.staged().erase(Family::edges, std::move(k)); });
    stale_keys(working.after,
               [&](std::string k) { overlay_.staged().put(Family::edges, std::move(k), {}); });
    const bool kept = working.after.state != StoredState::gone || working.after.present;
    for (const IndexId edge : program_.entities[entity].root_edges) {
        const IndexSpec& spec = program_.indexes[edge];
        if (is_unresolved(root)) continue;
        FlagSet flags;
        Frame frame{view_, flags, spec.rows, spec.values};
        frame.key = decode_key(root);
        frame.root = root;
        KeyBytes value;
        for (const Eval& part : spec.key.front())
            append_key(value, part(frame));
        std::string entry = keys::index_entry(edge, value, {root, 0});
        if (kept)
            overlay_.staged().put(Family::edges, std::move(entry), {});
        else
            overlay_.staged().erase(Family::edges, std::move(entry));
    }
    // Of one entity the entry may be the new owner's already.
    const std::string row = keys::row(working.before.id, entity);
    const bool leaves = !working.after.present || working.after.id != working.before.id;
    if (working.before.present && leaves && overlay_.get(Family::targets, row) == root)
        overlay_.staged().erase(Family::targets, row);
    if (working.after.present)
        overlay_.staged().put(Family::targets, keys::row(working.after.id, entity), root);
    if (kept)
        overlay_.staged().put(Family::derived, key, working.after.encode());
    else
        overlay_.staged().erase(Family::derived, key);
}

}  // namespace crossfade
