// What the service and most commands begin with: the sessions that the configuration describes, the
// mapping it names, the source's tables that the mapping reads, and the compiled program.
#pragma once

#include "config/config.hpp"
#include "model/finding.hpp"
#include "postgres/connection.hpp"
#include "transforms/program.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace crossfade {

// Sessions with either server, named as this command in pg_stat_activity.
ConnectionOptions source_options(const Config& config, const std::string& command);
ConnectionOptions target_options(const Config& config, const std::string& command);

std::string control_socket(const Config& config);  // STATE/crossfade.sock

// The mapping with what the configuration replaces in it (secrets.bcrypt_cost).
std::optional<Mapping> read_mapping(const Config& config, Findings& findings);

// By TableName::text(); a relation that the source does not have is left out, compile() reports it.
std::map<std::string, CatalogTable> read_catalog(const Mapping& mapping, Connection& source);

struct Context {
    Mapping mapping;
    std::map<std::string, CatalogTable> catalog;
    std::shared_ptr<const Program> program;
};

// What is written of each entity, in the program's order.
std::vector<TargetSpec> target_specs(const Program& program);

// Nothing: the mapping cannot be used, `findings` says why. Throws Failure if the source cannot be
// reached.
std::optional<Context> read_context(const Config& config, Findings& findings);

}  // namespace crossfade
