// crossfade drop: removes what crossfade created on either side. Rows it wrote to the target stay.
#include "cli/read_config.hpp"
#include "postgres/quote.hpp"
#include "replicator/slot.hpp"
#include "service/control_client.hpp"
#include "target/deferred_indexes.hpp"
#include "target/progress.hpp"
#include "target/schema.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>

namespace crossfade {

namespace {

struct DropOptions {
    bool state = false;
    bool yes = false;
};

void require_no_service(const Config& config) {
    if (!ControlClient::try_connect(control_socket(config))) return;
    throw Failure{Error{ErrorKind::conflict, "the service runs"}.with_hint(
        "stop it first: systemctl stop crossfade")};
}

bool confirmed(const Config& config, const DropOptions& options) {
    if (options.yes) return true;
    std::cout << "This removes slot \"" << config.source.slot
              << "\" on the source and schema crossfade on the target";
    if (options.state) std::cout << ", and the state " << config.state.string();
    std::cout << (options.state
                      ? ".\nThe next run loads a new snapshot."
                      : ".\nThe state stays, and cannot be used again: --state removes it.")
              << " Go on? [y/N] " << std::flush;
    if (::isatty(STDIN_FILENO) != 1) {
        std::cout << '\n';
        throw Failure{Error{ErrorKind::configuration, "nobody to ask"}.with_hint("--yes")};
    }
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "yes";
}

bool exists(Connection& target, const std::string& sql, const std::string& name) {
    return !target.exec(sql, Params{name}).empty();
}

// Other bridges may feed the same target: what is theirs stays, and the schema with it.
void drop_on_target(const Config& config) {
    Connection target = Connection::open(target_options(config, "drop"));
    put_back_indexes(target, config.source.slot, [](const std::string& name) {
        std::cout << "target: puts back " << name << ", which the load took off\n";
    });
    const std::string origin = "crossfade_" + config.source.slot;
    if (exists(target, "SELECT 1 FROM pg_replication_origin WHERE roname = $1", origin)) {
        target.exec("SELECT pg_replication_origin_drop($1)", Params{origin});
        std::cout << "target: dropped replication origin " << origin << '\n';
    }
    if (drop_progress(target, config.source.slot))
        std::cout << "target: removed the position of slot " << config.source.slot << '\n';
    if (!exists(target, "SELECT 1 FROM pg_namespace WHERE nspname = $1", "crossfade")) return;
    if (target.exec("SELECT to_regclass('crossfade.progress') IS NOT NULL").boolean(0, 0)) {
        std::cout << "target: schema crossfade stays, other slots feed this database too\n";
        return;
    }
    if (!target.exec("SELECT has_database_privilege(current_database(), 'CREATE')").boolean(0, 0)) {
        std::cout << "target: schema crossfade stays, this role could not make it again\n";
        return;
    }
    target.exec("DROP SCHEMA crossfade CASCADE");
    std::cout << "target: dropped schema crossfade\n";
}

void drop_state(const Config& config) {
    std::error_code error;
    // Only what is recognizably a state is removed: a mistyped path must not cost anything.
    if (!std::filesystem::exists(config.state / "CURRENT")) {
        std::cout << "state: nothing at " << config.state.string() << '\n';
        return;
    }
    std::filesystem::remove_all(config.state, error);
    if (error) {
        throw Failure{Error{ErrorKind::configuration,
                            "cannot remove " + config.state.string() + ": " + error.message()}};
    }
    std::cout << "state: removed " << config.state.string() << '\n';
}

int run_drop(const Invocation& invocation, const DropOptions& options) {
    const auto config = read_config(invocation);
    if (!config) return kFailed;
    require_no_service(*config);
    if (!confirmed(*config, options)) return kFound;
    {
        // Before anything is removed on either side.
        Connection target = Connection::open(target_options(*config, "drop"));
        require_schema_format(target, SchemaAge::exact_or_older);
    }
    Connection source = Connection::open(source_options(*config, "drop"));
    std::cout << (drop_slot(source, config->source.slot) ? "source: dropped slot "
                                                         : "source: there is no slot ")
              << config->source.slot << '\n';
    drop_on_target(*config);
    if (options.state) drop_state(*config);
    return kGood;
}

}  // namespace

void add_drop(CLI::App& app, Invocation& invocation) {
    auto options = std::make_shared<DropOptions>();
    CLI::App* command = app.add_subcommand("drop", "removes what crossfade created on either side");
    command->add_flag("--state", options->state,
                      "the state directory too, with the key of secrets in it");
    command->add_flag("--yes", options->yes, "without asking");
    command->callback([&invocation, options] {
        invocation.run = [&invocation, options] { return run_drop(invocation, *options); };
    });
}

}  // namespace crossfade
