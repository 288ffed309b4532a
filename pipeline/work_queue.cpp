#include "pipeline/work_queue.hpp"

#include "pipeline/batch.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

namespace {
constexpr std::string_view kSequence = "work_sequence";
constexpr Lsn kDeferredBirth{UINT64_MAX};

std::uint64_t next_sequence(const Reader& reader) {
    const auto bytes = reader.get(Family::meta, kSequence);
    return bytes ? std::stoull(*bytes) : 1;
}
}  // namespace

void put_work(const Reader& reader, WriteSet& set, WorkItem& item, Lsn birth) {
    item.birth = item.kind == WorkItem::Kind::deferred ? kDeferredBirth : birth;
    const auto staged = set.entries(Family::meta).find(kSequence);
    item.sequence = staged != set.entries(Family::meta).end() && staged->second
                        ? std::stoull(*staged->second)
                        : next_sequence(reader);
    set.put(Family::meta, std::string{kSequence}, std::to_string(item.sequence + 1));
    set.put(Family::work, keys::work(item.birth, item.sequence), item.encode());
}

std::optional<WorkItem> first_work(const Reader& reader) {
    std::optional<WorkItem> item;
    reader.scan(Family::work, {}, {}, [&](std::string_view key, std::string_view bytes) {
        item = WorkItem::decode(key, bytes);
        return false;
    });
    if (item && item->birth == kDeferredBirth) item.reset();
    return item;
}

std::vector<WorkItem> deferred_work(const Reader& reader, std::size_t items_max) {
    std::vector<WorkItem> items;
    reader.scan(Family::work, {}, keys::work(kDeferredBirth, 0),
                [&](std::string_view key, std::string_view bytes) {
                    items.push_back(WorkItem::decode(key, bytes));
                    return items.size() < items_max;
                });
    return items;
}

WorkCount count_work(const Reader& reader) {
    WorkCount count;
    const std::string deferred = keys::work(kDeferredBirth, 0);
    reader.scan(Family::work, {}, {}, [&](std::string_view key, std::string_view) {
        ++(key >= deferred ? count.deferred : count.open);
        return true;
    });
    return count;
}

EndLsn settled_lsn(const Reader& reader) {
    // The position first: read the other way round, a batch in between could show it ahead of its
    // own work.
    const EndLsn applied = read_position(reader).applied;
    const auto item = first_work(reader);
    if (!item) return applied;
    // Whoever waits for something older than the snapshot waits for the load as well.
    if (item->kind == WorkItem::Kind::load) return EndLsn{};
    const EndLsn before{Lsn{item->birth.offset() - 1}};
    return std::min(applied, before);
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
