// The key under which secrets are fingerprinted: 32 random bytes in a file beside the state.
#pragma once

#include "model/error.hpp"

#include <array>
#include <cstdint>
#include <filesystem>

namespace crossfade {

using SecretKey = std::array<std::uint8_t, 32>;

// Reads the key, or makes one, durably and with mode 0600, if the file is not there. Throws
// Failure(configuration) if the file is readable by others, not ours, or not 32 bytes long; a key
// is never replaced, since every fingerprint would then differ.
SecretKey read_or_create_secret_key(const std::filesystem::path& file);

}  // namespace crossfade
