// What is left to do once the last root of the initial load is written.
#pragma once

#include "postgres/connection.hpp"
#include "state/rocks_store.hpp"
#include "telemetry/logger.hpp"
#include "transforms/target_spec.hpp"

#include <string>
#include <vector>

namespace crossfade {

// Puts back what the load of this slot took off the tables, and, if rows were loaded, refreshes
// what the planner knows of them. Throws Failure as put_back_indexes does.
void complete_target(Connection& target, const std::string& slot,
                     const std::vector<TargetSpec>& specs, bool loaded, const Logger& log);

// A load reads all of the state and frees hundreds of megabytes; the stream needs neither.
void release_load_memory(RocksStore& store);

}  // namespace crossfade
