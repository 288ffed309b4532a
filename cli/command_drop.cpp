// crossfade drop: removes what crossfade created on either side. Rows it wrote to the target stay.
#include "cli/read_config.hpp"
#include "pipeline/map_file.hpp"
#include "pipeline/road.hpp"
#include "postgres/quote.hpp"
#include "replicator/slot.hpp"
#include "service/control_client.hpp"
#include "service/initial_load.hpp"
#include "state/rocks_store.hpp"
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
    bool forget = false;
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
                      ? (options.forget
                             ? ".\nThe next run loads a new snapshot, and knows its rows "
                               "by their ids alone."
                             : ".\nThe next run loads a new snapshot. It finds there what "
                               "this state knows of its rows, and the key of secrets.")
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

// What the state knows of the rows that stand, for the next load; before anything is removed.
void keep_map(const Config& config) {
    if (!std::filesystem::exists(config.state / "CURRENT")) return;
    try {
        RocksOptions options;
        options.create = false;
        const auto store = RocksStore::open(config.state, options);
        // A load that was cut off has written nothing: the map that it was to begin with is there.
        if (!has_images(*store)) return;
        Connection target = Connection::open(target_options(config, "drop"));
        settle_intent(*store, read_progress(target, config.source.slot));
        const std::uint64_t rows = write_map(*store, kept_map(config.state));
        std::cout << "state: kept the map of " << rows << " rows in "
                  << kept_map(config.state).string() << '\n';
    } catch (const Failure& failure) {
        if (next_step(failure.error().kind()) == NextStep::retry) throw;
        throw Failure{Error{failure.error()}
                          .within("the map of the rows that stand cannot be kept")
                          .with_hint("`crossfade drop --state --forget` goes on without: the next "
                                     "load knows its rows by their ids alone, and rows whose "
                                     "source row went meanwhile stay")};
    }
}

void drop_state(const Config& config, bool forget) {
    // Only what is recognizably a state is removed: a mistyped path must not cost anything.
    const bool map = std::filesystem::exists(kept_map(config.state));
    if (!std::filesystem::exists(config.state / "CURRENT") && !(forget && map)) {
        std::cout << "state: nothing at " << config.state.string() << '\n';
        return;
    }
    const auto removed = [&](const std::filesystem::path& path) {
        std::error_code error;
        std::filesystem::remove_all(path, error);
        if (!error) return;
        throw Failure{Error{ErrorKind::configuration,
                            "cannot remove " + path.string() + ": " + error.message()}};
    };
    if (forget) {
        removed(config.state);
        std::cout << "state: removed " << config.state.string() << '\n';
        return;
    }
    std::error_code unreadable;
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator{config.state, unreadable}) {
        std::error_code none;  // there need not be a key
        const bool key = std::filesystem::equivalent(entry.path(), config.secrets.key_file, none);
        if (!key && entry.path() != kept_map(config.state)) paths.push_back(entry.path());
    }
    if (unreadable) {
        throw Failure{Error{ErrorKind::configuration,
                            "cannot read " + config.state.string() + ": " + unreadable.message()}};
    }
    // Without CURRENT it is no state any more, whatever else is left of it.
    for (const auto& path : paths) {
        if (path.filename() == "CURRENT") removed(path);
    }
    for (const auto& path : paths)
        removed(path);
    std::cout << "state: removed all but the map" << (map ? "" : " (there is none)")
              << " and the key of secrets from " << config.state.string() << '\n';
}

int run_drop(const Invocation& invocation, const DropOptions& options) {
    const auto config = read_config(invocation);
    if (!config) return kFailed;
    const CommandWatch watch{*config};
    require_no_service(*config);
    if (!confirmed(*config, options)) return kFound;
    {
        // Before anything is removed on either side.
        Connection target = Connection::open(target_options(*config, "drop"));
        require_schema_format(target, SchemaAge::exact_or_older);
    }
    if (options.state && !options.forget) keep_map(*config);
    Connection source = Connection::open(source_options(*config, "drop"));
    std::cout << (drop_slot(source, config->source.slot) ? "source: dropped slot "
                                                         : "source: there is no slot ")
              << config->source.slot << '\n';
    drop_on_target(*config);
    if (options.state) drop_state(*config, options.forget);
    return kGood;
}

}  // namespace

void add_drop(CLI::App& app, Invocation& invocation) {
    auto options = std::make_shared<DropOptions>();
    CLI::App* command = app.add_subcommand("drop", "removes what crossfade created on either side");
    command->add_flag("--state", options->state,
                      "the state too; the map of the rows that stand is kept for the next load, "
                      "and the key of secrets");
    command
        ->add_flag("--forget", options->forget,
                   "with --state: the map and the key as well, the whole directory")
        ->needs("--state");
    command->add_flag("--yes", options->yes, "without asking");
    command->callback([&invocation, options] {
        invocation.run = [&invocation, options] { return run_drop(invocation, *options); };
    });
}

}  // namespace crossfade
