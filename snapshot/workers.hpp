// Some threads that do one piece of work together and fail together.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

namespace crossfade {

// Runs `work(number, stop)` on `count` threads at once and waits for all. `stop` is requested when
// `outside` is, or when another of them has thrown; whoever sees it should end with stop_here().
// Rethrows what was thrown first; a thread that cannot be had counts as one that threw.
void run_workers(unsigned count, const std::stop_token& outside,
                 const std::function<void(unsigned number, const std::stop_token& stop)>& work);

// How many rows a worker counts before it tells the progress bar, which locks.
inline constexpr std::uint64_t kAdvanceEvery = 1024;

// Throws Failure(unavailable) once a stop is requested.
void stop_here(const std::stop_token& stop);

}  // namespace crossfade
