// Findings as commands print them.
#pragma once

#include "check/all.hpp"

#include <string>

namespace crossfade {

// Errors first, each with what fixes it; a last line counts them.
std::string to_text(const Findings& findings);
// [{"where": "shop.yaml:3:5", "path": ..., "message": ..., "fix": ..., "severity": "error"}, ...]
std::string to_json(const Findings& findings);

int status_of(const Preflight& found);  // the exit status

}  // namespace crossfade
