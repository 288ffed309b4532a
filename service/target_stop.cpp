#include "service/target_stop.hpp"

#include "model/start_thread.hpp"

#include <chrono>

namespace crossfade {

namespace {
constexpr std::chrono::milliseconds kGrace{1'000};
constexpr std::chrono::milliseconds kAgain{200};
constexpr std::chrono::milliseconds kCut{3'000};  // behind begin()
}  // namespace

TargetStop::~TargetStop() {
    {
        const std::lock_guard lock{mutex_};
        over_ = true;
    }
    ended_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void TargetStop::begin() {
    const std::lock_guard lock{mutex_};
    if (begun_) return;
    begun_ = true;
    try {
        thread_ = start_thread([this] { run(); });
    } catch (const Failure&) {
        // Nobody to wait with: what is under way is cut off now, and settled by the next start.
        interrupt_.raise();
        interrupt_.cut();
    }
}

bool TargetStop::begun() const {
    const std::lock_guard lock{mutex_};
    return begun_;
}

void TargetStop::run() {
    const auto began = std::chrono::steady_clock::now();
    std::unique_lock lock{mutex_};
    ended_.wait_for(lock, kGrace, [this] { return over_; });
    while (!over_) {
        lock.unlock();
        interrupt_.raise();
        if (std::chrono::steady_clock::now() - began >= kCut) interrupt_.cut();
        lock.lock();
        ended_.wait_for(lock, kAgain, [this] { return over_; });
    }
}

}  // namespace crossfade
