// Unique values that a root wants and nobody holds. A value that a row born on the target held is
// marked in the registry of claims, and its root took its fallback; when that row goes, or changes,
// nothing tells the bridge. So each marked value is looked for.
#pragma once

#include "postgres/connection.hpp"
#include "state/store.hpp"
#include "transforms/program.hpp"
#include "verify/verification.hpp"

namespace crossfade {

// Adds a difference for each value of the entity that stands in no row of the target, and a repair
// of the root that is to hold it: told to, it asks again. `target` is in the transaction of the
// verification.
void find_unheld(const Program& program, EntityIndex entity, const Reader& state,
                 Connection& target, EntityVerification& counts, DifferenceLog& log);

}  // namespace crossfade
