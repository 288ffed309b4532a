// What a logical decoding plugin says, whichever plugin it is: the decoders' output and the
// assembler's input.
#pragma once

#include "model/relation.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
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

// pg_logical_emit_message; a non-transactional one stands outside of BEGIN and COMMIT.
struct MessageEvent {
    bool transactional = false;
    Lsn lsn;
    std::string prefix;
    std::string content;  // wal2json cuts it at the first NUL
};

// A change of a table that no mapping reads.
struct IgnoredEvent {};

using StreamEvent = std::variant<BeginEvent, CommitEvent, Change, MessageEvent, IgnoredEvent>;

}  // namespace crossfade
