#include "snapshot/workers.hpp"

#include "model/error.hpp"
#include "model/start_thread.hpp"

#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace crossfade {

void run_workers(unsigned count, const std::stop_token& outside,
                 const std::function<void(unsigned, const std::stop_token&)>& work) {
    std::stop_source stop;
    const std::stop_callback pass_on{outside, [&stop] { stop.request_stop(); }};
    std::mutex mutex;
    std::exception_ptr first;
    const auto fail = [&] {
        const std::lock_guard lock{mutex};
        if (!first) first = std::current_exception();
        stop.request_stop();
    };
    {
        std::vector<std::jthread> threads;
        for (unsigned number = 0; number < count; ++number) {
            const auto body = [&, number] {
                try {
                    work(number, stop.get_token());
                } catch (...) {
                    fail();
                }
            };
            try {
                threads.push_back(start_thread<std::jthread>(body));
            } catch (const Failure&) {
                fail();
                break;
            }
        }
    }
    if (first) std::rethrow_exception(first);
}

void stop_here(const std::stop_token& stop) {
    if (stop.stop_requested()) {
        throw Failure{Error{ErrorKind::unavailable, "the load was stopped"}};
    }
}

}  // namespace crossfade
