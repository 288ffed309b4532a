// Says in the log whom the writer of the target waits for: while a step takes long, a connection of
// its own asks the server which sessions hold what the writer's session waits for. Once for each
// session and step.
#pragma once

#include "postgres/connection.hpp"
#include "telemetry/logger.hpp"

#include <chrono>
#include <memory>

namespace crossfade {

class LockWatch {
public:
    // `target`: options of the watch's own connection. It looks a second behind the beginning of a
    // step, or half of the writer's `lock_timeout` (0: none) if that is less, and again as often.
    LockWatch(ConnectionOptions target, std::chrono::milliseconds lock_timeout, Logger log);
    ~LockWatch();
    LockWatch(const LockWatch&) = delete;
    LockWatch& operator=(const LockWatch&) = delete;

    // A step of the session with this backend begins; 0: none is under way.
    void begin(int backend_pid);

    class Step {
    public:
        Step(LockWatch& watch, int backend_pid) : watch_{watch} { watch_.begin(backend_pid); }
        ~Step() { watch_.begin(0); }
        Step(const Step&) = delete;
        Step& operator=(const Step&) = delete;

    private:
        LockWatch& watch_;
    };

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace crossfade
