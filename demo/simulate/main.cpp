// crossfade-simulate: plays the legacy application against an edu database.
// Exit: 0 played, 1 something failed that must not, 2 could not begin (options, connection,
// tables).

#include <atomic>
#include <csignal>
#include <exception>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>

#include "demo/simulate/runner.hpp"

namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void request_stop(int) { stop_requested = true; }

void list_kinds() {
    for (const auto& kind : crossfade::simulate::all_kinds()) {
        std::cout << kind.name << " (weight " << kind.weight << ")\n";
    }
}

}  // namespace

int main(int argc, char** argv) {
    namespace simulate = crossfade::simulate;
    simulate::RunRequest request;
    simulate::PlanRequest& plan = request.plan;
    plan = {200, 60, 0, 4, 1, {}};
    std::string kinds;
    std::string json_path;
    bool list = false;

    CLI::App app{"Plays the legacy application against an edu database, at a set rate."};
    app.add_option("--conninfo", request.conninfo, "libpq connection string of the edu database");
    app.add_option("--tps", plan.tps, "operations per second, default 200")
        ->check(CLI::Range(0.1, 20000.0));
    app.add_option("--seconds", plan.seconds, "length of the run, default 60")
        ->check(CLI::Range(0.1, 604800.0));
    app.add_option("--connections", plan.connections, "concurrent connections, default 4")
        ->check(CLI::Range(1, 64));
    app.add_option("--seed", plan.seed, "what is chosen, in which order; default 1");
    app.add_option("--transactions", plan.transactions_max, "end after this many operations");
    app.add_option("--kinds", kinds, "only these kinds, separated by commas");
    app.add_option("--json", json_path, "write the report there as JSON too");
    app.add_flag("--quiet", request.quiet, "no progress and no table on success");
    app.add_flag("--list-kinds", list, "print the kinds and their weights, then exit");
    app.add_flag("--allow-remote", request.allow_remote, "permit a server on another machine");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (list) {
        list_kinds();
        return 0;
    }

    try {
        plan.kinds = simulate::parse_kinds(kinds);
        if (plan.tps * plan.seconds > 5e7 && plan.transactions_max == 0) {
            throw std::runtime_error{"more than 50 million operations; bound the run"};
        }
        std::ofstream json;
        if (!json_path.empty()) {
            json.open(json_path);
            if (!json) {
                throw std::runtime_error{"cannot write " + json_path};
            }
        }
        std::signal(SIGINT, request_stop);
        std::signal(SIGTERM, request_stop);
        const simulate::RunReport report = simulate::run(request, stop_requested);
        if (json.is_open()) {
            simulate::print_json(json, report);
        }
        if (!request.quiet || report.unexpected() > 0) {
            simulate::print_table(std::cout, report);
        }
        return report.unexpected() > 0 ? 1 : 0;
    } catch (const std::exception& error) {
        std::cerr << "crossfade-simulate: " << error.what() << "\n";
        return 2;
    }
}
