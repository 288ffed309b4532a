// crossfade status: phase, lags, open work, and the accounting of each entity.
#include "cli/read_config.hpp"
#include "postgres/server_facts.hpp"
#include "service/control_client.hpp"
#include "service/open_work.hpp"
#include "service/own_state.hpp"
#include "service/status.hpp"
#include "state/rocks_store.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <thread>

namespace crossfade {

namespace {

constexpr std::chrono::seconds kAnswerWithin{5};

struct StatusOptions {
    bool json = false;
    bool watch = false;
    double interval = 1;
};

// How long the source may take to say where it is.
constexpr std::chrono::milliseconds kSourceWithin{1'000};

// Of a state whose mapping does not fit the source any more: where it is, without its entities.
Status bare_status(const Config& config) {
    RocksOptions options;
    options.create = false;
    const auto store = RocksStore::open(config.state, options);
    return read_status(Program{}, *store);
}

// A source that does not answer is said, beside the rest.
void ask_source(const Config& config, Status& status) {
    ConnectionOptions options = source_options(config, "status");
    options.answer_within = kSourceWithin;
    try {
        Connection source = Connection::open(options);
        const Lsn current = read_server_facts(source).current;
        if (status.phase != "halted") {
            status.source = current;
        } else {
            set_source_position(status, current);
        }
    } catch (const Failure& failure) {
        if (failure.error().kind() != ErrorKind::unavailable) throw;
        status.waits.push_back(failure.error().message());
    }
}

// Without a service: the state, and where the source has come to meanwhile.
std::optional<Status> own_status(const Config& config) {
    Status status;
    if (state_is_held(config)) {
        // A service has just opened the state, and does not answer yet.
        status.phase = "snapshot";
    } else if (std::filesystem::exists(config.state / "CURRENT")) {
        try {
            if (const auto own = open_own_state(config)) {
                status = read_status(*own->context.program, *own->store);
                status.open_work = read_open_work(*own->context.program, *own->store);
            } else {
                status = bare_status(config);
            }
        } catch (const Failure& failure) {
            if (failure.error().kind() != ErrorKind::unavailable) throw;
            status = bare_status(config);
        }
    } else {
        const auto context = read_context(config);
        if (!context) return std::nullopt;
        for (const EntityProgram& entity : context->program->entities)
            status.entities.push_back({.name = entity.name});
    }
    ask_source(config, status);
    return status;
}

std::optional<Status> current_status(const Config& config) {
    if (auto client = ControlClient::try_connect(control_socket(config)))
        return parse_status(client->request("status", {}, kAnswerWithin));
    return own_status(config);
}

bool print(const Config& config, const StatusOptions& options, bool clear) {
    const auto status = current_status(config);
    if (!status) return false;
    if (clear) std::cout << "\033[H\033[J";
    std::cout << (options.json ? to_json(*status) + "\n" : to_text(*status)) << std::flush;
    return static_cast<bool>(std::cout);
}

int run_status(const Invocation& invocation, const StatusOptions& options) {
    const auto config = read_config(invocation);
    if (!config) return kFailed;
    const bool terminal = !options.json && ::isatty(STDOUT_FILENO) == 1;
    for (;;) {
        if (!print(*config, options, options.watch && terminal)) return kFailed;
        if (!options.watch) return kGood;
        std::this_thread::sleep_for(std::chrono::duration<double>(options.interval));
    }
}

}  // namespace

void add_status(CLI::App& app, Invocation& invocation) {
    auto options = std::make_shared<StatusOptions>();
    CLI::App* command =
        app.add_subcommand("status", "phase, lag, accounting per entity, open work");
    command->add_flag("--json", options->json, "one JSON object a line");
    command->add_flag("--watch", options->watch, "again and again, until interrupted");
    command->add_option("--interval", options->interval, "seconds between two looks (1)")
        ->check(CLI::Range(0.1, 3600.0));
    command->callback([&invocation, options] {
        invocation.run = [&invocation, options] { return run_status(invocation, *options); };
    });
}

}  // namespace crossfade
