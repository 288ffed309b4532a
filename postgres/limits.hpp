// How long a session waits: for a lock, and for a statement as a whole.
#pragma once

#include "postgres/connection.hpp"

#include <chrono>

namespace crossfade {

// Zero: without a limit, as every session is opened.
struct SessionLimits {
    std::chrono::milliseconds lock{0};       // beyond it 55P03
    std::chrono::milliseconds statement{0};  // beyond it 57014
};
// From the next statement on. Throws Failure.
void set_limits(Connection& connection, const SessionLimits& limits);

}  // namespace crossfade
