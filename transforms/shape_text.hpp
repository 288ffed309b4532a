// What a state made by a program depends on, thing by thing: the relations and columns whose rows
// it keeps, the indexes with their keys, the nodes its work refers to, and of each entity its root,
// id, target columns, parents and claims. A state is read by a program that has the same things;
// service/state_shape says what may come and go. Values of columns and conditions are not in it:
// they are derived again, not stored.
#pragma once

#include "transforms/program.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace crossfade {

struct ShapeThing {
    // A rule has no number, nor has a look-up, a rule that may go. The numbers are in the state.
    enum class Kind : std::uint8_t {
        rule,
        look_up,
        relation,
        column,
        index,
        node,
        entity,
        target_column,
        parent,
        claim
    };
    Kind kind = Kind::rule;
    std::string owner;    // column: its relation; target_column and parent: their entity
    std::string name;     // tells it from the others of its kind and owner
    std::string details;  // what it is, as far as the state depends on it
    // A state that lacks it can take it in: nothing is stored of it, or what is can be derived
    // again.
    bool may_come = false;
    std::string line() const;  // for a message: "relation public.team (key id)"
    friend bool operator==(const ShapeThing&, const ShapeThing&) = default;
};

// `program` is what `mapping` was compiled to. Of one kind and owner they stand in the program's
// order.
std::vector<ShapeThing> shape_of(const Mapping& mapping, const Program& program);

}  // namespace crossfade
