// Ids of rows that an earlier migration left on the target, taken over before anything is derived.
#pragma once

#include "postgres/connection.hpp"
#include "state/store.hpp"
#include "transforms/program.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace crossfade {

struct AdoptionReport {
    std::uint64_t rows = 0;     // of the target that an earlier migration wrote
    std::uint64_t adopted = 0;  // roots that keep the id of one of them instead of the computed one
    std::uint64_t merged = 0;   // source rows that join an adopted row beside its first
    std::uint64_t rebuilt = 0;  // roots without such a row: they get one of their own
    std::uint64_t own = 0;      // rows that have the computed id already
    std::uint64_t gone = 0;     // rows whose root the source has no more: left as they are
    std::uint64_t unusable = 0;   // rows whose old key is NULL, cannot be turned into a name, or
                                  // matches no root
    std::uint64_t ambiguous = 0;  // rows whose root has adopted another, lower id
    std::vector<std::string> adopted_keys, merged_keys, rebuilt_keys;  // root keys, ten at most
};

// For every entity with `adopt`, in the order of the program: which id of the target a root keeps,
// as meta "adopted/..." in the state, and which of the row's columns are somebody else's already.
// By EntityIndex; zeros for entities without.
//
// Call it when the images are loaded and nothing is derived. Memory: the roots of one entity at a
// time. Repeating it changes nothing. Throws Failure(configuration) if the target refuses the
// mapping's SQL, naming the entity.
std::vector<AdoptionReport> adopt(const Program& program, Connection& target, Store& store);

}  // namespace crossfade
