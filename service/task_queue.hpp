// Tasks that other threads hand to one thread, which runs them when it comes to it. Whoever handed
// one in waits until it is done; closing the queue answers all who wait and all who come later.
#pragma once

#include "model/error.hpp"

#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <optional>

namespace crossfade {

class TaskQueue {
public:
    // Closed until open(): what is handed in is refused with `reason`.
    explicit TaskQueue(Error reason) : closed_{std::move(reason)} {}

    // Hands `task` in, calls `wake`, and waits until it ran; rethrows what it threw. Throws Failure
    // of the reason if the queue is closed, now or before the task's turn comes. Any thread.
    void execute(std::function<void()> task, const std::function<void()>& wake);

    // --- from the thread that runs them
    bool run_all();  // true: there were some

    // --- from any thread
    void open();                      // not after close()
    void close(const Error& reason);  // for good

private:
    struct Task {
        std::function<void()> run;
        std::promise<void> done;
    };

    std::mutex mutex_;
    std::deque<Task> tasks_;
    std::optional<Error> closed_;
    bool for_good_ = false;
};

}  // namespace crossfade
