// The number of the format in which the state is kept: a file FORMAT in its directory, read before
// the database is touched. One number covers all of it: the keys (state/keys.hpp), the records
// (state/records.hpp), rows and keys of rows (model/encoding, model/key), sets of writes
// (state/store.cpp), and how the things of a mapping are told apart (transforms/shape_text,
// IndexSpec::tag).
//
// The map of a state that goes (pipeline/map_file) holds records too: its header has a number of
// its own, which goes up when they change.
//
// Whoever changes one of them raises kStateFormat and stores a new dump for
// tests/state/format_test.cpp. There is no conversion before version 1.0: a state of another format
// is refused as it is, and loaded anew.
#pragma once

#include "model/error.hpp"

#include <cstdint>
#include <filesystem>

namespace crossfade {

inline constexpr std::uint32_t kStateFormat = 5;

// What a RocksStore does before it opens its database. A directory without a database gets the
// number of this program, durably, if `create` is set; in one with a database the number must be
// there and be this program's. Throws Failure(trust) if it is not, having changed nothing;
// Failure(configuration) if the file cannot be made.
void require_state_format(const std::filesystem::path& directory, bool create);

// Marks a copy of a state, a directory that has no number yet. Throws as above.
void write_state_format(const std::filesystem::path& directory);

}  // namespace crossfade
