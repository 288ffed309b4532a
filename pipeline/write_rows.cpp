// The part of Deriver that makes writes for the target of what was decided.
#include "pipeline/deriver.hpp"

#include "model/encoding.hpp"
#include "pipeline/digests.hpp"

#include <algorithm>

namespace crossfade {

namespace {
// Columns whose change on the source must reach the target.
bool follows_source(const TargetColumn& column) {
    return column.owner != Owner::trigger && column.owner != Owner::target;
}

// Without what the type of the column may drop: 1.50 and 1.5 are one numeric(9,2), 2 and 2.0 too.
void append_plain(std::string& out, const Value& value) {
    if (const auto* decimal = std::get_if<Decimal>(&value))
        append_value(out, decimal->normalized());
    else if (const auto* integer = std::get_if<std::int64_t>(&value))
        append_value(out, Decimal{*integer});
    else
        append_value(out, value);
}

// What is known of the row alone.
void forget_row(DerivedRecord& record) {
    record.hash.clear();
    record.parents.clear();
    record.digests.clear();
}

// The digest of values as they are encoded, in which a large text is not copied.
class ValuesDigest {
public:
    explicit ValuesDigest(const Uuid& id) : bytes_(id.bytes.begin(), id.bytes.end()) {}

    void add(const Value& value, bool is_plain) {
        if (const auto* text = std::get_if<std::string>(&value);
            text != nullptr && text->size() > kLarge) {
            append_head_of_text(bytes_, text->size());
            stream().add(bytes_);
            bytes_.clear();
            stream().add(*text);
        } else if (is_plain) {
            append_plain(bytes_, value);
        } else {
            append_value(bytes_, value);
        }
    }
    std::string take() {
        if (!stream_) return sha256(bytes_);
        stream_->add(bytes_);
        return stream_->take();
    }

private:
    static constexpr std::size_t kLarge = std::size_t{1} << 16;
    Sha256& stream() {
        if (!stream_) stream_.emplace();
        return *stream_;
    }
    std::string bytes_;
    std::optional<Sha256> stream_;
};

}  // namespace

// Two digests of eight bytes. The first is of every column that follows the source. The second is
// of those alone whose change always changes the row on the target: columns of the owner `bridge`,
// and of numbers their value (1.50 as 1.5). While the second stays the same, an UPDATE may change
// nothing.
std::string Deriver::row_hash(EntityIndex entity, const Outcome& outcome) const {
    const TargetSpec& target = program_.entities[entity].target;
    ValuesDigest all{outcome.id}, sure{outcome.id};
    for (std::size_t i = 0; i < target.columns.size(); ++i) {
        // A deferred column has its own way: its secret's fingerprint is stored apart.
        if (!follows_source(target.columns[i]) ||
            target.columns[i].kind == ColumnSpec::Kind::deferred)
            continue;
        all.add(outcome.values[i], false);
        if (target.columns[i].owner == Owner::bridge) sure.add(outcome.values[i], true);
    }
    return all.take().substr(0, 8) + sure.take().substr(0, 8);
}

// The values that the bridge wrote last, derived again from the state before the batch. Empty if
// they are not known exactly: then it cannot be told whether somebody else changed the row.
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
        case Fate::yield:
        case Fate::remove: {
            vacate(entity, root, working, batch);
            if (is_taken(entity, root, working.before.id)) {
                forget_row(working.after);
                break;
            }
            // A row that was kept since somebody changed it stays kept: what the bridge wrote there
            // cannot be derived any more, so a DELETE of it could not be guarded.
            keep = program_.entities[entity].keep_if_changed && !working.before.leaving &&
                   working.before.flags.contains("changed");
            if (keep) break;
            RowWrite write = partial_write({entity, root}, working);
            unseat_standing(entity, root, working, batch, write);
            if (!write.only.empty()) batch.writes.push_back(std::move(write));
            RowDelete removal;
            removal.root = {entity, root};
            removal.id = working.before.id;
            removal.depth = depth(entity, root);
            if (program_.entities[entity].keep_if_changed) {
                removal.last_written = last_written(entity, root, working);
                removal.keep_if_changed = !removal.last_written.empty();
            }
            batch.deletes.push_back(std::move(removal));
            forget_row(working.after);
            break;
        }
        case Fate::nothing: break;
    }
    store(entity, root, working);
    if (keep) keep_row({entity, root}, true, "changed");
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
    const auto heir_of = root_of_row(entity, outcome.id);
    const bool inherits = !stood && !input_.missing.contains({entity, root}) && heir_of &&
                          *heir_of != RootRef{entity, root};
    const bool changed = !stood || working.after.hash != working.before.hash;
    defer(entity, root, working);
    if (!changed) return;
    const std::size_t vacates = batch.vacates.size();
    if (stood) vacate(entity, root, working, batch);
    if ((adopts || stood) && input_.unseated.contains({entity, root}))
        unseat(entity, root, working, batch);
    // Whether the UPDATE may change nothing without anything being wrong: it is not known what
    // stands there, the vacate wrote it already, or all that differs are columns that may keep the
    // value they have.
    const std::string& known = working.before.hash;
    const bool blind = known.empty() || batch.vacates.size() > vacates ||
                       known.substr(8) == working.after.hash.substr(8);
    RowWrite write;
    write.root = {entity, root};
    write.id = outcome.id;
    write.present = stood || adopts || inherits;
    write.blind = adopts || inherits || (stood && blind);
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
        set_digest(working.after, i, text_digest(outcome.values[i]));
    }
    for (std::uint32_t i = 0; partial && i < target.columns.size(); ++i) {
        const bool deferred = target.columns[i].kind == ColumnSpec::Kind::deferred;
        if (follows_source(target.columns[i]) && !deferred) write.only.push_back(i);
    }
    write.values = std::move(outcome.values);
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
        const std::string fingerprint = text_digest(Value{bytes});
        const bool fresh = !working.before.present;
        if (!fresh && find_digest(working.before, i | StoredDigest::kFingerprint) == fingerprint)
            continue;
        set_digest(working.after, i | StoredDigest::kFingerprint, fingerprint);
        if (fresh && is_null(working.outcome.values[i])) continue;
        WorkItem item;
        item.kind = WorkItem::Kind::deferred;
        item.entity = entity;
        item.column = i;
        item.key = root;
        new_work_.push_back(std::move(item));
    }
}

// Of a row that stands: the caller says of which columns.
RowWrite Deriver::partial_write(const RootRef& ref, const Working& working) const {
    RowWrite write;
    write.root = ref;
    write.id = working.before.id;
    write.present = true;
    write.values.assign(program_.entities[ref.entity].target.columns.size(), Value{Null{}});
    return write;
}

void Deriver::finish_stand(EntityIndex entity, const KeyBytes& root, Working& working,
                           TargetBatch& batch) {
    if (input_.stuck.contains({entity, root})) return;
    const bool unseated = input_.unseated.contains({entity, root});
    if (working.detach.empty() && working.yielded.empty() && !unseated) return;
    vacate(entity, root, working, batch);
    working.after.hash.clear();
    RowWrite write = partial_write({entity, root}, working);
    write.blind = working.before.hash.empty();
    write.only = working.detach;
    unseat_standing(entity, root, working, batch, write);
    if (write.only.empty()) return;  // what it yields is written by the vacate alone
    guard(entity, working, write);
    batch.writes.push_back(std::move(write));
}

void Deriver::finish_retire(EntityIndex entity, const KeyBytes& root, Working& working,
                            TargetBatch& batch) {
    if (working.before.state == StoredState::gone && !working.before.flags.contains(kRefused))
        return finish_stand(entity, root, working, batch);
    vacate(entity, root, working, batch);
    working.after.hash.clear();
    RowWrite write = partial_write({entity, root}, working);
    write.blind = true;  // the row may have had the inactive values before
    write.only = working.detach;
    for (const auto& [column, value] : program_.entities[entity].keep_columns) {
        write.only.push_back(column);
        write.values[column] = value;
    }
    unseat_standing(entity, root, working, batch, write);
    guard(entity, working, write);
    if (!write.only.empty()) batch.writes.push_back(std::move(write));
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
