// Putting items into the queue of work (Family::work); batch.hpp says what is read of it.
#pragma once

#include "state/records.hpp"
#include "state/store.hpp"

namespace crossfade {

// Gives the item its place, behind all others of its birth; deferred items lie behind all others.
void put_work(const Reader& reader, WriteSet& set, WorkItem& item, Lsn birth);

}  // namespace crossfade
