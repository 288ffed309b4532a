// The things of a mapping as a state keeps them (meta "mapping_shape"): each by its name, with the
// number that everything in the state calls it by.
#pragma once

#include "state/numbers.hpp"
#include "transforms/shape_text.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossfade {

struct NumberedThing {
    ShapeThing thing;
    std::uint32_t number = 0;
    bool gone = false;  // the mapping lost it; its number is not given to another
    friend bool operator==(const NumberedThing&, const NumberedThing&) = default;
};
using Things = std::vector<NumberedThing>;
using Scope = std::pair<ShapeThing::Kind, std::string>;  // numbers count within a kind and an owner

Scope scope_of(const ShapeThing& thing);
std::string encode_things(const Things& things);
Things decode_things(std::string_view bytes);

// What a program calls its things, and what the state does. `things` stand in the program's order
// within their scope.
StateNumbers state_numbers(const Things& things, const Program& program);

}  // namespace crossfade
