// The part of Batch that takes work off the queue.
#include "pipeline/batch.hpp"

namespace crossfade {

namespace {
constexpr std::size_t kWaitingRootsMax = 10'000;
constexpr std::int64_t kItemsMax = 200;  // small ones that one batch takes
constexpr std::size_t kScansMax = 64;    // in one pass

// Chunks of a load are derived ahead; what is put into an index must be there before it is read.
bool is_batch_of_its_own(const WorkItem& item) {
    return item.kind == WorkItem::Kind::load || item.kind == WorkItem::Kind::reindex;
}
}  // namespace

bool Batch::add_work() {
    // Roots that wait for other work to end come last and together: so rows that refer to each
    // other leave together, and what is still referred to then is kept for good.
    const bool waiting = !first_work(staged_, WorkQueue::work);
    const WorkQueue queue = waiting ? WorkQueue::waiting : WorkQueue::work;
    input_.final_removals = waiting;
    const std::size_t roots_max = waiting ? kWaitingRootsMax : limits_.chunk_roots;
    // A batch ends when it has walked `chunk_entries` entries or found `roots_max` roots. A root is
    // charged like so many entries that walking and deriving together stay within one bound.
    const std::int64_t root_cost =
        limits_.chunk_entries / static_cast<std::int64_t>(std::max<std::size_t>(1, roots_max));
    std::int64_t entries = limits_.chunk_entries;
    bool any = false;
    while (roots_ < roots_max && entries > 0) {
        const auto item = first_work(staged_, queue);
        if (!item || (any && is_batch_of_its_own(*item))) break;
        remove_work(staged_, *item);
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
            if (item->kind != rest.kind || rest.cursor.empty()) continue;
            rest.walked = item->walked + static_cast<std::uint64_t>(used - for_roots);
        }
        enqueue(staged_, affected.rest(), item->birth);
        if (is_batch_of_its_own(*item)) break;
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
        case WorkItem::Kind::again: return affected.walk_entity(item.entity, item.cursor);
        case WorkItem::Kind::reindex: return take_reindex(item);
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
    std::vector<WorkItem> taken;
    scan_work(staged_, WorkQueue::work, [&](const WorkItem& other) {
        if (other.birth != item.birth || scans.size() >= kScansMax) return false;
        const bool same = other.kind == WorkItem::Kind::expand && other.column == 0 &&
                          affected.scans(other.node) && other.cursor == item.cursor &&
                          relation_of(other) == relation_of(item);
        if (!same) return true;
        scans.emplace_back(other.node, other.key);
        taken.push_back(other);
        return true;
    });
    for (const WorkItem& other : taken)
        remove_work(staged_, other);
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
    if (!chunk_.rest) return;
    WorkItem rest = *chunk_.rest;
    rest.birth = item.birth;
    rest.sequence = item.sequence;
    put_numbered_work(staged_, staged_.staged(), rest);
}

// Whose load has not begun: all their roots are derived when it does. Loads come first in the
// queue.
void Batch::find_unloaded() {
    scan_work(staged_, WorkQueue::work, [&](const WorkItem& item) {
        if (item.kind != WorkItem::Kind::load) return false;
        if (item.cursor.empty() && item.column == 0) input_.unloaded.insert(item.entity);
        return true;
    });
}

void Batch::take_reindex(const WorkItem& item) {
    const auto rest = stager_.reindex(item.node, item.cursor, limits_.chunk_roots);
    find_dirty();
    if (!rest) return;
    WorkItem again = item;
    again.cursor = *rest;
    again.walked += limits_.chunk_roots;
    put_work(staged_, staged_.staged(), again, item.birth);
}

}  // namespace crossfade
