#include "pipeline/batch.hpp"

#include "model/encoding.hpp"
#include "pipeline/digests.hpp"
#include "pipeline/work_queue.hpp"
#include "state/keys.hpp"

namespace crossfade {

namespace {
constexpr std::string_view kPosition = "position";
constexpr std::size_t kWaitingRootsMax = 10'000;
constexpr std::int64_t kItemsMax = 200;  // small ones that one batch takes
constexpr std::size_t kScansMax = 64;    // in one pass

}  // namespace

Position read_position(const Reader& reader) {
    Position position;
    const auto bytes = reader.get(Family::meta, kPosition);
    if (!bytes) return position;
    std::string_view in = *bytes;
    position.batch = take_varint(in);
    position.applied = EndLsn{Lsn{take_varint(in)}};
    position.partial_commit = CommitLsn{Lsn{take_varint(in)}};
    position.partial_changes = take_varint(in);
    return position;
}

void write_position(WriteSet& set, const Position& position) {
    std::string bytes;
    append_varint(bytes, position.batch);
    append_varint(bytes, position.applied.lsn.offset());
    append_varint(bytes, position.partial_commit.lsn.offset());
    append_varint(bytes, position.partial_changes);
    set.put(Family::meta, std::string{kPosition}, std::move(bytes));
}

Batch::Batch(const Program& program, const Store& store, BatchLimits limits, LoadAhead* ahead)
    : program_{program},
      store_{store},
      limits_{limits},
      ahead_{ahead},
      staged_{store},
      derived_{static_cast<const Reader&>(staged_)},
      stager_{program, store, staged_} {
    lsn_ = read_position(store).applied;
    input_.ask_again = limits.ask_again;
}

void Batch::stage(const std::vector<Change>& changes) {
    for (const Change& change : changes)
        stager_.stage(change);
}

void Batch::close(EndLsn birth) {
    birth_ = birth.lsn;
    lsn_ = birth;
    stager_.finish();
    find_dirty();
}

namespace {
bool differs(const ChangedRow& row, const std::set<std::uint32_t>& columns) {
    if (!row.before || !row.after) return true;
    for (const std::uint32_t column : columns) {
        if (!((*row.before)[column] == (*row.after)[column])) return true;
    }
    return false;
}
}  // namespace

void Batch::find_dirty() {
    StateView& view = stager_.view();
    Affected affected{program_, view,
                      [&](EntityIndex e, const KeyBytes& root) { input_.dirty[e].insert(root); }};
    for (const auto& [id, row] : stager_.rows()) {
        for (std::uint32_t n = 0; n < program_.nodes.size(); ++n) {
            const Node& node = program_.nodes[n];
            if (node.entity == kNone || node.relation != id.first || !differs(row, node.columns))
                continue;
            affected.set_budget(limits_.inline_entries);
            // Few rows read by very many: always work, never inside the transaction that carries
            // the change.
            if (node.kind == Node::Kind::lookup && program_.indexes[node.index].scan)
                affected.set_budget(0);
            affected.walk(n, id.second);
        }
    }
    for (const auto& [index, key] : stager_.memberships()) {
        for (std::uint32_t n = 0; n < program_.nodes.size(); ++n) {
            const Node& node = program_.nodes[n];
            if (node.entity == kNone || node.index != index || node.kind != Node::Kind::set_member)
                continue;
            affected.set_budget(limits_.inline_entries);
            affected.walk_set(n, key);
        }
        for (EntityIndex e = 0; e < program_.entities.size(); ++e) {
            for (const IndexId member : program_.entities[e].member_indexes) {
                if (member == index) input_.dirty[e].insert(key);
            }
        }
    }
    // Who reads the outcome of the root that a row feeds reads another outcome once the row feeds
    // another root.
    for (const auto& [index, row] : stager_.moved()) {
        for (const Node& node : program_.nodes) {
            if (node.kind != Node::Kind::parent_of_row || node.index != index ||
                node.entity == kNone)
                continue;
            affected.set_budget(limits_.inline_entries);
            affected.walk(node.parent, row);
        }
    }
    StateView before{program_, store_};
    for (EntityIndex e = 0; e < program_.entities.size(); ++e) {
        if (!program_.entities[e].self_reference) continue;
        for (const auto& [id, row] : stager_.rows()) {
            if (id.first != program_.entities[e].relation) continue;
            for (const KeyBytes& root : cycle_of(program_, e, id.second, before))
                input_.dirty[e].insert(root);
            for (const KeyBytes& root : cycle_of(program_, e, id.second, view))
                input_.dirty[e].insert(root);
        }
    }
    enqueue(staged_, affected.rest(), birth_);
}

void Batch::enqueue(Overlay& overlay, std::vector<WorkItem>& items, Lsn birth) {
    for (WorkItem& item : items)
        put_work(overlay, overlay.staged(), item, birth);
    items.clear();
}

namespace {
// The first item of the queue, roots that wait for all other work left out or nothing but them.
std::optional<WorkItem> next_work(const Reader& reader, bool waiting) {
    std::optional<WorkItem> found;
    reader.scan(Family::work, {}, {}, [&](std::string_view key, std::string_view bytes) {
        WorkItem item = WorkItem::decode(key, bytes);
        if (item.kind == WorkItem::Kind::deferred) return false;
        if ((item.kind == WorkItem::Kind::root) == waiting) found = std::move(item);
        return !found;
    });
    return found;
}
}  // namespace

bool Batch::add_work() {
    // Roots that wait for other work to end come last and together: so rows that refer to each
    // other leave together, and what is still referred to then is kept for good.
    const bool waiting = !next_work(staged_, false);
    input_.final_removals = waiting;
    const std::size_t roots_max = waiting ? kWaitingRootsMax : limits_.chunk_roots;
    // Roots cost as well, so that neither they nor the walk to them make a batch long.
    const std::int64_t root_cost =
        limits_.chunk_entries / static_cast<std::int64_t>(std::max<std::size_t>(1, roots_max));
    std::int64_t entries = limits_.chunk_entries;
    bool any = false;
    while (roots_ < roots_max && entries > 0) {
        const auto item = next_work(staged_, waiting);
        if (!item || (any && item->kind == WorkItem::Kind::load)) break;
        staged_.staged().erase(Family::work, keys::work(item->birth, item->sequence));
        if (!any) birth_ = item->birth;
        any = true;
        Affected* walking = nullptr;
        Affected affected{program_, stager_.view(), [&](EntityIndex e, const KeyBytes& root) {
                              if (!input_.dirty[e].insert(root).second) return;
                              ++roots_;
                              walking->spend(root_cost);
                          }};
        walking = &affected;
        const std::size_t roots_before = roots_;
        affected.set_budget(entries);
        affected.leave_out(input_.unloaded);
        take(*item, affected);
        const std::int64_t used = entries - affected.budget();
        const auto for_roots = static_cast<std::int64_t>(roots_ - roots_before) * root_cost;
        for (WorkItem& rest : affected.rest()) {
            if (item->kind != WorkItem::Kind::expand || rest.cursor.empty()) continue;
            rest.walked = item->walked + static_cast<std::uint64_t>(used - for_roots);
        }
        enqueue(staged_, affected.rest(), item->birth);
        // A chunk of a load is a batch of its own.
        if (item->kind == WorkItem::Kind::load) break;
        if (!waiting) entries -= std::max(used, 1 + limits_.chunk_entries / kItemsMax);
    }
    if (any) find_unloaded();
    return any;
}

void Batch::take(const WorkItem& item, Affected& affected) {
    switch (item.kind) {
        case WorkItem::Kind::expand:
            if (item.column != 0)
                affected.walk_set(item.node, item.key, item.cursor);
            else if (affected.scans(item.node))
                affected.walk_scans(same_pass(item, affected), item.cursor);
            else
                affected.walk(item.node, item.key, item.cursor);
            return;
        case WorkItem::Kind::outcome: return affected.walk_outcome(item.entity, item.key);
        case WorkItem::Kind::root:
            if (input_.dirty[item.entity].insert(item.key).second) ++roots_;
            return;
        case WorkItem::Kind::load: return take_load(item);
        case WorkItem::Kind::deferred: return;
    }
}

// The item and all others of one change that go over the same relation from the same cursor on:
// taken off the queue, to go over it together.
Affected::Scans Batch::same_pass(const WorkItem& item, const Affected& affected) {
    const auto relation_of = [&](const WorkItem& scan) {
        return program_.indexes[program_.nodes[scan.node].index].relation;
    };
    Affected::Scans scans{{item.node, item.key}};
    std::vector<std::string> taken;
    const std::string first = keys::work(item.birth, 0);
    staged_.scan(Family::work, {}, first, [&](std::string_view key, std::string_view bytes) {
        const WorkItem other = WorkItem::decode(key, bytes);
        if (other.birth != item.birth || scans.size() >= kScansMax) return false;
        const bool same = other.kind == WorkItem::Kind::expand && other.column == 0 &&
                          affected.scans(other.node) && other.cursor == item.cursor &&
                          relation_of(other) == relation_of(item);
        if (!same) return true;
        scans.emplace_back(other.node, other.key);
        taken.emplace_back(key);
        return true;
    });
    for (std::string& key : taken)
        staged_.staged().erase(Family::work, std::move(key));
    return scans;
}

// Every root of an entity, from the cursor on: the rows of its relation, or the keys of each index
// that feeds it.
void Batch::take_load(const WorkItem& item) {
    if (ahead_ != nullptr) {
        chunk_ = ahead_->take(item);
    } else {
        chunk_ = next_load_chunk(program_, store_, item, limits_.load_roots);
        derive_chunk(program_, store_, item.entity, limits_.load_threads, chunk_);
    }
    auto& dirty = input_.dirty[item.entity];
    for (const KeyBytes& root : chunk_.roots)
        dirty.insert(dirty.end(), root);
    roots_ += chunk_.roots.size();
    input_.prepared = {item.entity, &chunk_.outcomes};
    rest_of_load_ = chunk_.rest;
    // It keeps its place in the queue: parents are loaded before children.
    if (chunk_.rest) {
        staged_.staged().put(Family::work, keys::work(item.birth, item.sequence),
                             chunk_.rest->encode());
    }
}

// Whose load has not begun: all their roots are derived when it does. Loads come first in the
// queue.
void Batch::find_unloaded() {
    staged_.scan(Family::work, {}, {}, [&](std::string_view key, std::string_view bytes) {
        const WorkItem item = WorkItem::decode(key, bytes);
        if (item.kind != WorkItem::Kind::load) return false;
        if (item.cursor.empty() && item.column == 0) input_.unloaded.insert(item.entity);
        return true;
    });
}

void Batch::loaded_until(EntityIndex entity) {
    for (EntityIndex e = entity; e < program_.entities.size(); ++e)
        input_.unloaded.insert(e);
}

void Batch::add_root(const RootRef& root) {
    input_.dirty[root.entity].insert(root.root);
    input_.forgotten.insert(root);
    birth_ = lsn_.lsn;
}

void Batch::fill(const WorkItem& item, const Value& value) {
    fills_.emplace_back(item, value);
    staged_.staged().erase(Family::work, keys::work(item.birth, item.sequence));
}

TargetBatch Batch::derive() {
    derived_.staged().clear();
    input_.outcome_budget = limits_.inline_entries;
    input_.lsn = lsn_;
    deriver_ = std::make_unique<Deriver>(program_, store_, derived_, input_);
    TargetBatch batch = deriver_->run();
    StateView view{program_, derived_};
    for (const auto& [item, value] : fills_) {
        auto record = view.record(item.entity, item.key);
        if (!record || !record->present) continue;
        Value filled = is_null(value)
                           ? until_value(program_, item.entity, item.key, item.column, view)
                           : value;
        RowWrite write;
        write.root = {item.entity, item.key};
        write.id = record->id;
        write.present = true;
        write.blind = true;  // the value may be the old one, or somebody else's by now
        write.values.assign(program_.entities[item.entity].target.columns.size(), Value{Null{}});
        write.only = {item.column};
        for (StoredDigest& digest : record->digests) {
            if (digest.column != item.column) continue;
            write.guards.push_back({item.column, digest.digest});
            digest.digest = column_digest(filled);
        }
        write.values[item.column] = std::move(filled);
        derived_.staged().put(Family::derived, keys::root(item.entity, item.key), record->encode());
        batch.writes.push_back(std::move(write));
    }
    return batch;
}

void Batch::refuse(const BatchAnswer& answer) {
    for (const Refusal& refusal : answer.refused) {
        input_.refused.insert_or_assign(refusal.root, refusal);
        input_.dirty[refusal.root.entity].insert(refusal.root.root);
        std::erase_if(fills_, [&](const auto& fill) {
            return fill.first.entity == refusal.root.entity && fill.first.key == refusal.root.root;
        });
    }
    for (const RootRef& root : answer.missing) {
        input_.missing.insert(root);
        input_.dirty[root.entity].insert(root.root);
        std::erase_if(fills_, [&](const auto& fill) {
            return fill.first.entity == root.entity && fill.first.key == root.root;
        });
    }
}

bool Batch::lose_claim(const RootRef& root, std::uint32_t claim) {
    const KeyBytes value = deriver_->held_value(root, claim);
    if (value.empty()) return false;
    mark_foreign(staged_, {claim, value});
    input_.foreign.insert({claim, value});
    input_.dirty[root.entity].insert(root.root);
    return true;
}

bool Batch::unseat(const RootRef& root) {
    input_.dirty[root.entity].insert(root.root);
    return input_.unseated.insert(root).second;
}

void Batch::accept(const BatchAnswer& answer) {
    for (const RootRef& root : answer.referred)
        deriver_->keep_row(root, input_.final_removals, "referred");
    for (const RootRef& root : answer.changed)
        deriver_->keep_row(root, true, "changed");
    enqueue(derived_, deriver_->new_work(), birth_);
}

WriteSet Batch::changes(const Position& position) {
    WriteSet set = staged_.staged();
    for (std::size_t f = 0; f < kFamilies; ++f) {
        const auto family = static_cast<Family>(f);
        for (const auto& [key, value] : derived_.staged().entries(family)) {
            if (value)
                set.put(family, key, *value);
            else
                set.erase(family, key);
        }
    }
    write_position(set, position);
    return set;
}

}  // namespace crossfade
