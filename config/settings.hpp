// The table of settings: for each its path in crossfade.yaml, what it expects, and where it goes.
// The name of its variable follows from the path: source.conninfo is CROSSFADE_SOURCE_CONNINFO.
#pragma once

#include "config/config.hpp"

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace crossfade {

struct SettingInput {
    std::string value;
    std::filesystem::path base_directory;  // what relative paths are relative to
};

struct Setting {
    std::string path;     // "source.slot"
    std::string expects;  // "a whole number from 1 to 64", for the finding
    bool required = false;
    // False if the value is not what is expected.
    std::function<bool(Config&, const SettingInput&)> set;

    std::string variable() const;  // "CROSSFADE_SOURCE_SLOT"
};

std::span<const Setting> settings();

}  // namespace crossfade
