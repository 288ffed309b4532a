// The program: reads the command line, runs one command, turns every failure into one line and an
// exit status.
#include "cli/command.hpp"
#include "model/error.hpp"
#include "model/version.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <exception>
#include <iostream>
#include <string>

namespace {

void describe(CLI::App& app, crossfade::Invocation& invocation) {
    using namespace crossfade;
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string{"crossfade "} + kVersion);
    app.get_formatter()->column_width(34);
    CLI::Option* config = app.add_option("-c,--config", invocation.config_file,
                                         "configuration file (crossfade.yaml)");
    config->type_name("FILE");
    app.parse_complete_callback(
        [config, &invocation] { invocation.config_given = config->count() > 0; });
    add_check(app, invocation);
    add_plan(app, invocation);
    add_snapshot(app, invocation);
    add_run(app, invocation);
    add_status(app, invocation);
    add_wait(app, invocation);
    add_verify(app, invocation);
    add_quarantine(app, invocation);
    add_map(app, invocation);
    add_drop(app, invocation);
}

int run(int argc, char** argv) {
    crossfade::Invocation invocation;
    CLI::App app{
        "crossfade moves a live PostgreSQL application from a legacy database to its "
        "redesigned successor"};
    describe(app, invocation);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // CLI11 has exit statuses of its own: help becomes 0, everything else 2.
        return app.exit(error) == 0 ? crossfade::kGood : crossfade::kFailed;
    }
    return invocation.run();
}

}  // namespace

int main(int argc, char** argv) {
    // SIGPIPE is ignored: if the reader is gone (a socket, or `crossfade ... | head`), the write
    // fails with an error instead.
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return run(argc, argv);
    } catch (const crossfade::Failure& failure) {
        std::cerr << "crossfade: " << failure.error().format() << '\n';
    } catch (const std::exception& error) {
        std::cerr << "crossfade: " << error.what() << '\n';
    }
    return crossfade::kFailed;
}
