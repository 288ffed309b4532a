// Where the bridge is: durable in the state with every batch, and (batch, lsn) on the target in the
// same transaction.
#pragma once

#include "model/lsn.hpp"
#include "state/store.hpp"

#include <cstdint>

namespace crossfade {

struct Position {
    std::uint64_t batch = 0;
    EndLsn applied;  // everything up to here has been taken in
    // A very large transaction of which only a part has been taken in: so many changes.
    CommitLsn partial_commit;
    std::uint64_t partial_changes = 0;
    friend bool operator==(const Position&, const Position&) = default;
};
Position read_position(const Reader& reader);
void write_position(WriteSet& set, const Position& position);

}  // namespace crossfade
