// What a root says of a parent: whom it refers to, or that it refers to nobody.
#pragma once

#include "transforms/program.hpp"

namespace crossfade {

struct ParentReference {
    std::optional<KeyBytes> root;  // the parent's key, if there can be such a parent
    // SQL's NULL reference: a part of the key is NULL, or the row is looked up by none.
    bool null = false;
    std::string wanted;  // what is waited for, for people
};

// Evaluates the parent's key, or finds its row, over the root in `frame`. May throw Reject.
ParentReference reference_of(const Program& program, const ParentProgram& parent, Frame& frame);

}  // namespace crossfade
