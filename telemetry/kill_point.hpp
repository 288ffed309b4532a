// Named places at which a test ends the process as a power cut would: with
// CROSSFADE_KILL_POINT=name:n in the environment, the n-th passage of kill_point("name") (the
// first, if ":n" is missing) raises SIGKILL. Nothing is flushed, no destructor runs.
#pragma once

#include <string_view>

namespace crossfade {

// The variable is read once, at the first passage of any point; without it a call costs a branch.
// May be called from any thread.
void kill_point(std::string_view name) noexcept;

}  // namespace crossfade
