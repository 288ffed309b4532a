// Logical replication slots: made, looked at, removed; and whether the stream may go on where it
// stopped.
#pragma once

#include "model/lsn.hpp"
#include "postgres/connection.hpp"
#include "postgres/server_facts.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

// Which server, and which of its histories. A failover changes the timeline, and slots do not
// survive it.
struct SourceIdentity {
    std::uint64_t system_identifier = 0;
    std::uint32_t timeline = 0;
    bool operator==(const SourceIdentity&) const = default;
};

struct SystemPosition {
    SourceIdentity identity;
    Lsn flushed;
};
SystemPosition identify_system(Connection& replication);  // IDENTIFY_SYSTEM
void require_same_source(const SourceIdentity& expected,
                         const SourceIdentity& found);  // throws Failure(trust)

// The snapshot lives until the next command of this connection, or its end. Creating waits for all
// transactions that are open (blocking_transactions says which).
struct CreatedSlot {
    EndLsn consistent_point;
    std::string snapshot;  // for SET TRANSACTION SNAPSHOT
};
CreatedSlot create_slot(Connection& replication, std::string_view slot, std::string_view plugin);

// False if there was none. Throws Failure(conflict) while somebody reads from it.
bool drop_slot(Connection& connection, std::string_view slot);

enum class WalStatus { reserved, extended, unreserved, lost };
std::string_view to_string(WalStatus status);

struct SlotInfo {
    std::string plugin;
    std::string database;
    bool active = false;
    int active_pid = 0;
    bool temporary = false;
    EndLsn confirmed;  // confirmed_flush_lsn
    Lsn restart;
    WalStatus status = WalStatus::reserved;
    std::optional<std::int64_t>
        safe_wal_size;                // bytes until the slot is in danger; nothing: no limit
    std::int64_t retained_bytes = 0;  // WAL the source keeps for it
    bool two_phase = false;
};
std::optional<SlotInfo> inspect_slot(Connection& connection, std::string_view slot);

// A client that is slower than the limit must let go: the server's checkpointer would wait for it.
bool must_close(const SlotInfo& slot);

// Writes a logical message; its position. A transactional one arrives inside of a transaction of
// its own.
Lsn write_marker(Connection& connection, std::string_view prefix, std::string_view content,
                 bool transactional = true);

struct BlockingTransaction {
    int pid = 0;              // 0: prepared
    std::string application;  // or the prepared transaction's name
    std::string since;        // timestamptz
    std::string state;
};
std::vector<BlockingTransaction> blocking_transactions(Connection& connection);

// Whether a stream can go on from `stored`. `confirmed_idle` is the last position that was
// confirmed without being stored (Feedback::confirmed); zero if positions are always stored first.
// Throws Failure(trust) otherwise: the slot is gone or lost, belongs to another plugin or database,
// has been advanced by somebody else, or the position is ahead of the source.
void check_resume(const std::optional<SlotInfo>& slot, std::string_view name,
                  std::string_view plugin, EndLsn stored, EndLsn confirmed_idle,
                  const ServerFacts& facts);

// The error of a replication command with what to do about it.
Error with_slot_hint(Error error, std::string_view slot);

}  // namespace crossfade
