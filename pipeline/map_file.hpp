// The map of a state that goes, for the load that comes after it: which rows stand on the target,
// whose they are, which unique values and parents they carry, and what was written last to columns
// that are the bridge's until somebody else changes them. `drop --state` writes it, the next load
// reads it. Without it a load knows its rows only by ids that it computes again, and can tell
// neither a row whose source row went meanwhile from one that was born on the target, nor a value
// that it wrote itself from one that a user chose.
//
//   "crossfade map 1\n"
//   text    the mapping's things by name, with their numbers (pipeline/shape_things)
//   text*   sets of writes (WriteSet::serialize, each with a checksum) in those numbers: the
//           records of the rows that stand (Family::derived), and which ids were adopted (meta)
//   text    empty: the end
//
// A text is a varint length and so many bytes (model/encoding). Everything in it is by name, so
// that the next mapping may be another one.
#pragma once

#include "model/identity.hpp"
#include "model/uuid.hpp"
#include "state/store.hpp"
#include "transforms/program.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace crossfade {

std::filesystem::path kept_map(const std::filesystem::path& state);  // STATE/previous.map

// Writes the map of a state in its own numbers (no use_numbers), whose last batch is settled.
// Replaces a file that is there, durably, with mode 0600; gives the number of rows. Throws
// Failure(unavailable) if it cannot be written, (trust) if the state is damaged.
std::uint64_t write_map(const Reader& state, const std::filesystem::path& file);

struct ReadMap {
    std::uint64_t rows = 0;  // that stand, and are known again
    std::uint64_t lost = 0;  // that do not stand any more
    // Of `rows`, those to which no source row belongs any more: to be derived again, in this
    // order, behind all that is loaded.
    std::vector<RootRef> gone;
    // Entities that are not what they were, or are no more: their rows are known by their ids
    // alone.
    std::vector<std::string> left_out;
};

// Whether a row with this id stands in the entity's table.
using Stands = std::function<bool(EntityIndex entity, const Uuid& id)>;

// Puts what the file says into a state that has images and nothing derived; each record as of a
// row of which nothing but what the map says is known, so that it is written anew. Repeating it
// changes nothing. Throws Failure(trust), naming the file, if it is damaged or of another format.
ReadMap read_map(const Program& program, Store& store, const std::filesystem::path& file,
                 const Stands& stands);

}  // namespace crossfade
