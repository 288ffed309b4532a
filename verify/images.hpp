// Proof A: source = images. The images that were just read from the source are compared with those
// of the state.
#pragma once

#include "state/store.hpp"
#include "transforms/program.hpp"
#include "verify/verification.hpp"

namespace crossfade {

// `fresh` holds the images of the source's snapshot, `state` those of the bridge at the same point.
// Fills the images and differences of verification.relations, which has one entry per relation of
// the program.
void compare_images(const Program& program, const Reader& fresh, const Reader& state,
                    Verification& verification, DifferenceLog& log);

}  // namespace crossfade
