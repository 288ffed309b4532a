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

// Where each file began, by the number that its keys begin with. Files neither share a number nor
// overlap, so the state can put them to the bottom, where they need no compaction.
using FileStarts = std::map<std::uint32_t, std::vector<std::string>>;

// Merges what the (finished) sorters hold, numbers in parallel, and has the store ingest it. `name`
// says under which key the nth entry of a key (counted from 0) is stored, nothing: under that key.
// Of a key that may come but once it must throw for the second: nothing is ingested then.
using NameOfCopy =
    std::function<std::optional<std::string>(std::string_view key, std::uint64_t copy)>;
FileStarts merge_into(RocksStore& store, Family family, const std::vector<RunSorter>& sorters,
                      const MergeOptions& options, const NameOfCopy& name);

}  // namespace crossfade
