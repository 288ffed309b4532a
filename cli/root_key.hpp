// Roots as people write and read them: users accounts/220, order_line 17/3.
#pragma once

#include "state/store.hpp"
#include "transforms/program.hpp"

#include <optional>
#include <string>

namespace crossfade {

// The key's parts joined by '/'; for a root whose key cannot be known `?relation/row key`, with
// `#slot` behind it if its relation has slots.
std::string display_root(const Program& program, std::string_view root);

// The root of an entity that the state knows and that displays so. Keys of likely types are looked
// up; a text that fits none of them is searched among all roots of the entity.
std::optional<KeyBytes> find_root(const Program& program, const Reader& reader, EntityIndex entity,
                                  const std::string& text);

// The entity's number; Failure(configuration) with a suggestion if there is none.
EntityIndex entity_named(const Program& program, const std::string& name);

std::string to_hex(std::string_view bytes);

}  // namespace crossfade
