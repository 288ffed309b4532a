#include "cli/context.hpp"

#include "cli/bcrypt_cost.hpp"
#include "config/load.hpp"
#include "postgres/catalog.hpp"

#include <filesystem>
#include <iostream>

namespace crossfade {

namespace {

void print(const Findings& findings) {
    for (const Finding& finding : findings)
        std::cerr << finding.format() << '\n';
}

ConnectionOptions options(const std::string& conninfo, const std::string& command,
                          std::string purpose) {
    ConnectionOptions options;
    options.conninfo = conninfo;
    options.application_name = "crossfade " + command;
    options.purpose = std::move(purpose);
    return options;
}

}  // namespace

std::optional<Config> read_config(const Invocation& invocation, Findings& findings) {
    std::optional<std::filesystem::path> file = invocation.config_file;
    if (!invocation.config_given && !std::filesystem::exists(*file)) file.reset();
    LoadedConfig loaded = load_config(file, environment_of_process());
    findings.insert(findings.end(), loaded.findings.begin(), loaded.findings.end());
    if (has_errors(loaded.findings)) return std::nullopt;
    if (loaded.config.source.plugin == OutputPlugin::pgoutput) {
        findings.push_back({{},
                            "source.plugin",
                            "pgoutput cannot be read yet",
                            "plugin: wal2json",
                            Severity::error});
        return std::nullopt;
    }
    return std::move(loaded.config);
}

std::optional<Config> read_config(const Invocation& invocation) {
    Findings findings;
    auto config = read_config(invocation, findings);
    print(findings);
    return config;
}

ConnectionOptions source_options(const Config& config, const std::string& command) {
    return options(config.source.conninfo, command, "source");
}

ConnectionOptions target_options(const Config& config, const std::string& command) {
    return options(config.target.conninfo, command, "target");
}

std::string plugin_name(const Config& config) {
    return config.source.plugin == OutputPlugin::pgoutput ? "pgoutput" : "wal2json";
}

std::string control_socket(const Config& config) {
    return (config.state / "crossfade.sock").string();
}

std::optional<Mapping> read_mapping(const Config& config, Findings& findings) {
    auto mapping = read_mapping(config.mapping, findings);
    if (mapping && config.secrets.bcrypt_cost)
        replace_bcrypt_cost(*mapping, *config.secrets.bcrypt_cost);
    return mapping;
}

std::map<std::string, CatalogTable> read_catalog(const Mapping& mapping, Connection& source) {
    std::map<std::string, CatalogTable> catalog;
    for (const std::string& qualified : relations_of(mapping)) {
        const std::size_t dot = qualified.find('.');
        auto table = read_table(source, qualified.substr(0, dot), qualified.substr(dot + 1));
        if (table) catalog.emplace(qualified, std::move(*table));
    }
    return catalog;
}

std::optional<Context> load_context(const Config& config) {
    Findings findings;
    Context context;
    if (auto mapping = read_mapping(config, findings)) {
        Connection source = Connection::open(source_options(config, "catalog"));
        context.mapping = std::move(*mapping);
        context.catalog = read_catalog(context.mapping, source);
        context.program = compile(context.mapping, context.catalog, findings);
    }
    print(findings);
    if (!context.program) return std::nullopt;
    return context;
}

std::vector<TargetSpec> target_specs(const Program& program) {
    std::vector<TargetSpec> specs;
    for (const EntityProgram& entity : program.entities)
        specs.push_back(entity.target);
    return specs;
}

}  // namespace crossfade
