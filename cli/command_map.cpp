// crossfade map: from an old key to the new id, and back.
#include "cli/ask_state.hpp"
#include "cli/read_config.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace crossfade {

namespace {

struct MapOptions {
    std::string entity;
    std::string key;
    std::string uuid;
    bool json = false;
};

int run_map(const Invocation& invocation, const std::string& what, const MapOptions& options) {
    const auto config = read_config(invocation);
    if (!config) return kFailed;
    ControlClient::Arguments arguments;
    if (what == "get") {
        arguments = {{"entity", options.entity}, {"key", options.key}};
    } else {
        arguments = {{"uuid", options.uuid}};
    }
    return ask_state(*config, "map " + what, arguments, options.json);
}

CLI::App* add_part(CLI::App& command, Invocation& invocation, const std::string& name,
                   const std::string& description, const std::shared_ptr<MapOptions>& options) {
    CLI::App* part = command.add_subcommand(name, description);
    part->add_flag("--json", options->json, "as JSON");
    part->callback([&invocation, options, name] {
        invocation.run = [&invocation, options, name] {
            return run_map(invocation, name, *options);
        };
    });
    return part;
}

}  // namespace

void add_map(CLI::App& app, Invocation& invocation) {
    auto options = std::make_shared<MapOptions>();
    CLI::App* command = app.add_subcommand("map", "old keys and new ids: get, find");
    command->require_subcommand(1);
    CLI::App* get = add_part(*command, invocation, "get", "the new id of an old key", options);
    get->add_option("entity", options->entity)->required();
    get->add_option("key", options->key, "the root's key, parts joined by /")->required();
    CLI::App* find = add_part(*command, invocation, "find", "the old key of a new id", options);
    find->add_option("uuid", options->uuid)->required();
}

}  // namespace crossfade
