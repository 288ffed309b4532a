// What a first load would make of rows that an earlier migration left on the target: `check` says
// it before anything is written.
#pragma once

#include "service/adoption.hpp"
#include "service/context.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace crossfade {

struct AdoptionPreview {
    struct Entity {
        std::string name;
        AdoptionReport report;
    };
    std::vector<Entity> entities;  // those with `adopt`, in the order of the load
};

// Reads the relations of the entities up to the last one with `adopt` into a state in a temporary
// folder of mode 0700, removed afterwards, in one snapshot of the source, and asks the target;
// takes as long as that part of a load. Writes nothing on either side. Nothing: no entity adopts,
// their tables are empty, or the target was loaded already. Throws Failure.
std::optional<AdoptionPreview> preview_adoption(const Config& config, const Context& context,
                                                Connection& source, Connection& target);

std::string to_text(const AdoptionPreview& preview);
std::string to_json(const AdoptionPreview& preview);

}  // namespace crossfade
