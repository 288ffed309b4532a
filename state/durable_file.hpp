// A file that is there whole or not at all, whenever the process or the machine stops.
#pragma once

#include "state/descriptor.hpp"

#include <filesystem>
#include <string_view>

namespace crossfade {

// Written beside its place under the name FILE.new, mode 0600. Everything throws
// Failure(unavailable), naming the file, if the disk fails.
class DurableFile {
public:
    explicit DurableFile(std::filesystem::path file);
    void put(std::string_view bytes);
    // The file is in its place, on disk, and what was there before is gone. Nothing can be put
    // any more.
    void finish();

private:
    [[noreturn]] void fail(const char* what) const;
    std::filesystem::path file_, unfinished_;
    Descriptor descriptor_;
};

}  // namespace crossfade
