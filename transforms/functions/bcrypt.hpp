// bcrypt as login code of other systems checks it: "$2b$", 22 characters of salt, 31 of hash.
#pragma once

#include "model/error.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace crossfade {

// The cost is the logarithm of the rounds, 4 to 31: 12 takes about a quarter of a second. Of the
// plain text the first 72 bytes count, as in every bcrypt; it may not hold NUL, at which bcrypt
// would silently stop. The same three arguments give the same text. Safe to call from several
// threads.
Result<std::string> bcrypt_hash(std::string_view plain, int cost,
                                const std::array<std::uint8_t, 16>& salt);

}  // namespace crossfade
