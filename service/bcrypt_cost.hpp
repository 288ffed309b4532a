// secrets.bcrypt_cost: the cost written in the mapping's bcrypt(plain, cost) gives way to that of
// the configuration, so that tests and demonstrations need not hash at full cost.
#pragma once

#include "transforms/mapping.hpp"

namespace crossfade {

// Replaces the second argument of every call of bcrypt in macros and deferred columns.
void replace_bcrypt_cost(Mapping& mapping, int cost);

}  // namespace crossfade
