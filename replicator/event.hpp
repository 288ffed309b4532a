// What a logical decoding plugin says, whichever plugin it is: the decoders' output and the
// assembler's input.
#pragma once

#include "model/relation.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <variant>

namespace crossfade {

// The server decodes a transaction at its commit, so the commit's positions are known at its
// beginning.
struct BeginEvent {
    std::uint32_t xid = 0;
    CommitLsn commit;
    EndLsn end;
    std::chrono::system_clock::time_point commit_time;
};

struct CommitEvent {
    std::uint32_t xid = 0;
    CommitLsn commit;
    EndLsn end;
};

// A change of a table that no mapping reads, or a message (pg_logical_emit_message).
struct IgnoredEvent {};

using StreamEvent = std::variant<BeginEvent, CommitEvent, Change, IgnoredEvent>;

}  // namespace crossfade
