// Ids of rows that an earlier migration left on the target, taken over before anything is derived.
#pragma once

#include "postgres/connection.hpp"
#include "state/store.hpp"
#include "transforms/program.hpp"

#include <cstdint>
#include <vector>

namespace crossfade {

struct AdoptionCounts {
    std::uint64_t rows = 0;       // of the target that were looked at
    std::uint64_t adopted = 0;    // ids that stand instead of computed ones
    std::uint64_t own = 0;        // rows that have the computed id already
    std::uint64_t unusable = 0;   // rows whose old key is NULL or cannot be turned into a name
    std::uint64_t ambiguous = 0;  // rows whose root has another, lower id, or one of several roots
};

// For every entity with `adopt`, in the order of the program: which id of the target a root keeps,
// as meta "adopted/..." in the state. By EntityIndex; zeros for entities without.
//
// Call it when the images are loaded (adoption through a parent reads them) and nothing is derived.
// Memory: the ids adopted so far. Repeating it changes nothing. Throws Failure(configuration) if
// the target refuses the mapping's SQL, naming the entity.
std::vector<AdoptionCounts> adopt(const Program& program, Connection& target, Store& store);

}  // namespace crossfade
