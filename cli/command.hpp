// The commands of the program. Each stands in a file of its own, command_NAME.cpp, and adds itself
// with its options to the command line; main() parses, then runs the one that was named.
#pragma once

#include <functional>
#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own
class App;
}

namespace crossfade {

// Exit statuses (design: "Files, names, command line").
inline constexpr int kGood = 0;
inline constexpr int kFound = 1;   // findings on the servers, differences, a timeout
inline constexpr int kFailed = 2;  // could not run: configuration or mapping invalid, unreachable
inline constexpr int kDistrusted = 3;  // run and snapshot: an error of trust

// What the command line says before the command's own options, and what is to be run.
struct Invocation {
    std::string config_file = "crossfade.yaml";
    bool config_given = false;  // with -c; else the file may be missing and the environment decides
    std::function<int()> run;   // set by the command that was named; may throw Failure
};

// Each borrows both until the program ends.
void add_check(CLI::App& app, Invocation& invocation);
void add_plan(CLI::App& app, Invocation& invocation);
void add_run(CLI::App& app, Invocation& invocation);
void add_snapshot(CLI::App& app, Invocation& invocation);
void add_status(CLI::App& app, Invocation& invocation);
void add_wait(CLI::App& app, Invocation& invocation);
void add_verify(CLI::App& app, Invocation& invocation);
void add_quarantine(CLI::App& app, Invocation& invocation);
void add_map(CLI::App& app, Invocation& invocation);
void add_drop(CLI::App& app, Invocation& invocation);

}  // namespace crossfade
