// Reads crossfade.yaml and the environment. A variable wins over the file. Everything that is wrong
// is reported at once, each with its place and a suggestion:
//
//   crossfade.yaml:3:5: source.slott: unknown key 'slott': did you mean 'slot'?
//
// Relative paths in the file are relative to the file's folder, in a variable to the current one. A
// file with a password in it must be ours or root's and closed to others (0600), or it is refused.
#pragma once

#include "config/config.hpp"
#include "model/finding.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace crossfade {

using Environment = std::map<std::string, std::string>;

// The variables of this process whose names begin with CROSSFADE_.
Environment environment_of_process();

struct ConfigReading {
    Config config;  // to be used only if has_errors(findings) is false
    Findings findings;
};

// Without a file the environment alone must give what is required. Does no other I/O than reading
// the file and looking whether the mapping is there.
ConfigReading read_config(const std::optional<std::filesystem::path>& file,
                          const Environment& environment);

}  // namespace crossfade
