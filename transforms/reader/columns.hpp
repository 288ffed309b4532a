// Reads `columns` and `parents` of an entity.
#pragma once

#include "transforms/mapping.hpp"
#include "transforms/reader/document.hpp"

namespace crossfade {

std::vector<ColumnSpec> read_columns(Document& document, const Entry& entry);
std::vector<ParentSpec> read_parents(Document& document, const Entry& entry);

}  // namespace crossfade
