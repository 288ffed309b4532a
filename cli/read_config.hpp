// What most commands begin with: the configuration, and the mapping it names, compiled against the
// source's catalog. Findings are printed to stderr, here and nowhere below.
#pragma once

#include "cli/command.hpp"
#include "config/config.hpp"
#include "model/finding.hpp"
#include "service/context.hpp"
#include "service/own_state.hpp"
#include "service/watched_servers.hpp"
#include "telemetry/console.hpp"

#include <optional>

namespace crossfade {

// The configuration; findings are printed. Nothing: it cannot be used (status 2).
std::optional<Config> read_config(const Invocation& invocation);
// The same without printing, for `check`, which prints all findings together.
std::optional<Config> read_config(const Invocation& invocation, Findings& findings);

// For a command that asks the servers itself: while it waits for one of them, stderr says for whom,
// and a session that nobody will answer any more is cut off.
class CommandWatch {
public:
    explicit CommandWatch(const Config& config);

private:
    Console console_ = Console::standard_error();
    WatchedServers watched_;
};

// As in service/context.hpp and service/own_state.hpp; findings are printed. Nothing: the mapping
// cannot be used (status 2).
std::optional<Context> read_context(const Config& config);
std::optional<OwnState> open_own_state(const Config& config);

}  // namespace crossfade
