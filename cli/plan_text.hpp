// The compiled mapping for people: `crossfade plan`.
#pragma once

#include "service/context.hpp"

#include <string>

namespace crossfade {

std::string plan_text(const Context& context);
// {"relations": [...], "entities": [...]}, with the same facts.
std::string plan_json(const Context& context);

}  // namespace crossfade
