#include "service/context.hpp"

#include "postgres/case_folding.hpp"
#include "postgres/catalog.hpp"
#include "service/bcrypt_cost.hpp"

namespace crossfade {

namespace {

ConnectionOptions options(const Config& config, const std::string& conninfo,
                          const std::string& command, std::string purpose) {
    ConnectionOptions options;
    options.conninfo = conninfo;
    options.connect_timeout = config.retry.connect_timeout;
    options.application_name = "crossfade " + command;
    options.purpose = std::move(purpose);
    return options;
}

}  // namespace

ConnectionOptions source_options(const Config& config, const std::string& command) {
    return options(config, config.source.conninfo, command, "source");
}

ConnectionOptions target_options(const Config& config, const std::string& command) {
    return options(config, config.target.conninfo, command, "target");
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

namespace {

// What citext holds equal is asked once; where that is not known such a column has no key form.
void add_folding(std::map<std::string, CatalogTable>& catalog, Connection& source) {
    std::optional<std::shared_ptr<const CaseFolding>> folding;
    for (auto& [name, table] : catalog) {
        for (CatalogColumn& column : table.columns) {
            if (!column.key || column.key->kind != KeyKind::folded) continue;
            if (!folding) folding = read_case_folding(source);
            column.key->folding = *folding;
            if (*folding == nullptr) column.key.reset();
        }
    }
}

}  // namespace

std::map<std::string, CatalogTable> read_catalog(const Mapping& mapping, Connection& source) {
    std::map<std::string, CatalogTable> catalog;
    for (const std::string& qualified : relations_of(mapping)) {
        const TableName name = TableName::parse(qualified);
        auto table = read_table(source, name.schema, name.name);
        if (table) catalog.emplace(qualified, std::move(*table));
    }
    add_folding(catalog, source);
    return catalog;
}

std::optional<Context> read_context(const Config& config, Findings& findings) {
    Context context;
    if (auto mapping = read_mapping(config, findings)) {
        Connection source = Connection::open(source_options(config, "catalog"));
        context.mapping = std::move(*mapping);
        context.catalog = read_catalog(context.mapping, source);
        context.program = compile(context.mapping, context.catalog, findings);
    }
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
