// The image load: the state that the stream would have made of the source's rows, made in bulk.
//
//   exported snapshot --COPY, some connections--> sorted runs     images: mapped columns, secrets
//                                                                 as fingerprints
//   (the source's transactions end: on_source_released)
//   sorted runs --merge--> files that the state ingests           Family::images
//   images --scan, key order--> indexes of the row alone          Family::edges
//   images --scan, key order--> indexes through other rows        Family::edges, Family::members
//   counts                                                        "count/<entity>/source"
//
// Byte for byte what pipeline/stager makes when every row is staged as an insert. Nothing is
// derived yet: enqueue_load() does that.
//
// A load is one unit. If it throws or is killed, call wipe_images() and begin anew with a new
// snapshot; a state that already holds images is refused.
#pragma once

#include "model/fingerprint.hpp"
#include "state/rocks_store.hpp"
#include "telemetry/progress.hpp"
#include "transforms/program.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace crossfade {

class Interrupt;

struct ImageLoadOptions {
    std::string source_conninfo;
    // Exported by a session that does nothing else until on_source_released is called.
    std::string snapshot_name;
    unsigned connections = 2;  // readers of the source; one at least
    unsigned threads = 2;      // that sort, merge and index
    // Where a folder `load` is made, with mode 0700; it is emptied before and removed after. If it
    // is on the file system of the state, files are moved into the state, else copied. Takes up to
    // twice the size of the images or indexes.
    std::filesystem::path scratch;
    std::size_t chunk_bytes = std::size_t{64} << 20;  // sorted in memory, per connection or thread
    std::size_t file_bytes_max = std::size_t{64} << 20;
    // A table with a larger heap is read in ranges of so much, by several connections (servers from
    // PostgreSQL 14 on).
    std::uint64_t range_bytes = std::uint64_t{256} << 20;
    RocksOptions state;  // that the store was opened with
    // All rows have been read and the source's transactions are over. Called by the caller's
    // thread.
    std::function<void()> on_source_released;
    std::stop_token stop;            // ends the load with Failure(unavailable)
    Interrupt* interrupt = nullptr;  // of the source's connections; raise it with the stop
};

struct ImageLoadResult {
    std::vector<std::uint64_t> rows;  // by RelationIndex
    std::uint64_t bytes = 0;          // of COPY's text
};

// Throws Failure:
//  conflict  the snapshot is gone, or a table was truncated, rewritten or replaced since it was
//            taken, so that the snapshot shows it empty; begin anew
//  trust     a value is not of its column's type, two rows have the same key, or the state is not
//            empty; the message names table, key (unless it is secret) and column, never a value
ImageLoadResult load_images(const Program& program, RocksStore& store,
                            const SecretFingerprinter& fingerprinter,
                            const ImageLoadOptions& options, Progress& progress, const Logger& log);

// Forgets everything that comes from the source's rows: images, indexes, counts, what was derived,
// claims, work, quarantine, adopted ids. Positions and the like stay. Durable, and may be repeated.
void wipe_images(RocksStore& store);

}  // namespace crossfade
