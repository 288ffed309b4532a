#include "pipeline/work_queue.hpp"

#include "pipeline/position.hpp"
#include "pipeline/unread.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

namespace {
constexpr WorkQueue kQueues[] = {WorkQueue::work, WorkQueue::waiting, WorkQueue::deferred};

// What the set says of a key, else what the reader has: a set that is staged over the reader, or
// one that will be written to it.
std::optional<std::string> read_meta(const Reader& reader, const WriteSet& set,
                                     std::string_view key) {
    const auto staged = set.entries(Family::meta).find(key);
    if (staged != set.entries(Family::meta).end()) return staged->second;
    return reader.get(Family::meta, key);
}

std::string prefix_of(WorkQueue queue) {
    return keys::work_prefix(static_cast<std::uint8_t>(queue));
}

std::string front_key(WorkQueue queue) {
    return keys::work_front(static_cast<std::uint8_t>(queue));
}

std::string place_of(const WorkItem& item) {
    return keys::work(static_cast<std::uint8_t>(queue_of(item.kind)), item.birth, item.sequence);
}
}  // namespace

WorkQueue queue_of(WorkItem::Kind kind) {
    switch (kind) {
        case WorkItem::Kind::root: return WorkQueue::waiting;
        case WorkItem::Kind::deferred: return WorkQueue::deferred;
        default: return WorkQueue::work;
    }
}

void put_work(const Reader& reader, WriteSet& set, WorkItem& item, Lsn birth) {
    const auto sequence = read_meta(reader, set, keys::kWorkSequence);
    item.birth = birth;
    item.sequence = sequence ? std::stoull(*sequence) : 1;
    set.put(Family::meta, std::string{keys::kWorkSequence}, std::to_string(item.sequence + 1));
    put_numbered_work(reader, set, item);
}

void put_numbered_work(const Reader& reader, WriteSet& set, const WorkItem& item) {
    std::string place = place_of(item);
    const std::string front = front_key(queue_of(item.kind));
    const auto known = read_meta(reader, set, front);
    if (known && place < *known) set.put(Family::meta, front, place);
    set.put(Family::work, std::move(place), item.encode());
}

void remove_work(Overlay& staged, const WorkItem& item) {
    const WorkQueue queue = queue_of(item.kind);
    const std::string place = place_of(item);
    const auto first = first_work(staged, queue);
    if (first && place_of(*first) == place)
        staged.staged().put(Family::meta, front_key(queue), keys::behind(place));
    staged.staged().erase(Family::work, place);
}

void clear_work(WriteSet& set) { set.erase_prefix(Family::work, {}); }

void scan_work(const Reader& reader, WorkQueue queue,
               const std::function<bool(const WorkItem&)>& each) {
    const auto front = reader.get(Family::meta, front_key(queue));
    reader.scan(Family::work, prefix_of(queue), front.value_or(std::string{}),
                [&](std::string_view key, std::string_view bytes) {
                    return each(WorkItem::decode(key, bytes));
                });
}

// Another thread may put an item before the front between the two reads: then the front is another
// one afterwards, and the queue is looked at again.
std::optional<WorkItem> first_work(const Reader& reader, WorkQueue queue) {
    const std::string key = front_key(queue);
    for (auto front = reader.get(Family::meta, key);;) {
        std::optional<WorkItem> found;
        reader.scan(Family::work, prefix_of(queue), front.value_or(std::string{}),
                    [&](std::string_view place, std::string_view bytes) {
                        found = WorkItem::decode(place, bytes);
                        return false;
                    });
        auto now = reader.get(Family::meta, key);
        if (now == front) return found;
        front = std::move(now);
    }
}

std::optional<WorkItem> first_work(const Reader& reader) {
    auto work = first_work(reader, WorkQueue::work);
    auto waiting = first_work(reader, WorkQueue::waiting);
    if (!work || (waiting && waiting->birth < work->birth)) return waiting;
    return work;
}

std::vector<WorkItem> deferred_work(const Reader& reader, std::size_t items_max) {
    std::vector<WorkItem> items;
    scan_work(reader, WorkQueue::deferred, [&](const WorkItem& item) {
        items.push_back(item);
        return items.size() < items_max;
    });
    return items;
}

WorkCount count_work(const Reader& reader) {
    WorkCount count;
    for (const WorkQueue queue : kQueues) {
        const auto front = reader.get(Family::meta, front_key(queue));
        reader.scan(Family::work, prefix_of(queue), front.value_or(std::string{}),
                    [&](std::string_view, std::string_view) {
                        ++(queue == WorkQueue::deferred ? count.deferred : count.open);
                        return true;
                    });
    }
    count.open += count_unread(reader);
    return count;
}

bool load_is_open(const Reader& reader) {
    return reader.get(Family::meta, keys::kLoad) && !reader.get(Family::meta, keys::kLoadFinished);
}

EndLsn settled_lsn(const Reader& reader) {
    // The position first: read the other way round, a batch in between could show it ahead of its
    // own work.
    const EndLsn applied = read_position(reader).applied;
    // Whoever waits for something older than the snapshot waits for the load as well.
    if (load_is_open(reader)) return EndLsn{};
    const auto item = first_work(reader);
    if (item && item->kind == WorkItem::Kind::load) return EndLsn{};
    EndLsn settled = applied;
    for (const auto& birth :
         {item ? std::optional{item->birth} : std::nullopt, first_unread(reader)}) {
        if (birth) settled = std::min(settled, EndLsn{Lsn{birth->offset() - 1}});
    }
    return settled;
}

void enqueue_load(const Program& program, const Reader& reader, WriteSet& set, Lsn birth) {
    for (EntityIndex e = 0; e < program.entities.size(); ++e) {
        WorkItem item;
        item.kind = WorkItem::Kind::load;
        item.entity = e;
        put_work(reader, set, item, birth);
    }
}

void enqueue_root(const Reader& reader, WriteSet& set, const RootRef& ref, Lsn birth) {
    WorkItem item;
    item.kind = WorkItem::Kind::root;
    item.entity = ref.entity;
    item.key = ref.root;
    put_work(reader, set, item, birth);
}

}  // namespace crossfade
