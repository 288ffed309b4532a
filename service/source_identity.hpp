// Which server the state was loaded from: its system identifier and timeline, in Family::meta.
#pragma once

#include "replicator/slot.hpp"
#include "state/store.hpp"

namespace crossfade {

SourceIdentity read_source_identity(const Reader& reader);  // zeroes before a load
void write_source_identity(WriteSet& set, const SourceIdentity& identity);

}  // namespace crossfade
