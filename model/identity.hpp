// How entities, roots, indexes and their members are named everywhere: by numbers of the compiled
// mapping and encoded keys.
#pragma once

#include "model/key.hpp"

#include <compare>
#include <cstdint>

namespace crossfade {

using EntityIndex = std::uint32_t;  // into Program::entities, which stand parents before children
using IndexId = std::uint32_t;      // into Program::indexes

// A member of an index: a row, and the slot it stands for (0 if the index has no slots).
struct Member {
    KeyBytes row;
    std::uint8_t slot = 0;
    friend auto operator<=>(const Member&, const Member&) = default;
};

// One root of one entity.
struct RootRef {
    EntityIndex entity = 0;
    KeyBytes root;
    friend auto operator<=>(const RootRef&, const RootRef&) = default;
};

}  // namespace crossfade
