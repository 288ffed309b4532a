// Refusals of the target that the claims of a batch can settle: a unique key says that a value
// stands in another row than the one that is to have it by the registry.
#pragma once

#include "pipeline/batch.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace crossfade {

// The unique keys of the target by entity and name: positions of their columns in the entity's
// TargetSpec.
using UniqueKeys = std::map<std::pair<EntityIndex, std::string>, std::set<std::uint32_t>>;

// Which other row carries what a write wants to have in the columns of a unique key.
using HolderOf =
    std::function<std::optional<Uuid>(const RowWrite& write, const std::set<std::uint32_t>& key)>;

// Takes those that the batch has an answer to out of `answer.refused`; the batch is to be derived
// again. Among our own rows claims decide, so the row in the way is one of ours that somebody
// changed, or that was refused itself: it gives the value up. Or it is born on the target: it keeps
// the value, and its claimant loses it.
void settle_refused_claims(const Program& program, const Reader& state, const UniqueKeys& keys,
                           const HolderOf& holder_of, const TargetBatch& attempt, Batch& batch,
                           BatchAnswer& answer);

}  // namespace crossfade
