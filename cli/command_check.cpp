// crossfade check: preflight of configuration, mapping, source and target. Everything that can be
// looked at is looked at, whatever else is wrong.
#include "check/adoption_preview.hpp"
#include "check/all.hpp"
#include "cli/findings.hpp"
#include "cli/read_config.hpp"
#include "model/json.hpp"
#include "service/target_catalog.hpp"
#include "state/rocks_store.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <optional>

namespace crossfade {

namespace {

struct Report {
    Preflight found;
    std::optional<AdoptionPreview> adoption;
    std::vector<std::string> accepted;  // of the target
};

// Behind a check that found no error, so that a table is not taken that cannot be written to.
void accept_target(const Config& config, Report& report) {
    report.found.guard("target", [&] {
        RocksOptions options;
        options.create = false;
        const auto store = RocksStore::open(config.state, options);
        report.accepted = accept_target_catalog(*report.found.context.program, *store,
                                                report.found.target->connection);
    });
}

Report check(const Config& config, Findings findings, bool accept) {
    Report report;
    report.found = check_all(config, "check", std::move(findings));
    if (report.found.good()) {
        report.found.guard("adopt", [&] {
            report.adoption =
                preview_adoption(config, report.found.context, report.found.source->connection,
                                 report.found.target->connection);
        });
    }
    if (accept && report.found.good()) accept_target(config, report);
    return report;
}

void print(const Report& report, bool json) {
    if (json) {
        std::vector<std::string> creates;
        for (const std::string& line : report.found.creates)
            creates.push_back(json_quote(line));
        std::vector<std::string> accepted;
        for (const std::string& line : report.accepted)
            accepted.push_back(json_quote(line));
        std::cout << json_object({{"status", std::to_string(status_of(report.found))},
                                  {"findings", to_json(report.found.findings)},
                                  {"creates", json_array(creates).text},
                                  {"accepted", json_array(accepted).text},
                                  {"adoption", report.adoption ? to_json(*report.adoption) : "{}"}})
                         .text
                  << '\n';
        return;
    }
    std::cout << to_text(report.found.findings);
    if (report.adoption) std::cout << to_text(*report.adoption);
    for (const std::string& line : report.accepted)
        std::cout << "accepted: " << line << '\n';
    if (!report.found.creates.empty()) std::cout << "crossfade run will make\n";
    for (const std::string& line : report.found.creates)
        std::cout << "    " << line << '\n';
}

}  // namespace

void add_check(CLI::App& app, Invocation& invocation) {
    auto json = std::make_shared<bool>(false);
    auto accept = std::make_shared<bool>(false);
    CLI::App* command = app.add_subcommand(
        "check", "preflight of both servers and the mapping; findings with what fixes them");
    command->add_flag("--json", *json, "findings as JSON");
    command->add_flag("--accept-target", *accept,
                      "if nothing is wrong, take the target's tables as they are from now on");
    command->callback([&invocation, json, accept] {
        invocation.run = [&invocation, json, accept] {
            Findings findings;
            const auto config = read_config(invocation, findings);
            Report report;
            if (config) {
                report = check(*config, std::move(findings), *accept);
            } else {
                report.found.findings = std::move(findings);
                report.found.could_not_run = true;
            }
            print(report, *json);
            return status_of(report.found);
        };
    });
}

}  // namespace crossfade
