// Reads one entry of `entities`.
#pragma once

#include "transforms/mapping.hpp"
#include "transforms/reader/document.hpp"

namespace crossfade {

EntitySpec read_entity(Document& document, const Entry& entry);

}  // namespace crossfade
