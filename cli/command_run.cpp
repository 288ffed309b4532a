// crossfade run, crossfade snapshot: the service, and its initial load alone.
#include "cli/read_config.hpp"
#include "service/service.hpp"

#include <CLI/CLI.hpp>

namespace crossfade {

namespace {
int serve(const Invocation& invocation, bool snapshot_only) {
    const auto config = read_config(invocation);
    if (!config) return kFailed;
    const auto context = read_context(*config);
    if (!context) return kFailed;
    return run_service(*config, *context, snapshot_only);
}
}  // namespace

void add_run(CLI::App& app, Invocation& invocation) {
    CLI::App* command =
        app.add_subcommand("run", "load a snapshot if there is none yet, then follow the slot");
    command->callback(
        [&invocation] { invocation.run = [&invocation] { return serve(invocation, false); }; });
}

void add_snapshot(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("snapshot", "the initial load alone");
    command->callback(
        [&invocation] { invocation.run = [&invocation] { return serve(invocation, true); }; });
}

}  // namespace crossfade
