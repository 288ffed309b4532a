// What stands in the way of reading a stream from a server.
#pragma once

#include "model/finding.hpp"
#include "postgres/connection.hpp"
#include "postgres/server_facts.hpp"

#include <string>

namespace crossfade {

// What is wrong with the server, the role and the plugin for reading a stream from it; each with
// the statement that fixes it. The plugin is tried with a temporary slot (waits `probe_timeout_ms`
// for open transactions at most).
Findings check_replication(Connection& connection, const ServerFacts& facts,
                           const std::string& plugin, int probe_timeout_ms = 5'000);

}  // namespace crossfade
