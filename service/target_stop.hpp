// The end of a service, or of a load, that waits for a server: a moment after begin() the waits are
// ended, until the waiting thread has ended, too.
//
//   SIGTERM -> begin() --1 s--> Interrupt::raise() every 200 ms --2 s--> Interrupt::cut() as well
//
// A batch that is done within the first second is kept. What is cut off is settled by the next
// start, as after a kill.
#pragma once

#include "postgres/interrupt.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace crossfade {

class TargetStop {
public:
    TargetStop() = default;
    ~TargetStop();
    TargetStop(const TargetStop&) = delete;
    TargetStop& operator=(const TargetStop&) = delete;

    // For the options of every connection with the target; destroy these connections first.
    Interrupt& interrupt() { return interrupt_; }
    // From any thread, more than once. If no thread can be had, the waits are ended at once.
    void begin();
    bool begun() const;

private:
    void run();

    Interrupt interrupt_;
    mutable std::mutex mutex_;
    std::condition_variable ended_;
    bool begun_ = false;
    bool over_ = false;
    std::thread thread_;
};

}  // namespace crossfade
