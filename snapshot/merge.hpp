// Sorted runs into the files of one family that the state takes over.
#pragma once

#include "snapshot/run_sorter.hpp"
#include "state/rocks_store.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

struct MergeOptions {
    std::filesystem::path directory;  // of the files; on the state's file system they are moved
    std::size_t file_bytes_max = std::size_t{64} << 20;
    unsigned threads = 2;
    RocksOptions state;  // that the store was opened with
    std::stop_token stop;
};

// The first key of each file, by the number (relation or index) that its keys begin with. No file
// holds keys of two numbers and no two files overlap. So RocksDB can put them on its last level,
// where they need no compaction.
using FileStarts = std::map<std::uint32_t, std::vector<std::string>>;

// Merges the runs of the finished sorters, several numbers in parallel, and has the store ingest
// the files. `name(key, n)` gives the key under which the nth entry with an equal key (from 0) is
// stored; nullopt: under the key itself. If a key may come only once, `name` throws for n = 1, and
// nothing is ingested.
using NameOfCopy =
    std::function<std::optional<std::string>(std::string_view key, std::uint64_t copy)>;
FileStarts merge_into(RocksStore& store, Family family, const std::vector<RunSorter>& sorters,
                      const MergeOptions& options, const NameOfCopy& name);

}  // namespace crossfade
