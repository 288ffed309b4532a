// Sorted runs into the files of one family that the state takes over.
#pragma once

#include "snapshot/run_sorter.hpp"
#include "state/rocks_store.hpp"

#include <cstdint>
#include <functional>
#include <map>
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

// Merges what the (finished) sorters hold, numbers in parallel, and has the store ingest it. A key
// that comes twice goes to `on_duplicate`, which must throw: nothing is ingested then.
FileStarts merge_into(RocksStore& store, Family family, const std::vector<RunSorter>& sorters,
                      const MergeOptions& options,
                      const std::function<void(std::string_view key)>& on_duplicate);

}  // namespace crossfade
