// The sessions of this process, for whoever watches over their servers (service/server_watch): how
// long each waits for an answer, and the end of a wait that nobody will answer any more.
//
// libpq waits without a bound, also for a server that is gone without a word: behind a middlebox
// TCP itself never finds out.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace crossfade {

// What is known of a session, at the moment of asking.
struct SessionFacts {
    std::uint64_t id = 0;  // of this process, never used twice
    std::string application;
    int backend_pid = 0;        // as the server knows it, also behind a pooler; 0: not known yet
    double server_started = 0;  // seconds since 1970, by the server's clock; 0: not known yet
    bool stream = false;        // waits for what may come, not for an answer
    bool waiting = false;
    std::uint64_t step = 0;  // another number whenever another wait has begun
};

// One session; shared by the connection that owns it and by the list. Thread-safe.
class ServerSession {
public:
    // Put on the list with its socket, whose number must be taken off, by close(), before it is
    // closed.
    static std::shared_ptr<ServerSession> begin(std::string purpose, std::string application,
                                                int socket);
    void close() noexcept;
    void known_as(int backend_pid, double server_started);

    // Around each wait for the server; cheap enough for each row of a COPY.
    class Wait {
    public:
        explicit Wait(ServerSession* session, bool stream = false) noexcept;
        ~Wait();
        Wait(const Wait&) = delete;
        Wait& operator=(const Wait&) = delete;

    private:
        ServerSession* session_;
    };

    // Why it was cut off; empty: it was not.
    std::string cut_reason() const;

private:
    friend std::vector<SessionFacts> sessions_with(const std::string& purpose);
    friend bool cut_session(std::uint64_t id, const std::string& reason);
    ServerSession(std::string purpose, std::string application, int socket);

    std::uint64_t id_;
    std::string purpose_;
    std::string application_;
    std::atomic<std::uint64_t> step_{0};
    std::atomic<int> waits_{0};
    std::atomic<bool> stream_{false};
    mutable std::mutex mutex_;
    int socket_;  // -1: closed
    int backend_pid_ = 0;
    double server_started_ = 0;
    std::string cut_reason_;
};

// Of one side: "source" or "target".
std::vector<SessionFacts> sessions_with(const std::string& purpose);
// Shuts the session's socket down, from any thread: its wait ends with Failure (unavailable) that
// gives the reason. False: there is no such session any more.
bool cut_session(std::uint64_t id, const std::string& reason);

}  // namespace crossfade
