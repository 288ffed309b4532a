// UUID version 5 (RFC 4122, section 4.3): SHA-1 of the namespace's bytes and the name.
#pragma once

#include "model/uuid.hpp"

#include <string_view>

namespace crossfade {

// Throws Failure(internal) if the library refuses SHA-1, as under a FIPS policy.
Uuid uuid_v5(const Uuid& name_space, std::string_view name);

}  // namespace crossfade
