// Roots as people write them on the command line, looked up: users accounts/220, order_lines 17/3.
#pragma once

#include "state/store.hpp"
#include "transforms/program.hpp"

#include <optional>
#include <string>

namespace crossfade {

// The root of an entity that the state knows and that display_root() calls so. Keys of likely types
// are looked up; a text that fits none of them is searched among all roots of the entity.
std::optional<KeyBytes> find_root(const Program& program, const Reader& reader, EntityIndex entity,
                                  const std::string& text);

// The entity's number; Failure(configuration) with a suggestion if there is none.
EntityIndex entity_named(const Program& program, const std::string& name);

}  // namespace crossfade
