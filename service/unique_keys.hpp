// The unique keys of the target that consist of written columns alone.
#pragma once

#include "postgres/connection.hpp"
#include "transforms/program.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace crossfade {

// By entity and the key's name: positions of its columns in the entity's TargetSpec. Throws Failure
// if the server cannot be asked.
using UniqueKeys = std::map<std::pair<EntityIndex, std::string>, std::set<std::uint32_t>>;
UniqueKeys read_unique_keys(Connection& target, const std::vector<TargetSpec>& specs);

}  // namespace crossfade
