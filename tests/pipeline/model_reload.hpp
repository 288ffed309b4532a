// What a state is after the slot was lost: a new one, made of the source as it is now, that knows
// of the old one what its map says (pipeline/map_file).
#pragma once

#include "state/memory_store.hpp"
#include "state/numbers.hpp"
#include "tests/pipeline/model_expected.hpp"
#include "transforms/shape_text.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace crossfade::test {

// `shape` is that of the program. `before` is in `numbers`, if there are some; the new state is in
// the program's own. Its load is queued as work of `lsn`, not done.
std::unique_ptr<MemoryStore> reload(const Program& program, const std::vector<ShapeThing>& shape,
                                    const MemoryStore& before,
                                    const std::optional<StateNumbers>& numbers,
                                    const SourceRows& source, const ModelTarget& target,
                                    std::uint64_t lsn);

}  // namespace crossfade::test
