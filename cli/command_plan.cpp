// crossfade plan: what the mapping was compiled to.
#include "cli/plan_text.hpp"
#include "cli/read_config.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace crossfade {

void add_plan(CLI::App& app, Invocation& invocation) {
    auto json = std::make_shared<bool>(false);
    CLI::App* command = app.add_subcommand(
        "plan", "the compiled mapping: order, lookups, fan-outs, what each column becomes");
    command->add_flag("--json", *json, "as JSON");
    command->callback([&invocation, json] {
        invocation.run = [&invocation, json] {
            const auto config = read_config(invocation);
            if (!config) return kFailed;
            const auto context = read_context(*config);
            if (!context) return kFailed;
            std::cout << (*json ? plan_json(*context) + "\n" : plan_text(*context));
            return kGood;
        };
    });
}

}  // namespace crossfade
