// Some threads that do one piece of work together and fail together.
#pragma once

#include <functional>
#include <stop_token>

namespace crossfade {

// Runs `work(number, stop)` on `count` threads at once and waits for all. `stop` is requested when
// `outside` is, or when another of them has thrown; whoever sees it should end with stop_here().
// Rethrows what was thrown first.
void run_workers(unsigned count, const std::stop_token& outside,
                 const std::function<void(unsigned number, const std::stop_token& stop)>& work);

// Throws Failure(unavailable) once a stop is requested.
void stop_here(const std::stop_token& stop);

}  // namespace crossfade
