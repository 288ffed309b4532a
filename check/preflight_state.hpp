// Whether the state on this machine, if there is one, belongs to the mapping as it is now.
#pragma once

#include "config/config.hpp"
#include "model/finding.hpp"
#include "service/context.hpp"

namespace crossfade {

// Names the entities that the mapping gained and lost since the load, or else the first thing that
// a start would refuse. Says nothing while a service has the state open, which looked itself.
void check_state(const Config& config, const Context& context, Findings& findings);

}  // namespace crossfade
