// Reads what feeds a root or a set: `root`, `sets`, and in them `through` and `slots`.
#pragma once

#include "transforms/mapping.hpp"
#include "transforms/reader/document.hpp"

#include <string_view>

namespace crossfade {

std::optional<Root> read_root(Document& document, const Entry& entry);
std::vector<ViewSpec> read_views(Document& document, const Entry& entry);
std::vector<SetSpec> read_sets(Document& document, const Entry& entry);
std::optional<Slots> read_slots(Document& document, const Entry& entry);

}  // namespace crossfade
