// The checks that `check` runs on the two servers; each finding carries the statement that fixes
// it. Nothing is changed on either side, but for a temporary slot that tries the plugin.
#pragma once

#include "config/config.hpp"
#include "model/finding.hpp"
#include "postgres/connection.hpp"
#include "postgres/server_facts.hpp"
#include "service/context.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace crossfade {

// A finding about a place of the configuration, the mapping or a server.
inline Finding about(std::string path, std::string message, std::string fix,
                     Severity severity = Severity::error) {
    return {{}, std::move(path), std::move(message), std::move(fix), severity};
}

// Server, role, plugin and slot. What the bridge would create there is added to `creates`.
void check_source_server(Connection& source, const ServerFacts& facts, const Config& config,
                         Findings& findings, std::vector<std::string>& creates);

// Every relation of the mapping: whether its changes reach the stream and name their rows. With a
// program also what its mapped columns may lose on the way.
void check_source_tables(Connection& source, const ServerFacts& facts, const Config& config,
                         const Context& context, Findings& findings);

// Server, role, schema crossfade, origin.
void check_target_server(Connection& target, const ServerFacts& facts, const Config& config,
                         Findings& findings, std::vector<std::string>& creates);

// The tables of a program's entities: columns, unique keys, foreign keys, privileges, triggers.
void check_target_tables(Connection& target, const ServerFacts& facts, const Context& context,
                         Findings& findings);

// load.defer_indexes asks for tables that are the role's to change.
void check_deferred_indexes(Connection& target, const ServerFacts& facts, const Context& context,
                            Findings& findings);

// What comes before each row that the bridge writes: rules, which are refused, BEFORE triggers and
// policies. Of triggers each function is named once, unless all that it does is to assign columns
// that the mapping leaves to it.
void check_row_hooks(Connection& target, const Context& context, Findings& findings);

// What fires after each row that the bridge writes to the tables (oids), such as audit triggers. A
// function that begins with a guard, IF current_setting('name') = 'value' THEN RETURN, is not
// reported once the bridge's session has that setting.
void check_triggers(Connection& target, const ServerFacts& facts,
                    const std::vector<std::uint32_t>& tables, Findings& findings);

}  // namespace crossfade
