// crossfade check: preflight of configuration, mapping, source and target. Everything that can be
// looked at is looked at, whatever else is wrong.
#include "check/adoption_preview.hpp"
#include "check/preflight.hpp"
#include "cli/findings.hpp"
#include "cli/read_config.hpp"
#include "model/json.hpp"
#include "service/target_catalog.hpp"
#include "state/rocks_store.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>

namespace crossfade {

namespace {

struct Report {
    Findings findings;
    std::vector<std::string> creates;  // what the bridge would make
    std::optional<AdoptionPreview> adoption;
    std::vector<std::string> accepted;  // of the target
    bool could_not_run = false;         // configuration or mapping invalid, a server unreachable

    int status() const {
        if (could_not_run) return kFailed;
        return has_errors(findings) ? kFound : kGood;
    }
};

struct Server {
    Connection connection;
    ServerFacts facts;
};

std::optional<Server> reach(const ConnectionOptions& options, Report& report) {
    try {
        Connection connection = Connection::open(options);
        ServerFacts facts = read_server_facts(connection);
        return Server{std::move(connection), std::move(facts)};
    } catch (const Failure& failure) {
        report.findings.push_back({{},
                                   options.purpose,
                                   "cannot be reached: " + failure.error().message(),
                                   failure.error().hint(),
                                   Severity::error});
        report.could_not_run = true;
        return std::nullopt;
    }
}

// A server that goes away in the middle, or a catalog that may not be read, ends this part alone.
void guarded(Report& report, const std::string& path, const std::function<void()>& part) {
    try {
        part();
    } catch (const Failure& failure) {
        report.findings.push_back(
            {{}, path, failure.error().message(), failure.error().hint(), Severity::error});
        report.could_not_run = true;
    }
}

void check_mapping(const Config& config, std::optional<Server>& source, Context& context,
                   Report& report) {
    auto mapping = read_mapping(config, report.findings);
    if (!mapping) {
        report.could_not_run = true;
        return;
    }
    context.mapping = std::move(*mapping);
    if (!source) return;
    guarded(report, "source", [&] {
        context.catalog = read_catalog(context.mapping, source->connection);
        context.program = compile(context.mapping, context.catalog, report.findings);
    });
    if (!context.program) report.could_not_run = true;
}

// Behind a check that found no error, so that a table is not taken that cannot be written to.
void accept_target(const Config& config, const Context& context, Connection& target,
                   Report& report) {
    guarded(report, "target", [&] {
        RocksOptions options;
        options.create = false;
        const auto store = RocksStore::open(config.state, options);
        report.accepted = accept_target_catalog(*context.program, *store, target);
    });
}

Report check(const Config& config, Findings findings, bool accept) {
    Report report;
    report.findings = std::move(findings);
    auto source = reach(source_options(config, "check"), report);
    auto target = reach(target_options(config, "check"), report);
    Context context;
    check_mapping(config, source, context, report);
    if (source) {
        guarded(report, "source", [&] {
            check_source_server(source->connection, source->facts, config, report.findings,
                                report.creates);
            check_source_tables(source->connection, source->facts, config, context,
                                report.findings);
        });
    }
    if (target) {
        guarded(report, "target", [&] {
            check_target_server(target->connection, target->facts, config, report.findings,
                                report.creates);
            if (!context.program) return;
            check_target_tables(target->connection, target->facts, context, report.findings);
            if (config.load.defer_indexes)
                check_deferred_indexes(target->connection, target->facts, context, report.findings);
        });
    }
    if (source && target && source->facts.system_identifier == target->facts.system_identifier &&
        source->facts.database == target->facts.database) {
        report.findings.push_back({{},
                                   "target",
                                   "is the source's own database",
                                   "target: {conninfo: ...}",
                                   Severity::error});
    }
    if (source && target && context.program && report.status() == kGood) {
        guarded(report, "adopt", [&] {
            report.adoption =
                preview_adoption(config, context, source->connection, target->connection);
        });
    }
    if (accept && report.status() == kGood)
        accept_target(config, context, target->connection, report);
    if (!std::filesystem::exists(config.state))
        report.creates.push_back("here: the state directory " + config.state.string());
    return report;
}

void print(const Report& report, bool json) {
    if (json) {
        std::vector<std::string> creates;
        for (const std::string& line : report.creates)
            creates.push_back(json_quote(line));
        std::vector<std::string> accepted;
        for (const std::string& line : report.accepted)
            accepted.push_back(json_quote(line));
        std::cout << json_object({{"status", std::to_string(report.status())},
                                  {"findings", to_json(report.findings)},
                                  {"creates", json_array(creates).text},
                                  {"accepted", json_array(accepted).text},
                                  {"adoption", report.adoption ? to_json(*report.adoption) : "{}"}})
                         .text
                  << '\n';
        return;
    }
    std::cout << to_text(report.findings);
    if (report.adoption) std::cout << to_text(*report.adoption);
    for (const std::string& line : report.accepted)
        std::cout << "accepted: " << line << '\n';
    if (!report.creates.empty()) std::cout << "crossfade run will make\n";
    for (const std::string& line : report.creates)
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
                report.findings = std::move(findings);
                report.could_not_run = true;
            }
            print(report, *json);
            return report.status();
        };
    });
}

}  // namespace crossfade
