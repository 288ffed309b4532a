// What a server is and allows: read once per connect, compared with what was remembered.
#pragma once

#include "model/lsn.hpp"
#include "postgres/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace crossfade {

struct ServerFacts {
    int version = 0;           // 150020
    std::string version_text;  // "15.20 (Debian ...)"
    std::string database;
    std::string encoding;  // of the database, "UTF8"
    std::string wal_level;
    std::uint64_t system_identifier = 0;
    std::uint32_t timeline = 0;
    bool in_recovery = false;  // a standby
    Lsn current;               // insert position; on a standby the replayed one
    std::string role;
    bool superuser = false;
    bool replication = false;  // role attribute REPLICATION, or superuser
    bool bypass_row_security = false;
    // Not set: the server knows no such setting and loads any plugin that is installed.
    std::optional<std::string> output_plugin_libraries;
    int replication_slots_max = 0, replication_slots_used = 0;
    int wal_senders_max = 0, wal_senders_used = 0;
    std::int64_t wal_sender_timeout_ms = 0;       // 0: none
    std::int64_t slot_wal_keep_size_mb_max = -1;  // max_slot_wal_keep_size, -1: unlimited
    std::string synchronous_standby_names;
    bool has_standbys = false;  // pg_stat_replication shows a physical one
};

ServerFacts read_server_facts(Connection& connection);

}  // namespace crossfade
