// Watches over the sessions of this process with one server (postgres/server_session.hpp), by a
// thread and a connection of its own, which is opened when one of them waits:
//
//   the session's backend waits for somebody     the log and `status` say for whom, since when, and
//                                                what ends it
//   the server does not know the session, or     the session is cut off: its wait ends, and who
//   cannot be asked for `silence`                waited tries again
//   the server works on it                       `status` says on what; it takes what it takes
//
// A stream that nothing comes from waits, too, but nobody is told of it.
#pragma once

#include "postgres/connection.hpp"
#include "telemetry/logger.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace crossfade {

class ServerWatch {
public:
    struct Options {
        // Of the watch's own connection. Its purpose ("source", "target") names the sessions that
        // are watched over.
        ConnectionOptions server;
        // How long a session may wait before it is looked at, and how often then.
        std::chrono::milliseconds patience{1'000};
        // How long a server that cannot be asked is waited for.
        std::chrono::milliseconds silence{30'000};
    };
    ServerWatch(Options options, Logger log);
    ~ServerWatch();
    ServerWatch(const ServerWatch&) = delete;
    ServerWatch& operator=(const ServerWatch&) = delete;

    // A sentence for each session that waits; any thread.
    std::vector<std::string> waits() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Soon enough to see who holds a lock before the wait for it ends; 0: it does not end.
std::chrono::milliseconds patience_for(std::chrono::milliseconds lock_timeout);

}  // namespace crossfade
