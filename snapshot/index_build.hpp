// The second half of the image load: indexes over the images that are in. Internal to snapshot/.
#pragma once

#include "snapshot/image_load.hpp"
#include "snapshot/merge.hpp"

#include <map>

namespace crossfade {

// Entries of member indexes, by entity.
using MemberCounts = std::map<EntityIndex, std::int64_t>;

// Fills Family::edges and Family::members of every index over rows that the state stores. `images`
// says where the files of the images begin, so that a large relation can be scanned in ranges.
// `scratch` exists.
MemberCounts build_indexes(const Program& program, RocksStore& store, const FileStarts& images,
                           const std::vector<std::uint64_t>& rows, const ImageLoadOptions& options,
                           Progress& progress);

}  // namespace crossfade
