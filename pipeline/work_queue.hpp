// The queue of everything that is not done in the batch that causes it (Family::work). In truth
// three queues, each ordered by birth, then by when an item was put:
//
//   work      what has to be done for what was taken in to be settled
//   waiting   roots, derived when no `work` is open: they leave together, or are tried again
//   deferred  deferred columns to fill; they do not hold back settled_lsn
//
// Items are taken from the front and put at the end, so a front that was long leaves as many
// removed entries behind, which a scan from the beginning would pass one by one. So the state keeps
// for each queue a key before which it has nothing (keys::work_front), and whoever reads a queue
// begins there.
#pragma once

#include "model/identity.hpp"
#include "model/lsn.hpp"
#include "state/records.hpp"
#include "state/store.hpp"
#include "transforms/program.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace crossfade {

// The numbers stand in keys of the state.
enum class WorkQueue : std::uint8_t { work, waiting, deferred };
WorkQueue queue_of(WorkItem::Kind kind);

// Gives the item its place, behind all others of its queue and birth. `set` is what is written to
// the reader's store, or staged over it.
void put_work(const Reader& reader, WriteSet& set, WorkItem& item, Lsn birth);
// Puts an item at the place that its birth and number give: back to where it was, or where the
// caller numbers its items.
void put_numbered_work(const Reader& reader, WriteSet& set, const WorkItem& item);
// Takes an item off, wherever it is.
void remove_work(Overlay& staged, const WorkItem& item);
void clear_work(WriteSet& set);

// In the order of the queue, until `each` returns false.
void scan_work(const Reader& reader, WorkQueue queue,
               const std::function<bool(const WorkItem&)>& each);
std::optional<WorkItem> first_work(const Reader& reader, WorkQueue queue);
// The oldest item that holds back settled_lsn.
std::optional<WorkItem> first_work(const Reader& reader);
std::vector<WorkItem> deferred_work(const Reader& reader, std::size_t items_max);

struct WorkCount {
    std::uint64_t open = 0;  // and rows that are unread (pipeline/unread.hpp)
    std::uint64_t deferred = 0;
};
WorkCount count_work(const Reader& reader);
// The initial load has begun, and not all that it leaves to do is done: entities to derive, roots
// of an earlier state that are gone, the target's indexes.
bool load_is_open(const Reader& reader);
// The LSN up to which everything is applied and no work is open; none while the load is open.
EndLsn settled_lsn(const Reader& reader);

// Queues the derivation of every root of every entity, parents first: what a load does after the
// images are in.
void enqueue_load(const Program& program, const Reader& reader, WriteSet& set, Lsn birth);
// Queues one root to be derived again, behind all other work.
void enqueue_root(const Reader& reader, WriteSet& set, const RootRef& ref, Lsn birth);

}  // namespace crossfade
