#include "cli/preflight.hpp"

#include "cli/unique_cover.hpp"
#include "postgres/quote.hpp"
#include "postgres/target_catalog.hpp"
#include "target/progress.hpp"
#include "target/shape.hpp"

#include <algorithm>
#include <set>

namespace crossfade {

namespace {

Finding about(std::string path, std::string message, std::string mend,
              Severity severity = Severity::error) {
    return {{}, std::move(path), std::move(message), std::move(mend), severity};
}

bool ask(Connection& connection, const std::string& sql, const Params& params) {
    return connection.exec(sql, params).boolean(0, 0);
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : ", ") + (name.empty() ? "(expression)" : name);
    return text;
}

// Progress stands in the target itself: schema and table are made, or must be ours to write.
void check_schema(Connection& target, const ServerFacts& facts, Findings& findings,
                  std::vector<std::string>& creates) {
    const std::string role = quote_identifier(facts.role);
    const bool schema =
        !target.exec("SELECT FROM pg_namespace WHERE nspname = 'crossfade'").empty();
    const bool table =
        schema && target.exec("SELECT to_regclass('crossfade.progress') IS NOT NULL").boolean(0, 0);
    if (!schema) {
        creates.push_back("target: schema crossfade with table progress");
        if (ask(target, "SELECT has_database_privilege($1, 'CREATE')", Params{facts.database}))
            return;
        findings.push_back(about(
            "target", "role " + facts.role + " may not create schema crossfade",
            "GRANT CREATE ON DATABASE " + quote_identifier(facts.database) + " TO " + role + ";"));
    } else if (!table) {
        creates.push_back("target: table crossfade.progress");
        if (target.exec("SELECT has_schema_privilege('crossfade', 'CREATE, USAGE')").boolean(0, 0))
            return;
        findings.push_back(
            about("target", "role " + facts.role + " may not create tables in schema crossfade",
                  "GRANT CREATE, USAGE ON SCHEMA crossfade TO " + role + ";"));
    } else if (!target
                    .exec("SELECT has_schema_privilege('crossfade', 'USAGE') AND"
                          " has_table_privilege('crossfade.progress', 'SELECT') AND"
                          " has_table_privilege('crossfade.progress', 'INSERT') AND"
                          " has_table_privilege('crossfade.progress', 'UPDATE')")
                    .boolean(0, 0)) {
        findings.push_back(about(
            "target", "role " + facts.role + " may not write crossfade.progress",
            "GRANT USAGE ON SCHEMA crossfade TO " + role +
                "; GRANT SELECT, INSERT, UPDATE, DELETE ON crossfade.progress TO " + role + ";"));
    }
}

// Without an origin nothing on the target says which rows came over the bridge; the way back needs
// it. Superusers alone may use these functions unless they are granted.
void check_origin(Connection& target, const ServerFacts& facts, const Config& config,
                  Findings& findings, std::vector<std::string>& creates) {
    const std::vector<std::string> functions{
        "pg_replication_origin_oid(text)", "pg_replication_origin_create(text)",
        "pg_replication_origin_session_setup(text)",
        "pg_replication_origin_xact_setup(pg_lsn, timestamptz)"};
    std::string refused;
    for (const std::string& function : functions) {
        if (!ask(target, "SELECT has_function_privilege($1, 'EXECUTE')", Params{function}))
            refused += (refused.empty() ? "" : ", ") + function;
    }
    if (!refused.empty()) {
        findings.push_back(about(
            "target",
            "role " + facts.role +
                " may not use replication origins: what "
                "the bridge writes is not marked as such",
            "GRANT EXECUTE ON FUNCTION " + refused + " TO " + quote_identifier(facts.role) + ";",
            Severity::warning));
        return;
    }
    const std::string origin = "crossfade_" + config.source.slot;
    if (target.exec("SELECT FROM pg_replication_origin WHERE roname = $1", Params{origin}).empty())
        creates.push_back("target: replication origin " + origin);
}

class TargetTables {
public:
    TargetTables(Connection& target, const ServerFacts& facts, const Context& context,
                 Findings& findings)
        : target_{target}, facts_{facts}, context_{context}, findings_{findings} {}

    void run() {
        for (const EntityProgram& entity : context_.program->entities)
            check(entity);
    }

private:
    void add(std::string path, std::string message, std::string mend,
             Severity severity = Severity::error) {
        findings_.push_back(about(std::move(path), std::move(message), std::move(mend), severity));
    }

    const EntitySpec& spec_of(const EntityProgram& entity) const {
        return *std::find_if(context_.mapping.entities.begin(), context_.mapping.entities.end(),
                             [&](const EntitySpec& spec) { return spec.name == entity.name; });
    }

    void check(const EntityProgram& entity) {
        const TargetSpec& spec = entity.target;
        path_ = "entities." + entity.name;
        const auto table = read_target_table(target_, spec.schema, spec.table);
        if (!table) {
            add(path_, "the target has no table " + spec.schema + "." + spec.table,
                "CREATE TABLE " + quote_table(spec.schema, spec.table) + " (...);");
            return;
        }
        check_shape(spec, load_shape(target_, spec.schema, spec.table), findings_);
        check_required(spec, *table);
        check_privileges(*table);
        check_unique_keys(spec_of(entity), *table);
        check_foreign_keys(*table);
        if (table->row_security && !facts_.bypass_row_security) {
            add(path_, "row-level security of the target may hide or refuse rows",
                "ALTER ROLE " + quote_identifier(facts_.role) + " BYPASSRLS;", Severity::warning);
        }
    }

    // A column that must have a value which nobody gives it.
    void check_required(const TargetSpec& spec, const TargetTable& table) {
        for (const ColumnRow& column : table.columns) {
            const bool written =
                column.name == spec.id_column ||
                std::any_of(spec.columns.begin(), spec.columns.end(),
                            [&](const TargetColumn& c) { return c.name == column.name; });
            if (written || column.nullable || column.generated || column.identity ||
                !column.default_value.empty())
                continue;
            add(path_ + ".columns",
                "the target's column " + column.name +
                    " is NOT NULL without a default, and the mapping does not write it",
                "ALTER TABLE " + quote_table(table.schema, table.name) + " ALTER COLUMN " +
                    quote_identifier(column.name) + " SET DEFAULT ...; -- or columns: {" +
                    column.name + ": ...}");
        }
    }

    void check_privileges(const TargetTable& table) {
        const std::string role = quote_identifier(facts_.role);
        std::vector<std::string> lacking;
        if (!table.selectable) lacking.emplace_back("SELECT");
        if (!table.insertable) lacking.emplace_back("INSERT");
        if (!table.updatable) lacking.emplace_back("UPDATE");
        if (!table.deletable) lacking.emplace_back("DELETE");
        const std::string name = table.schema + "." + table.name;
        if (!lacking.empty()) {
            add(path_, "role " + facts_.role + " lacks " + joined(lacking) + " on " + name,
                "GRANT " + joined(lacking) + " ON " + quote_table(table.schema, table.name) +
                    " TO " + role + ";");
        }
        if (!schemas_.insert(table.schema).second) return;
        if (ask(target_, "SELECT has_schema_privilege($1, 'USAGE')", Params{table.schema})) return;
        add("target", "role " + facts_.role + " may not use schema " + table.schema,
            "GRANT USAGE ON SCHEMA " + quote_identifier(table.schema) + " TO " + role + ";");
    }

    void check_unique_keys(const EntitySpec& spec, const TargetTable& table) {
        for (const UniqueKey& key : table.unique_keys) {
            const Coverage found = coverage(context_.mapping, context_.catalog, spec, table, key);
            if (found == Coverage::covered) continue;
            const std::string what = "unique key " + key.name + " (" + joined(key.columns) + ")";
            if (found == Coverage::unclear) {
                add(path_,
                    what +
                        " covers expressions or a part of the rows: whether two rows of the "
                        "source can want one value is not known",
                    "", Severity::warning);
                continue;
            }
            const std::string column = key.columns.front();
            add(path_ + ".columns." + column,
                what +
                    " is covered neither by the root's key nor by a claim: two rows of the "
                    "source may want one value",
                "columns: {" + column + ": {claim: ..., else: ...}}");
        }
    }

    // A referring column without an index costs a scan for each parent that leaves.
    void check_foreign_keys(const TargetTable& table) {
        for (const ForeignKey& key : table.referenced_by) {
            const auto referring = read_target_table(target_, key.schema, key.table);
            if (!referring || is_indexed(*referring, key.columns)) continue;
            add("target: table " + key.schema + "." + key.table,
                "foreign key " + key.name + " (" + joined(key.columns) +
                    ") has no index: deleting from " + table.schema + "." + table.name +
                    " scans the table",
                "CREATE INDEX CONCURRENTLY ON " + quote_table(key.schema, key.table) + " (" +
                    quote_identifiers(key.columns) + ");",
                Severity::warning);
        }
    }

    static bool is_indexed(const TargetTable& table, const std::vector<std::string>& columns) {
        return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const Index& index) {
            if (!index.valid || !index.predicate.empty() || index.columns.size() < columns.size())
                return false;
            const auto end = index.columns.begin() + static_cast<std::ptrdiff_t>(columns.size());
            return std::is_permutation(index.columns.begin(), end, columns.begin(), columns.end());
        });
    }

    Connection& target_;
    const ServerFacts& facts_;
    const Context& context_;
    Findings& findings_;
    std::string path_;
    std::set<std::string> schemas_;  // already looked at
};

}  // namespace

void check_target_server(Connection& target, const ServerFacts& facts, const Config& config,
                         Findings& findings, std::vector<std::string>& creates) {
    if (facts.in_recovery) {
        findings.push_back(about("target", "is a standby, which takes no writes",
                                 "target: {conninfo: the primary}"));
        return;
    }
    if (facts.encoding != "UTF8") {
        findings.push_back(about("target", "its encoding is " + facts.encoding + ", not UTF8",
                                 "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0;"));
    }
    if (facts.has_standbys && facts.synchronous_standby_names.empty()) {
        findings.push_back(about(
            "target", "its standbys are asynchronous: after a failover it may be behind the state",
            "ALTER SYSTEM SET synchronous_standby_names = '*'; SELECT pg_reload_conf();",
            Severity::warning));
    }
    check_schema(target, facts, findings, creates);
    check_origin(target, facts, config, findings, creates);
}

void check_target_tables(Connection& target, const ServerFacts& facts, const Context& context,
                         Findings& findings) {
    TargetTables{target, facts, context, findings}.run();
}

}  // namespace crossfade
