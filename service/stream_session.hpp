// One replication connection with its thread: transactions of the slot come out through a bounded
// channel.
#pragma once

#include "config/config.hpp"
#include "replicator/change_stream.hpp"
#include "replicator/slot_stream.hpp"
#include "state/secret_key.hpp"
#include "transforms/program.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

namespace crossfade {

class StreamSession {
public:
    struct Setup {
        std::string conninfo;
        std::string slot;
        std::string plugin = "wal2json";
        DecoderOptions decoder = {};
        SourceIdentity expected;
        SecretKey key;
        AssemblerOptions assembler;
        std::size_t transactions_max = 1'000;            // in the channel
        std::size_t bytes_max = std::size_t{64} << 20U;  // in the channel, of changes
        std::chrono::milliseconds connect_timeout{10'000};
        Lsn limit;                          // as limit() below, for the beginning
        std::function<bool()> behind = {};  // see SlotStream::on_behind; on the session's thread
    };

    // Starts behind `from`. `wake` is called, from the session's thread, whenever something arrived
    // or the session ended. Borrows the program.
    StreamSession(const Program& program, Setup setup, EndLsn from, std::function<void()> wake);
    ~StreamSession();  // closes the connection and waits for the thread
    StreamSession(const StreamSession&) = delete;
    StreamSession& operator=(const StreamSession&) = delete;

    std::optional<ChangeStream::Item> try_take();
    std::size_t waiting_bytes() const;  // of what was received and not taken yet
    // Everything up to `end` is durable.
    void confirm(EndLsn end);
    // Nothing behind this is told to the source as durable. Only grows.
    void limit(Lsn last);
    bool begun() const;  // the server has begun to send
    // The session is over and everything it received has been taken. Rethrow failure() to see why;
    // null: the server ended the stream in order.
    bool drained() const;
    std::exception_ptr failure() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace crossfade
