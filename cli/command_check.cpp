// crossfade check: preflight of configuration, mapping, source and target. Everything that can be
// looked at is looked at, whatever else is wrong.
#include "check/adoption_preview.hpp"
#include "check/all.hpp"
#include "check/preflight_state.hpp"
#include "check/private_images.hpp"
#include "check/sample.hpp"
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
    std::optional<Sample> sample;
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

struct Wishes {
    bool json = false;
    bool accept = false;
    std::size_t sample = 0;  // roots of each entity; 0: none
};

Report check(const Config& config, Findings findings, const Wishes& wishes) {
    Report report;
    report.found = check_all(config, "check", std::move(findings));
    if (report.found.good()) {
        report.found.guard("adopt", [&] {
            report.adoption =
                preview_adoption(config, report.found.context, report.found.source->connection,
                                 report.found.target->connection);
        });
    }
    report.found.guard("state",
                       [&] { check_state(config, report.found.context, report.found.findings); });
    if (report.found.context.program && report.found.source && report.found.target &&
        wishes.sample > 0 && !report.found.could_not_run) {
        report.found.guard("sample", [&] {
            const Program& program = *report.found.context.program;
            PrivateImages images{config, program, report.found.source->connection};
            report.sample = take_sample(program, images.store(), report.found.target->connection,
                                        wishes.sample);
        });
    }
    if (wishes.accept && report.found.good()) accept_target(config, report);
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
                                  {"adoption", report.adoption ? to_json(*report.adoption) : "{}"},
                                  {"sample", report.sample ? to_json(*report.sample) : "{}"}})
                         .text
                  << '\n';
        return;
    }
    std::cout << to_text(report.found.findings);
    if (report.adoption) std::cout << to_text(*report.adoption);
    if (report.sample) std::cout << to_text(*report.sample);
    for (const std::string& line : report.accepted)
        std::cout << "accepted: " << line << '\n';
    if (!report.found.creates.empty()) std::cout << "crossfade run will make\n";
    for (const std::string& line : report.found.creates)
        std::cout << "    " << line << '\n';
}

}  // namespace

void add_check(CLI::App& app, Invocation& invocation) {
    auto wishes = std::make_shared<Wishes>();
    CLI::App* command = app.add_subcommand(
        "check", "preflight of both servers and the mapping; findings with what fixes them");
    command->add_flag("--json", wishes->json, "findings as JSON");
    command
        ->add_option("--sample", wishes->sample,
                     "derive so many rows of each entity, and show what would be refused")
        ->check(CLI::PositiveNumber);
    command->add_flag("--accept-target", wishes->accept,
                      "if nothing is wrong, take the target's tables as they are from now on");
    command->callback([&invocation, wishes] {
        invocation.run = [&invocation, wishes] {
            Findings findings;
            const auto config = read_config(invocation, findings);
            Report report;
            if (config) {
                const CommandWatch watch{*config};
                report = check(*config, std::move(findings), *wishes);
            } else {
                report.found.findings = std::move(findings);
                report.found.could_not_run = true;
            }
            print(report, wishes->json);
            return status_of(report.found);
        };
    });
}

}  // namespace crossfade
