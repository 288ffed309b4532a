// Columns that a mapped table of the source has got since the service started: not in the mapping,
// so not carried, and the log says so once for each.
#pragma once

#include "replicator/relation_decoder.hpp"
#include "telemetry/logger.hpp"
#include "transforms/program.hpp"

#include <map>
#include <string>

namespace crossfade {

// For the decoders of all sessions, one after the other. `catalog` by "schema.name".
DecoderOptions warn_of_new_columns(const Program& program,
                                   const std::map<std::string, CatalogTable>& catalog, Logger log);

}  // namespace crossfade
