#include "check/preflight.hpp"

#include "check/preflight_columns.hpp"
#include "check/preflight_slots.hpp"
#include "check/unique_cover.hpp"
#include "postgres/quote.hpp"
#include "postgres/target_catalog.hpp"
#include "target/deferred_indexes.hpp"
#include "target/equality.hpp"
#include "target/schema.hpp"

#include <algorithm>
#include <set>

namespace crossfade {

namespace {

bool ask(Connection& connection, const std::string& sql, const Params& params) {
    return connection.exec(sql, params).boolean(0, 0);
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : ", ") + (name.empty() ? "(expression)" : name);
    return text;
}

// Whether the bridge may read and write the tables of the schema that are there.
bool may_use_schema(Connection& target, const std::string& role, Findings& findings) {
    const std::vector<std::pair<std::string, std::string>> wanted{
        {"progress", "SELECT, INSERT, UPDATE, DELETE"},
        {"deferred_ddl", "SELECT, INSERT, DELETE"},
        {"format", "SELECT"}};
    std::string grants;
    for (const auto& [table, rights] : wanted) {
        const QueryResult able = target.exec(
            "SELECT bool_and(has_table_privilege(c.oid, r.name)) FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace,"
            " unnest(string_to_array($2, ', ')) r(name)"
            " WHERE n.nspname = 'crossfade' AND c.relname = $1",
            Params{table, rights});
        if (!able.get(0, 0) || able.boolean(0, 0)) continue;
        grants += " GRANT " + rights + " ON crossfade." + table + " TO " + role + ";";
    }
    const bool enters =
        target.exec("SELECT has_schema_privilege('crossfade', 'USAGE')").boolean(0, 0);
    if (enters && grants.empty()) return true;
    findings.push_back(about("target", "role " + role + " may not use the tables of crossfade",
                             "GRANT USAGE ON SCHEMA crossfade TO " + role + ";" + grants));
    return false;
}

// The tables of schema crossfade are kept in the target. Either the role may create them, or they
// exist and it may write to them.
void check_schema(Connection& target, const ServerFacts& facts, Findings& findings,
                  std::vector<std::string>& creates) {
    const std::string role = quote_identifier(facts.role);
    if (!target.exec("SELECT FROM pg_namespace WHERE nspname = 'crossfade'").empty() &&
        !may_use_schema(target, role, findings)) {
        return;
    }
    try {
        require_schema_format(target, SchemaAge::exact_or_older);
    } catch (const Failure& failure) {
        if (failure.error().kind() != ErrorKind::trust) throw;
        findings.push_back(about("target", failure.error().message(), failure.error().hint()));
        return;
    }
    const std::vector<std::string> makes = schema_to_make(target);
    for (const std::string& thing : makes)
        creates.push_back("target: " + thing);
    if (!makes.empty() && makes.front() == "schema crossfade") {
        if (ask(target, "SELECT has_database_privilege($1, 'CREATE')", Params{facts.database}))
            return;
        findings.push_back(about("target",
                                 "role " + facts.role + " may not create schema crossfade",
                                 "CREATE SCHEMA crossfade AUTHORIZATION " + role + ";"));
        return;
    }
    if (!makes.empty() &&
        !target.exec("SELECT has_schema_privilege('crossfade', 'CREATE')").boolean(0, 0)) {
        findings.push_back(
            about("target", "role " + facts.role + " may not create tables in schema crossfade",
                  "GRANT CREATE, USAGE ON SCHEMA crossfade TO " + role + ";"));
    }
}

// Large loads go through temporary tables; without them row by row.
void check_temporary(Connection& target, const ServerFacts& facts, Findings& findings) {
    if (ask(target, "SELECT has_database_privilege($1, 'TEMPORARY')", Params{facts.database}))
        return;
    findings.push_back(
        about("target",
              "role " + facts.role + " may not create temporary tables: large loads go row by row",
              "GRANT TEMPORARY ON DATABASE " + quote_identifier(facts.database) + " TO " +
                  quote_identifier(facts.role) + ";",
              Severity::warning));
}

// The replication origin marks what the bridge wrote; replication from the target back to the
// source needs that. Only superusers may call these functions, unless they were granted.
void check_origin(Connection& target, const ServerFacts& facts, const Config& config,
                  Findings& findings, std::vector<std::string>& creates) {
    const std::vector<std::string> functions{
        "pg_replication_origin_oid(text)", "pg_replication_origin_create(text)",
        "pg_replication_origin_session_setup(text)",
        "pg_replication_origin_xact_setup(pg_lsn, timestamptz)",
        "pg_replication_origin_drop(text)"};  // crossfade drop
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
    check_origin_room(target, facts, origin, findings);
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
        check_row_hooks(target_, context_, findings_);
        check_triggers(target_, facts_, tables_, findings_);
    }

private:
    void add(std::string path, std::string message, std::string fix,
             Severity severity = Severity::error) {
        findings_.push_back(about(std::move(path), std::move(message), std::move(fix), severity));
    }

    const EntitySpec& spec_of(const EntityProgram& entity) const {
        return *std::find_if(context_.mapping.entities.begin(), context_.mapping.entities.end(),
                             [&](const EntitySpec& spec) { return spec.name == entity.name; });
    }

    void check(const EntityProgram& entity) {
        const TargetSpec& spec = entity.target;
        often_ = removes(spec_of(entity));
        removes_ = often_ || spec_of(entity).root.kind == Root::Kind::group;
        path_ = "entities." + entity.name;
        const auto table = read_target_table(target_, spec.schema, spec.table);
        if (!table) {
            add(path_, "the target has no table " + spec.schema + "." + spec.table,
                "CREATE TABLE " + quote_table(spec.schema, spec.table) + " (...);");
            return;
        }
        const TableShape shape = read_shape(target_, spec.schema, spec.table);
        check_shape(spec, shape, findings_);
        check_equality(target_, spec, shape, findings_);
        check_columns(spec_of(entity), entity, shape, findings_);
        check_expressions(target_, entity, shape, findings_);
        check_required(spec, *table);
        check_privileges(*table);
        check_unique_keys(spec_of(entity), *table);
        check_foreign_keys(*table);
        check_row_security(*table);
        tables_.push_back(table->oid);
    }

    // Whether rows of the entity leave the target as a matter of course. A group whose members went
    // to another key leaves whatever on_delete says, but that is rare.
    static bool removes(const EntitySpec& spec) {
        return !spec.keep_on_delete || spec.remove_on_park || spec.exists != nullptr ||
               std::any_of(spec.parents.begin(), spec.parents.end(),
                           [](const ParentSpec& parent) { return parent.gone == OnGone::remove; });
    }

    // Owners (unless it is forced on them), superusers and BYPASSRLS pass.
    void check_row_security(const TargetTable& table) {
        if (!table.row_security ||
            !ask(target_, "SELECT row_security_active($1::oid)", Params{std::to_string(table.oid)}))
            return;
        add(path_,
            "row-level security of " + table.schema + "." + table.name + " hides rows from role " +
                facts_.role,
            "ALTER ROLE " + quote_identifier(facts_.role) + " BYPASSRLS;");
    }

    // A column that is NOT NULL, has no default, and is not written by the mapping.
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
        if (removes_ && !table.deletable) lacking.emplace_back("DELETE");
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

    // Before a row leaves, the tables that refer to it are asked whether they still do; without an
    // index that is a scan for each.
    void check_foreign_keys(const TargetTable& table) {
        if (!removes_) return;
        for (const ForeignKey& key : table.referenced_by) {
            const auto referring = read_target_table(target_, key.schema, key.table);
            if (!referring) continue;
            check_readable(*referring, table);
            if (!often_ || is_indexed(*referring, key.columns)) continue;
            add("target: table " + key.schema + "." + key.table,
                "foreign key " + key.name + " (" + joined(key.columns) +
                    ") has no index: deleting from " + table.schema + "." + table.name +
                    " scans the table",
                "CREATE INDEX CONCURRENTLY ON " + quote_table(key.schema, key.table) + " (" +
                    quote_identifiers(key.columns) + ");",
                Severity::warning);
        }
    }

    void check_readable(const TargetTable& referring, const TargetTable& table) {
        const auto& entities = context_.program->entities;
        const bool mapped = std::any_of(entities.begin(), entities.end(), [&](const auto& entity) {
            return entity.target.schema == referring.schema &&
                   entity.target.table == referring.name;
        });
        if (mapped || !readable_.insert(referring.schema + "." + referring.name).second) return;
        const std::string name = quote_table(referring.schema, referring.name);
        const std::string role = quote_identifier(facts_.role);
        const std::string path = "target: table " + referring.schema + "." + referring.name;
        if (!referring.selectable) {
            add(path,
                "role " + facts_.role + " may not read it, and must before it deletes from " +
                    table.schema + "." + table.name + ", to which it refers",
                "GRANT SELECT ON " + name + " TO " + role + ";");
        }
        if (referring.row_security && ask(target_, "SELECT row_security_active($1::oid)",
                                          Params{std::to_string(referring.oid)})) {
            add(path, "row-level security hides rows of it from role " + facts_.role,
                "ALTER ROLE " + role + " BYPASSRLS;");
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
    bool often_ = false;                 // they do so as a matter of course
    bool removes_ = false;               // rows of the entity that is looked at can leave
    std::vector<std::uint32_t> tables_;  // by oid
    std::set<std::string> schemas_;      // already looked at
    std::set<std::string> readable_;     // referring tables, already looked at
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
    check_temporary(target, facts, findings);
    check_origin(target, facts, config, findings, creates);
}

void check_deferred_indexes(Connection& target, const ServerFacts& facts, const Context& context,
                            Findings& findings) {
    for (const ForeignTable& other : tables_of_others(target, target_specs(*context.program))) {
        findings.push_back(
            about("load.defer_indexes",
                  other.table + " belongs to " + other.owner + ": its indexes are not role " +
                      facts.role + "'s to take off",
                  "GRANT " + other.owner + " TO " + quote_identifier(facts.role) + ";"));
    }
}

void check_target_tables(Connection& target, const ServerFacts& facts, const Context& context,
                         Findings& findings) {
    TargetTables{target, facts, context, findings}.run();
}

}  // namespace crossfade
