#include "check/preflight.hpp"

#include "check/preflight_slots.hpp"
#include "check/replication.hpp"

#include "postgres/catalog.hpp"
#include "postgres/quote.hpp"
#include "replicator/decoder.hpp"
#include "replicator/slot.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

namespace crossfade {

namespace {

constexpr int kVersionMin = 12'00'00;

void check_slot(const SlotInfo& slot, const ServerFacts& facts, const Config& config,
                Findings& findings) {
    const std::string path = "source: slot " + config.source.slot;
    const std::string fresh = "crossfade drop, then a new snapshot: crossfade run";
    const std::string plugin = config.source.plugin;
    if (slot.status == WalStatus::lost) {
        findings.push_back(about(path, "has been invalidated: the source removed its WAL", fresh));
    } else if (slot.status == WalStatus::unreserved) {
        findings.push_back(about(path,
                                 "is about to be invalidated: it holds back more WAL than "
                                 "max_slot_wal_keep_size",
                                 "ALTER SYSTEM SET max_slot_wal_keep_size = '64GB'; "
                                 "SELECT pg_reload_conf();"));
    }
    if (slot.plugin != plugin) {
        findings.push_back(about(path, "is one of plugin " + slot.plugin + ", not " + plugin,
                                 "source: {plugin: " + slot.plugin + "}, or " + fresh));
    }
    if (slot.database != facts.database) {
        findings.push_back(
            about(path, "belongs to database " + slot.database, "source: {slot: another name}"));
    }
    if (!std::filesystem::exists(config.state / "CURRENT")) {
        findings.push_back(
            about(path,
                  "is there, but no state at " + config.state.string() +
                      ": somebody else's, or left behind",
                  "SELECT pg_drop_replication_slot(" + quote_literal(config.source.slot) + ");"));
    }
}

// PUBLIC may execute these functions by default; somebody may have revoked it. They are found by
// name, since their arguments differ between versions.
void check_functions(Connection& source, const ServerFacts& facts, Findings& findings) {
    const QueryResult refused = source.exec(
        "SELECT string_agg(oid::regprocedure::text, ', ' ORDER BY proname) FROM pg_proc"
        " WHERE pronamespace = 'pg_catalog'::regnamespace AND proname IN"
        " ('pg_logical_emit_message', 'pg_create_logical_replication_slot',"
        "  'pg_logical_slot_peek_changes', 'pg_drop_replication_slot')"
        " AND proargtypes[1] IS DISTINCT FROM 'bytea'::regtype"
        " AND proargtypes[2] IS DISTINCT FROM 'bytea'::regtype"
        " AND NOT has_function_privilege(oid, 'EXECUTE')");
    if (refused.is_null(0, 0)) return;
    findings.push_back(
        about("source", "role " + facts.role + " may not call " + std::string{refused.text(0, 0)},
              "GRANT EXECUTE ON FUNCTION " + std::string{refused.text(0, 0)} + " TO " +
                  quote_identifier(facts.role) + ";"));
}

class SourceTables {
public:
    SourceTables(Connection& source, const ServerFacts& facts, const Config& config,
                 const Context& context, Findings& findings)
        : source_{source}, facts_{facts}, config_{config}, context_{context}, findings_{findings} {}

    void run() {
        for (const auto& [qualified, table] : context_.catalog) {
            path_ = "source: table " + qualified;
            name_ = quote_table(table.schema, table.name);
            check_facts(table);
            check_identity(table);
            check_values(table);
        }
    }

private:
    void add(std::string message, std::string fix, Severity severity = Severity::error) {
        findings_.push_back(about(path_, std::move(message), std::move(fix), severity));
    }

    void check_facts(const CatalogTable& table) {
        const auto facts = read_table_facts(source_, table.schema, table.name);
        if (!facts) return;
        const std::string role = quote_identifier(facts_.role);
        if (schemas_.insert(table.schema).second) check_schema(table.schema);
        if (!facts->selectable) {
            add("role " + facts_.role + " may not read it",
                "GRANT SELECT ON " + name_ + " TO " + role + ";");
        }
        if (!facts->logged) {
            add("is unlogged: its changes never reach the stream",
                "ALTER TABLE " + name_ + " SET LOGGED;");
        }
        // The changes of a leaf arrive under its own name.
        if (facts->partitioned || facts->has_children) {
            add("is partitioned or inherited: changes arrive under the names of its parts, which "
                "the bridge does not follow",
                "map each of its leaves by its own name, as a relation of one entity");
        }
        if (facts->row_security &&
            source_.exec("SELECT row_security_active($1::oid)", Params{std::to_string(facts->oid)})
                .boolean(0, 0)) {
            add("row-level security hides rows of it from role " + facts_.role,
                "ALTER ROLE " + role + " BYPASSRLS;");
        }
    }

    void check_schema(const std::string& schema) {
        if (source_.exec("SELECT has_schema_privilege($1, 'USAGE')", Params{schema}).boolean(0, 0))
            return;
        findings_.push_back(about("source", "role " + facts_.role + " may not use schema " + schema,
                                  "GRANT USAGE ON SCHEMA " + quote_identifier(schema) + " TO " +
                                      quote_identifier(facts_.role) + ";"));
    }

    // A unique index that could be the replica identity: not null, plain, whole.
    std::string identity_index(const CatalogTable& table) {
        const QueryResult found = source_.exec(
            "SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
            " JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace"
            " WHERE n.nspname = $1 AND t.relname = $2 AND x.indisunique AND x.indimmediate"
            " AND x.indisvalid AND x.indpred IS NULL AND x.indexprs IS NULL"
            " AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = x.indrelid"
            "   AND a.attnum = ANY (x.indkey) AND NOT a.attnotnull)"
            " ORDER BY x.indnatts, i.relname LIMIT 1",
            Params{table.schema, table.name});
        return found.empty() ? std::string{} : std::string{found.text(0, 0)};
    }

    void check_identity(const CatalogTable& table) {
        const std::string alter = "ALTER TABLE " + name_ + " REPLICA IDENTITY ";
        const std::string index = identity_index(table);
        if (table.identity == ReplicaIdentity::nothing) {
            std::string fix = alter + "FULL;";
            if (!index.empty()) fix = alter + "USING INDEX " + quote_identifier(index) + ";";
            add("has no replica identity: its updates and deletes would vanish from the stream",
                std::move(fix));
            return;
        }
        if (table.identity == ReplicaIdentity::full && table.primary_key.empty() && index.empty()) {
            add("has neither a primary key nor a unique index: every update and delete of it costs "
                "a scan of its rows, and none can be looked up by key",
                "ALTER TABLE " + name_ +
                    " ADD COLUMN crossfade_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
                    "REPLICA IDENTITY DEFAULT;",
                Severity::warning);
        }
        check_key(table, alter);
    }

    // Old rows carry the columns of the identity alone: the mapping's key must be among them.
    void check_key(const CatalogTable& table, const std::string& alter) {
        std::vector<std::string> key = table.primary_key;
        std::string relation = table.name;
        for (const RelationSettings& settings : context_.mapping.relations) {
            if (settings.table_name() != table.name || settings.schema != table.schema) continue;
            relation = settings.name;
            if (!settings.key.empty()) key = settings.key;
        }
        const auto carried = [&](const std::string& column) {
            return std::find(table.identity_key.begin(), table.identity_key.end(), column) !=
                   table.identity_key.end();
        };
        if (std::all_of(key.begin(), key.end(), carried)) return;
        std::string columns;
        for (const std::string& column : table.identity_key)
            columns += (columns.empty() ? "" : ", ") + column;
        add("its replica identity (" + columns + ") does not hold the key that the mapping uses",
            key == table.primary_key ? alter + "DEFAULT;"
                                     : "relations: {" + relation + ": {key: [" + columns + "]}}");
    }

    // Some plugins write NaN and the infinities as null. The bridge then reads the row again by its
    // key, so the key must tell which row it is.
    void check_values(const CatalogTable& table) {
        if (!context_.program) return;
        const auto decoder =
            make_decoder(config_.source.plugin, context_.program->relations, nullptr);
        if (!decoder || decoder->traits().tells_nan) return;
        for (const MappedRelation& relation : context_.program->relations) {
            if (relation.schema == table.schema && relation.name == table.name)
                check_readable(table, relation);
        }
    }

    void check_readable(const CatalogTable& table, const MappedRelation& relation) {
        std::string columns;
        for (std::uint32_t i = 0; i < relation.columns.size(); ++i) {
            if (relation.can_be_nan(i) && (relation.repeats || !is_key(relation, i)))
                columns += (columns.empty() ? "" : ", ") + relation.columns[i].name;
        }
        const std::string told = "NaN and infinite values of " + columns + " arrive as null from " +
                                 config_.source.plugin;
        if (relation.repeats && !columns.empty()) {
            add(told +
                    ", and a row of a table without a key cannot be read again: needs pgoutput, "
                    "which this version does not have",
                "relations: {" + relation.mapping_name() +
                    ": {key: [...]}} with columns that tell its rows apart and cannot be NaN, or "
                    "leave " +
                    columns + " out of the mapping");
        }
        if (relation.repeats) return;
        for (const std::uint32_t position : relation.key) {
            const MappedColumn& key = relation.columns[position];
            if (!columns.empty() && (key.secret || key.type == Type::json)) {
                add(told + ", and a row cannot be read again by key column " + key.name,
                    "relations: {" + relation.mapping_name() + ": {key: [...]}} without it");
            }
            if (relation.can_be_nan(position)) check_key_value(table, key.name);
        }
    }

    static bool is_key(const MappedRelation& relation, std::uint32_t position) {
        return std::ranges::find(relation.key, position) != relation.key.end();
    }

    void check_key_value(const CatalogTable& table, const std::string& name) {
        const CatalogColumn* column = table.find(name);
        const bool nullable = column == nullptr || column->nullable;
        add("a NaN or infinite value of key column " + name + (nullable ? ", or a NULL," : "") +
                " stops the bridge: it arrives as null from " + config_.source.plugin,
            nullable ? "map the table by a key without it"
                     : "ALTER TABLE " + name_ + " ADD CHECK (" + quote_identifier(name) +
                           " < 'Infinity' AND " + quote_identifier(name) +
                           " > '-Infinity'), if they can occur",
            nullable ? Severity::error : Severity::warning);
    }

    Connection& source_;
    const ServerFacts& facts_;
    const Config& config_;
    const Context& context_;
    Findings& findings_;
    std::string path_;
    std::string name_;               // quoted
    std::set<std::string> schemas_;  // already looked at
};

}  // namespace

void check_source_server(Connection& source, const ServerFacts& facts, const Config& config,
                         Findings& findings, std::vector<std::string>& creates) {
    if (facts.version < kVersionMin) {
        findings.push_back(about("source", "PostgreSQL " + facts.version_text + " is too old",
                                 "PostgreSQL 12 or later"));
        return;
    }
    check_functions(source, facts, findings);
    const std::string plugin = config.source.plugin;
    Findings replication = check_replication(source, facts, plugin);
    check_slot_room(source, facts, config.source.slot, replication);
    findings.insert(findings.end(), replication.begin(), replication.end());
    creates.push_back("source: messages \"crossfade\" in the WAL (heartbeat, markers)");
    if (facts.wal_level != "logical") return;
    if (const auto slot = inspect_slot(source, config.source.slot)) {
        check_slot(*slot, facts, config, findings);
    } else {
        creates.push_back("source: logical replication slot " + config.source.slot + " (" + plugin +
                          ")");
    }
}

void check_source_tables(Connection& source, const ServerFacts& facts, const Config& config,
                         const Context& context, Findings& findings) {
    SourceTables{source, facts, config, context, findings}.run();
}

}  // namespace crossfade
