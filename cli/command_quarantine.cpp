// crossfade quarantine: the roots that wait for something or cannot be carried, and what to do
// about them. Shows keys and reasons, never values of rows.
#include "cli/ask_state.hpp"
#include "cli/read_config.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace crossfade {

namespace {

struct QuarantineOptions {
    std::string entity;
    std::string key;
    std::size_t limit = 100;
    bool all = false;
    bool json = false;
};

int run_quarantine(const Invocation& invocation, const std::string& what,
                   const QuarantineOptions& options) {
    const auto config = read_config(invocation);
    if (!config) return kFailed;
    ControlClient::Arguments arguments;
    if (!options.entity.empty()) arguments.emplace_back("entity", options.entity);
    if (!options.key.empty()) arguments.emplace_back("key", options.key);
    if (what == "list") {
        arguments.emplace_back("limit", std::to_string(options.limit));
        arguments.emplace_back("discarded", options.all ? "true" : "false");
    } else if (options.entity.empty() && !options.all) {
        throw Failure{
            Error{ErrorKind::configuration, "which roots? name an entity, or an entity and a key"}
                .with_hint("--all takes every root in quarantine")};
    }
    return ask_state(*config, "quarantine " + what, arguments, options.json);
}

CLI::App* add_part(CLI::App& command, Invocation& invocation, const std::string& name,
                   const std::string& description,
                   const std::shared_ptr<QuarantineOptions>& options) {
    CLI::App* part = command.add_subcommand(name, description);
    part->add_flag("--json", options->json, "as JSON");
    part->callback([&invocation, options, name] {
        invocation.run = [&invocation, options, name] {
            return run_quarantine(invocation, name, *options);
        };
    });
    return part;
}

}  // namespace

void add_quarantine(CLI::App& app, Invocation& invocation) {
    auto options = std::make_shared<QuarantineOptions>();
    CLI::App* command =
        app.add_subcommand("quarantine", "parked and rejected roots: list, show, retry, discard");
    command->require_subcommand(1);
    CLI::App* list =
        add_part(*command, invocation, "list", "what is in quarantine, and why", options);
    list->add_option("entity", options->entity, "of this entity only");
    list->add_option("--limit", options->limit, "show at most so many (100)");
    list->add_flag("--all", options->all, "discarded ones too");
    CLI::App* show =
        add_part(*command, invocation, "show", "everything known of one root", options);
    show->add_option("entity", options->entity)->required();
    show->add_option("key", options->key, "as list shows it")->required();
    for (const auto& [name, description] :
         {std::pair{"retry", "derive and write them again"},
          std::pair{"discard", "accept that they are not carried: list no longer shows them"}}) {
        CLI::App* part = add_part(*command, invocation, name, description, options);
        part->add_option("entity", options->entity);
        part->add_option("key", options->key, "as list shows it");
        part->add_flag("--all", options->all, "every root in quarantine");
    }
}

}  // namespace crossfade
