// What a root is called wherever people read of it: accounts/220, 17/3, ?order_lines/5.
#pragma once

#include "transforms/program.hpp"

#include <string>
#include <string_view>

namespace crossfade {

// The key's parts joined by '/'; for a root whose key cannot be known `?relation/row key`, with
// `#slot` behind it if its relation has slots.
std::string display_root(const Program& program, std::string_view root);

}  // namespace crossfade
