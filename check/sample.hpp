// What a load would make of the first rows of each entity: derived as a load does, from images that
// are read for this alone, and tried on the target by reading. Nothing is written on either side.
#pragma once

#include "postgres/connection.hpp"
#include "state/store.hpp"
#include "transforms/program.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace crossfade {

struct Sample {
    struct Reason {
        std::uint64_t count = 0;
        std::string example;  // the key of a root that has it
    };
    struct Entity {
        std::string name;
        std::uint64_t roots = 0;  // that were derived, N at most
        std::uint64_t applied = 0;
        std::uint64_t filtered = 0;
        std::uint64_t parked = 0;
        std::uint64_t refused = 0;  // by the mapping, or by the target
        std::map<std::string, Reason> parked_for;
        std::map<std::string, Reason> refused_for;
    };
    std::vector<Entity> entities;  // in the order of the load
};

// `images`: a state of the program that was loaded and in which nothing is derived. Of the target
// it is asked whether the types of the columns, NOT NULL and CHECK take a row; what other rows
// decide (unique keys, claims, foreign keys) and what triggers do is not. Reasons and keys, never a
// value. Leaves the session of the target as it was. Throws Failure.
Sample take_sample(const Program& program, const Reader& images, Connection& target,
                   std::size_t roots_max);

std::string to_text(const Sample& sample);
std::string to_json(const Sample& sample);

}  // namespace crossfade
