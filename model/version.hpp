// The version of the program, as `crossfade --version` says it.
#pragma once

namespace crossfade {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace crossfade
