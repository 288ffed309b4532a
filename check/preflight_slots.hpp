// Room for the slot on the source and for the origin on the target.
#pragma once

#include "model/finding.hpp"
#include "postgres/connection.hpp"
#include "postgres/server_facts.hpp"

#include <string>

namespace crossfade {

// An error if `slot` is not there and there is no room for it.
void check_slot_room(Connection& source, const ServerFacts& facts, const std::string& slot,
                     Findings& findings);

// An error if the session of the writer could not take `origin`: the server keeps as many as
// max_replication_slots (from PostgreSQL 18 on max_active_replication_origins), until they are
// dropped. Asks for the right to use origins.
void check_origin_room(Connection& target, const ServerFacts& facts, const std::string& origin,
                       Findings& findings);

}  // namespace crossfade
