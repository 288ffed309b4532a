// The messages inside of COPY BOTH. Format: PostgreSQL documentation, "Streaming Replication
// Protocol".
#pragma once

#include "model/lsn.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

namespace crossfade {

// 'w': what the plugin wrote. `data` is a view into the bytes that were parsed.
struct WalData {
    Lsn start;
    Lsn end;
    std::string_view data;
};

// 'k': how far the server has come.
struct Keepalive {
    Lsn end;
    bool reply_requested = false;
};

using WalFrame = std::variant<WalData, Keepalive>;

// Throws Failure(trust) on bytes that are neither.
WalFrame parse_wal_frame(std::string_view bytes);

// 'r'. write = received, flush = apply = flushed. `ask`: the server is to answer with a keepalive.
std::string format_status_update(Lsn received, Lsn flushed,
                                 std::chrono::system_clock::time_point wall, bool ask = false);

}  // namespace crossfade
