// Looks at the slot every few seconds, on a thread and a connection of its own: how near the source
// is to removing WAL that is still needed (max_slot_wal_keep_size).
//
// During a load nothing is confirmed, so a slot in danger does not recover: the load must stop
// before the server invalidates the slot, and danger() says so. While streaming, confirming may
// save it: a warning is logged.
#pragma once

#include "model/error.hpp"
#include "model/lsn.hpp"
#include "postgres/connection.hpp"
#include "telemetry/logger.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace crossfade {

class SlotWatch {
public:
    // `source`: options of the watch's own connection. A slot that is not there yet is waited for.
    SlotWatch(ConnectionOptions source, std::string slot, Logger log,
              std::chrono::milliseconds period = std::chrono::milliseconds{2'000});
    ~SlotWatch();
    SlotWatch(const SlotWatch&) = delete;
    SlotWatch& operator=(const SlotWatch&) = delete;

    // The error of trust with which a load ends; nothing: it may go on. Stays once it is there.
    std::optional<Error> danger() const;
    // Requested together with danger(), for what cannot ask again and again.
    std::stop_token token() const;
    // The load is over.
    void streaming();
    // Where the source was at the last look; nothing: that is long ago.
    std::optional<Lsn> source_position() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace crossfade
