// Sorting more than fits in memory: entries are collected, sorted piece by piece and spilled as
// runs, which snapshot/merge joins.
//
// A run file is a sequence of entries in ascending order of their keys, each as
//   key_length(4) value_length(4) key value
// with the lengths in the byte order of this machine: the files do not outlive the load.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

// The entries of one run whose keys begin with the same four bytes: a relation, or an index.
struct RunSegment {
    std::filesystem::path file;
    std::uint64_t offset = 0;  // bytes
    std::uint64_t entries = 0;
};

// For one thread. Does not remove its files; the owner of the directory does. Throws
// Failure(unavailable) if a file cannot be written.
class RunSorter {
public:
    // Files are named `name`.0, `name`.1 ... in `directory`. `bytes_max` bounds what is held in
    // memory, but for a single entry that is larger.
    RunSorter(std::filesystem::path directory, std::string name, std::size_t bytes_max);

    void put(std::string_view key, std::string_view value);  // keys have four bytes or more
    void finish();                                           // spills what is left

    // By the number that the first four bytes give. After finish().
    const std::map<std::uint32_t, std::vector<RunSegment>>& segments() const { return segments_; }

private:
    // The first twelve bytes of the key decide nearly every comparison without touching the arena.
    struct Entry {
        std::uint32_t prefix;
        std::uint32_t key_size;
        std::uint64_t head;
        std::size_t offset;
        std::uint32_t value_size;
    };
    void spill();
    std::string_view key_of(const Entry& entry) const {
        return std::string_view{arena_}.substr(entry.offset, entry.key_size);
    }

    std::filesystem::path directory_;
    std::string name_;
    std::size_t bytes_max_;
    std::string arena_;
    std::vector<Entry> entries_;
    std::uint64_t runs_ = 0;
    std::map<std::uint32_t, std::vector<RunSegment>> segments_;
};

}  // namespace crossfade
