// Whether the whole check (check/all.hpp) has passed for what is about to run.
//
// It runs before a load, and again once the mapping's text or the program's version is another than
// that which it passed for; the state keeps both (keys::kChecked). Any other start compares the
// catalogs, the slot and the server's identity alone.
#pragma once

#include "state/store.hpp"
#include "transforms/mapping.hpp"

#include <string>

namespace crossfade {

std::string what_is_checked(const Mapping& mapping);  // digest of the text, and our version

// False before the images of a load are in.
bool is_checked(const Reader& state, const std::string& what);
void keep_checked(Store& state, const std::string& what);

}  // namespace crossfade
