// The second half of Deriver: outcomes become writes for the target and records for the state.
#include "pipeline/deriver.hpp"

#include "model/encoding.hpp"
#include "pipeline/digests.hpp"
#include "pipeline/stager.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

namespace {
// Columns whose change on the source must reach the target.
bool is_compared(const TargetColumn& column) {
    return column.owner != Owner::trigger && column.owner != Owner::target;
}

// Without what the type of the column may drop: 1.50 and 1.5 are one numeric(9,2), 2 and 2.0 too.
Value plain(const Value& value) {
    if (const auto* decimal = std::get_if<Decimal>(&value)) return decimal->normalized();
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return Decimal{*integer};
    return value;
}

}  // namespace

// Eight bytes of everything that is written, then eight of what surely makes another row of it:
// what an owner may keep from being written is left out, and numbers of one value are one.
std::string Deriver::row_hash(EntityIndex entity, const Outcome& outcome) const {
    const TargetSpec& target = program_.entities[entity].target;
    std::string all(outcome.id.bytes.begin(), outcome.id.bytes.end());
    std::string sure = all;
    for (std::size_t i = 0; i < target.columns.size(); ++i) {
        // A deferred column has its own way: its secret's fingerprint is stored apart.
        if (!is_compared(target.columns[i]) || target.columns[i].kind == ColumnSpec::Kind::deferred)
            continue;
        append_value(all, outcome.values[i]);
        if (target.columns[i].owner == Owner::bridge) append_value(sure, plain(outcome.values[i]));
    }
    return sha256(all).substr(0, 8) + sha256(sure).substr(0, 8);
}

// What the row was made of before the batch; empty if what stands there is not known exactly, for
// then nothing can be said of who changed it.
std::vector<Value> Deriver::last_written(EntityIndex entity, const KeyBytes& root,
                                         const Working& working) {
    const auto& columns = program_.entities[entity].target.columns;
    if (std::ranges::any_of(columns, [](const TargetColumn& column) {
            return column.kind == ColumnSpec::Kind::deferred;
        }))
        return {};
    Outcome was = derive(program_, entity, root, base_view_);
    if (was.state != RootState::row) return {};
    std::vector<bool> held;
    for (const ClaimWish& wish : was.wishes) {
        held.push_back(std::ranges::any_of(working.before.claims, [&](const StoredClaim& claim) {
            return claim.claim == wish.claim && claim.value == wish.value && claim.held;
        }));
    }
    settle_claims(program_, entity, was, held);
    if (row_hash(entity, was) != working.before.hash) return {};
    return std::move(was.values);
}

void Deriver::finish_root(EntityIndex entity, const KeyBytes& root, Working& working,
                          TargetBatch& batch) {
    bool keep = false;
    switch (working.fate) {
        case Fate::write: finish_write(entity, root, working, batch); break;
        case Fate::leave:
        case Fate::stand: finish_stand(entity, root, working, batch); break;
        case Fate::retire: finish_retire(entity, root, working, batch); break;
        case Fate::remove: {
            vacate(entity, root, working, batch);
            // A row that was kept since somebody changed it stays kept: what the bridge wrote there
            // cannot be derived any more, so a DELETE of it could not be guarded.
            keep = program_.entities[entity].keep_if_changed && !working.before.leaving &&
                   working.before.flags.contains("changed");
            if (keep) break;
            RowDelete removal;
            removal.root = {entity, root};
            removal.id = working.before.id;
            removal.depth = depth(entity, root);
            if (program_.entities[entity].keep_if_changed) {
                removal.last_written = last_written(entity, root, working);
                removal.keep_if_changed = !removal.last_written.empty();
            }
            batch.deletes.push_back(std::move(removal));
            working.after.hash.clear();
            working.after.parents.clear();
            working.after.digests.clear();
            break;
        }
        case Fate::nothing: break;
    }
    store(entity, root, working);
    if (keep) keep_row({entity, root}, true, "changed");
}

// From the row as it is, else as it was before the batch; a row that stands for a root that went
// earlier, and has not left yet, has nothing but its key.
Value Deriver::given_up(EntityIndex entity, const KeyBytes& root, std::uint32_t column) {
    Value value = vacated_value(program_, entity, root, column, view_);
    if (is_null(value)) value = vacated_value(program_, entity, root, column, base_view_);
    return is_null(value) ? vacated_value(program_, entity, root, column, base_view_, true) : value;
}

// Values another root takes in this batch are given up in an earlier statement. What that writes is
// what the next write of an `until_changed` column must find.
void Deriver::vacate(EntityIndex entity, const KeyBytes& root, Working& working,
                     TargetBatch& batch) {
    if (!working.before.present) return;
    Vacate vacate;
    vacate.root = {entity, root};
    vacate.id = working.before.id;
    for (const StoredClaim& claim : working.before.claims) {
        if (!claim.held) continue;
        const auto holder = claim_holder(overlay_, {claim.claim, claim.value});
        if (!holder || *holder == root) continue;
        const std::uint32_t column = program_.claims[claim.claim].column;
        vacate.columns.push_back(column);
        Value value = given_up(entity, root, column);
        const std::string last = find_digest(working.before, column);
        if (!last.empty()) {
            vacate.guards.push_back({column, last});
            set_digest(working.after, column, column_digest(value));
        }
        vacate.values.push_back(std::move(value));
    }
    if (!vacate.columns.empty()) batch.vacates.push_back(std::move(vacate));
}

void Deriver::finish_write(EntityIndex entity, const KeyBytes& root, Working& working,
                           TargetBatch& batch) {
    const TargetSpec& target = program_.entities[entity].target;
    Outcome& outcome = working.outcome;
    std::vector<bool> held;
    for (const StoredClaim& claim : working.after.claims)
        held.push_back(claim.held);
    settle_claims(program_, entity, outcome, held);
    working.after.flags = outcome.flags;
    working.after.hash = row_hash(entity, outcome);
    working.after.parents.clear();
    for (const ParentRef& parent : outcome.parents) {
        const ParentProgram& program =
            program_.entities[entity].variants[outcome.variant].parents[parent.parent];
        working.after.parents.push_back({parent.parent, program.column, program.of, parent.root});
    }
    const bool stood = working.before.present;
    const bool adopts = takes_over(entity, root, working);
    const bool changed = !stood || working.after.hash != working.before.hash;
    defer(entity, root, working);
    if (!changed) return;
    const std::size_t vacates = batch.vacates.size();
    if (stood) vacate(entity, root, working, batch);
    if (adopts && input_.unseated.contains({entity, root})) unseat(entity, root, working, batch);
    // The write may find everything as it should be: if nothing is known of what stands there, if
    // the vacate wrote it already, or if only such columns differ as may be kept from changing.
    const std::string& known = working.before.hash;
    const bool blind = known.empty() || batch.vacates.size() > vacates ||
                       known.substr(8) == working.after.hash.substr(8);
    RowWrite write;
    write.root = {entity, root};
    write.id = outcome.id;
    write.present = stood || adopts;
    write.blind = adopts || (stood && blind);
    write.depth = depth(entity, root);
    bool partial = false;
    for (std::uint32_t i = 0; i < target.columns.size(); ++i) {
        const TargetColumn& column = target.columns[i];
        const bool deferred = column.kind == ColumnSpec::Kind::deferred;
        if (deferred && !stood) outcome.values[i] = until_value(program_, entity, root, i, view_);
        partial = partial || (deferred && stood);
        if (column.owner != Owner::until_changed || (deferred && stood)) continue;
        const std::string last = find_digest(working.after, i);
        if (stood && !last.empty()) write.guards.push_back({i, last});
        set_digest(working.after, i, column_digest(outcome.values[i]));
    }
    for (std::uint32_t i = 0; partial && i < target.columns.size(); ++i) {
        const bool deferred = target.columns[i].kind == ColumnSpec::Kind::deferred;
        if (is_compared(target.columns[i]) && !deferred) write.only.push_back(i);
    }
    write.values = outcome.values;
    if (adopts) guard_new(entity, working, write);
    batch.writes.push_back(std::move(write));
}

// A secret that appeared or changed is queued to be read again, hashed and filled in.
void Deriver::defer(EntityIndex entity, const KeyBytes& root, Working& working) {
    const TargetSpec& target = program_.entities[entity].target;
    for (std::uint32_t i = 0; i < target.columns.size(); ++i) {
        if (target.columns[i].kind != ColumnSpec::Kind::deferred) continue;
        std::string bytes;
        append_value(bytes, working.outcome.values[i]);
        const std::string fingerprint = column_digest(Value{bytes});
        const bool fresh = !working.before.present;
        if (!fresh && find_digest(working.before, i | kFingerprint) == fingerprint) continue;
        set_digest(working.after, i | kFingerprint, fingerprint);
        if (fresh && is_null(working.outcome.values[i])) continue;
        WorkItem item;
        item.kind = WorkItem::Kind::deferred;
        item.entity = entity;
        item.column = i;
        item.key = root;
        new_work_.push_back(std::move(item));
    }
}

void Deriver::finish_stand(EntityIndex entity, const KeyBytes& root, Working& working,
                           TargetBatch& batch) {
    if (working.detach.empty() && working.yielded.empty()) return;
    vacate(entity, root, working, batch);
    working.after.hash.clear();
    if (working.detach.empty()) return;  // what it yields is written by the vacate alone
    RowWrite write;
    write.root = {entity, root};
    write.id = working.before.id;
    write.present = true;
    write.blind = working.before.hash.empty();
    write.values.assign(program_.entities[entity].target.columns.size(), Value{Null{}});
    write.only = working.detach;
    guard(entity, working, write);
    batch.writes.push_back(std::move(write));
}

void Deriver::finish_retire(EntityIndex entity, const KeyBytes& root, Working& working,
                            TargetBatch& batch) {
    if (working.before.state == StoredState::gone)
        return finish_stand(entity, root, working, batch);
    vacate(entity, root, working, batch);
    working.after.hash.clear();
    RowWrite write;
    write.root = {entity, root};
    write.id = working.before.id;
    write.present = true;
    write.blind = true;  // the row may have had the inactive values before
    write.values.assign(program_.entities[entity].target.columns.size(), Value{Null{}});
    write.only = working.detach;
    for (const auto& [column, value] : program_.entities[entity].keep_columns) {
        write.only.push_back(column);
        write.values[column] = value;
    }
    guard(entity, working, write);
    if (!write.only.empty()) batch.writes.push_back(std::move(write));
}

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
        const auto holder = claim_holder(overlay_, {claim.claim, claim.value});
        if (!claim.held) continue;
        if (holder && *holder != ref.root) {  // vacated, although the row stays
            const std::uint32_t column = program_.claims[claim.claim].column;
            if (!find_digest(record, column).empty())
                set_digest(record, column, column_digest(given_up(ref.entity, ref.root, column)));
            continue;
        }
        claim.order[0] = kKept;
        overlay_.staged().put(
            Family::claims, keys::claim(claim.claim, claim.value, claim.order, ref.root), ref.root);
        record.claims.push_back(std::move(claim));
    }
    for (const StoredParent& parent : record.parents) {
        overlay_.staged().put(Family::edges,
                              keys::stale(parent.entity, parent.root, ref.entity, ref.root), {});
    }
    overlay_.staged().put(Family::targets, keys::target(record.id), key);
    overlay_.staged().put(Family::derived, key, record.encode());
    WorkItem item;
    item.kind = kept ? WorkItem::Kind::outcome : WorkItem::Kind::root;
    item.entity = ref.entity;
    item.key = ref.root;
    new_work_.push_back(std::move(item));
}

void Deriver::store(EntityIndex entity, const KeyBytes& root, Working& working) {
    const std::string key = keys::root(entity, root);
    if (working.existed) count(entity, working.before, -1);
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
    if (working.before.present && !working.after.present) {
        overlay_.staged().erase(Family::targets, keys::target(working.before.id));
    }
    if (working.after.present)
        overlay_.staged().put(Family::targets, keys::target(working.after.id), key);
    if (kept)
        overlay_.staged().put(Family::derived, key, working.after.encode());
    else
        overlay_.staged().erase(Family::derived, key);
}

}  // namespace crossfade
