// What work is open, for people: which change it comes from, whose rows it derives again, how far
// it is.
#pragma once

#include "service/status.hpp"
#include "state/rocks_store.hpp"

namespace crossfade {

inline constexpr std::size_t kOpenWorkShown = 10;

// The first fan-outs of the queue; of the initial load the entity under way. Keys that are secret
// are left out. Behind them how many rows are to be read again.
// Throws as RocksStore does.
std::vector<OpenWork> read_open_work(const Program& program, const RocksStore& store);

}  // namespace crossfade
