#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "demo/simulate/plan.hpp"
#include "demo/simulate/report.hpp"

namespace crossfade::simulate {

struct RunRequest {
    std::string conninfo;
    bool allow_remote = false;
    PlanRequest plan;
    bool quiet = false;  // no progress on standard error
};

// Reads what the application needs, opens the connections, plays the plan and reports. The schedule
// is open: an operation is due at its time whether or not its predecessors are done, and none
// starts later than a second after the last due time. Sets of operations are bound to connections
// by the plan. Throws ConnectionError or std::runtime_error when the run cannot begin; a connection
// lost during the run ends its part and is reported as unexpected. `stop` ends the run early.
RunReport run(const RunRequest& request, const std::atomic<bool>& stop);

}  // namespace crossfade::simulate
