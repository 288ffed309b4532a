// Ends waits for a server from another thread: while connecting, in a statement, in COPY, in
// COMMIT.
//
//   Interrupt interrupt;                       outlives every connection opened with it
//   options.interrupt = &interrupt;            the connection registers, and deregisters at its end
//   ... another thread:
//   interrupt.raise()    connects fail at once, running statements are cancelled (57014)
//   interrupt.cut()      sockets are shut down: also where the server answers nothing any more
//
// What was interrupted throws Failure as any loss of the world does. A statement that begins behind
// raise() is not cancelled: raise again until the thread has ended.
#pragma once

#include "postgres/handle.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace crossfade {

class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    // Both from any thread, as often as wanted; neither waits for a server.
    void raise();
    void cut();
    bool raised() const { return raised_; }
    int descriptor() const { return descriptor_; }  // readable once it has been raised

    // A session that is up, and its end; called by its owner's thread.
    void add(PGconn* connection);
    void remove(const PGconn* connection) noexcept;

private:
    struct Session {
        const PGconn* connection;
        int socket;
        std::shared_ptr<PGcancel> cancel;  // shared with the threads that use it
    };
    std::atomic<bool> raised_{false};
    int descriptor_ = -1;
    std::mutex mutex_;
    std::vector<Session> sessions_;
};

}  // namespace crossfade
