#include "pipeline/batch.hpp"

#include "pipeline/digests.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

Batch::Batch(const Program& program, const Store& store, BatchLimits limits, LoadAhead* ahead)
    : program_{program},
      store_{store},
      limits_{limits},
      ahead_{ahead},
      staged_{store},
      derived_{static_cast<const Reader&>(staged_)},
      stager_{program, store, staged_, limits.inline_entries} {
    lsn_ = read_position(store).applied;
    input_.ask_again = limits.ask_again;
}

void Batch::stage(const std::vector<Change>& changes, bool ends) {
    for (const Change& change : changes)
        stager_.stage(change);
    if (ends) stager_.end_transaction();
}

void Batch::close(EndLsn birth) {
    birth_ = birth.lsn;
    lsn_ = birth;
    stager_.finish(birth_);
    find_dirty();
    queue_readers_of_emptied();
}

bool Batch::settle_unread(const RowReads* exact) {
    std::vector<std::pair<RowId, Row>> known;
    scan_unread(program_, store_, [&](const RowId& id, const UnreadRow& row) {
        if (exact != nullptr) {
            const auto read = exact->find(id);
            if (read != exact->end()) known.emplace_back(id, read->second.values);
        } else if (row.until <= lsn_.lsn) {
            known.emplace_back(id, row.values);
        } else {
            return false;  // those behind it were read later
        }
        return known.size() < limits_.chunk_roots;
    });
    if (known.empty()) return false;
    for (const auto& [id, values] : known)
        stager_.settle_unread(id, values);
    close(lsn_);
    return true;
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
    // Rows that feed another root than before: whoever reads "the outcome of the root that this row
    // feeds" reads that of another root now.
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

// Who read rows of a table that was emptied as a whole cannot be found by its rows: all keys and
// roots that may have. Keys first, so that few roots are derived twice.
void Batch::queue_readers_of_emptied() {
    std::set<IndexId> indexes;
    std::set<EntityIndex> entities;
    for (const Node& node : program_.nodes) {
        if (!stager_.emptied().contains(node.relation)) continue;
        if (node.entity != kNone) entities.insert(node.entity);
        const IndexId index = node.owner_index;
        if (index == kNone || program_.indexes[index].local) continue;
        if (program_.indexes[index].over_roots == kNone) indexes.insert(index);
    }
    std::vector<WorkItem> items;
    for (const IndexId index : indexes) {
        WorkItem& item = items.emplace_back();
        item.kind = WorkItem::Kind::reindex;
        item.node = index;
    }
    for (const EntityIndex entity : entities) {
        WorkItem& item = items.emplace_back();
        item.kind = WorkItem::Kind::again;
        item.entity = entity;
    }
    enqueue(staged_, items, birth_);
}

void Batch::enqueue(Overlay& overlay, std::vector<WorkItem>& items, Lsn birth) {
    for (WorkItem& item : items)
        put_work(overlay, overlay.staged(), item, birth);
    items.clear();
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
    remove_work(staged_, item);
    birth_ = lsn_.lsn;
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
        if (record->state == StoredState::gone) {
            // The row stands as it is. If its root returns, the value is asked for again.
            forget_digest(*record, item.column | StoredDigest::kFingerprint);
            derived_.staged().put(Family::derived, keys::root(item.entity, item.key),
                                  record->encode());
            continue;
        }
        if (is_absent(value)) {  // it has returned since
            deriver_->new_work().push_back(item);
            continue;
        }
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
            digest.digest = text_digest(filled);
        }
        write.values[item.column] = std::move(filled);
        derived_.staged().put(Family::derived, keys::root(item.entity, item.key), record->encode());
        batch.writes.push_back(std::move(write));
    }
    return batch;
}

void Batch::refuse(const BatchAnswer& answer) {
    for (const Refusal& refusal : answer.refused) {
        if (!input_.refused.insert_or_assign(refusal.root, refusal).second)
            input_.stuck.insert(refusal.root);
        input_.dirty[refusal.root.entity].insert(refusal.root.root);
        std::erase_if(fills_, [&](const auto& fill) {
            const WorkItem& item = fill.first;
            if (RootRef{item.entity, item.key} != refusal.root) return false;
            input_.unfilled[refusal.root].insert(item.column);
            return true;
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
    const KeyBytes held = deriver_->held_value(root, claim);
    if (held.empty()) return false;
    const ClaimValue value{program_.claims[claim].registry, held};
    mark_foreign(staged_, value);
    input_.foreign.insert(value);
    input_.dirty[root.entity].insert(root.root);
    return true;
}

bool Batch::unseat(const RootRef& root) {
    input_.dirty[root.entity].insert(root.root);
    input_.forgotten.insert(root);
    return input_.unseated.insert(root).second || clear_unique(root);
}

bool Batch::clear_unique(const RootRef& root) {
    return input_.unseated.contains(root) && input_.emptied.insert(root).second;
}

void Batch::accept(const BatchAnswer& answer) {
    // Who reads a root of this batch may not know of it yet: then nothing is final.
    const bool told = std::ranges::none_of(deriver_->new_work(), [](const WorkItem& item) {
        return queue_of(item.kind) == WorkQueue::work;
    });
    for (const RootRef& root : answer.referred)
        deriver_->keep_row(root, input_.final_removals && told, "referred");
    for (const RootRef& root : answer.changed)
        deriver_->keep_row(root, true, "changed");
    enqueue(derived_, deriver_->new_work(), birth_);
    deriver_.reset();  // its outcomes may be large
    stager_.view().forget_all();
}

WriteSet Batch::changes(const Position& position) {
    WriteSet set = std::exchange(staged_.staged(), WriteSet{});
    set.append(derived_.staged());
    write_position(set, position);
    return set;
}

}  // namespace crossfade
