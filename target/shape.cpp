#include "target/shape.hpp"

#include "postgres/quote.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace crossfade {

const ColumnShape* TableShape::find(std::string_view column) const {
    for (const ColumnShape& candidate : columns) {
        if (candidate.name == column) return &candidate;
    }
    return nullptr;
}

namespace {

[[noreturn]] void no_such_table(std::string_view schema, std::string_view table) {
    throw Failure{
        Error{ErrorKind::configuration, "the target has no table " + quote_table(schema, table)}};
}

// One row per column of a key, keys apart by their name; `side` is the end at which our table
// stands.
std::vector<ForeignKeyShape> load_keys(Connection& connection, std::string_view schema,
                                       std::string_view table, const std::string& side) {
    const QueryResult rows = connection.exec(
        "SELECT k.oid, k.conname, rn.nspname, r.relname, pn.nspname, p.relname, k.condeferrable,"
        " ra.attname, pa.attname FROM pg_constraint k"
        " JOIN pg_class r ON r.oid = k.conrelid JOIN pg_namespace rn ON rn.oid = r.relnamespace"
        " JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace"
        " CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS c (own, other, place)"
        " JOIN pg_attribute ra ON ra.attrelid = r.oid AND ra.attnum = c.own"
        " JOIN pg_attribute pa ON pa.attrelid = p.oid AND pa.attnum = c.other"
        " WHERE k.contype = 'f' AND k.conparentid = 0 AND " +
            side + ".relname = $2 AND " + side + "n.nspname = $1 ORDER BY k.oid, c.place",
        Params{std::string{schema}, std::string{table}});
    std::vector<ForeignKeyShape> keys;
    std::string previous;
    for (int row = 0; row < rows.rows(); ++row) {
        if (rows.text(row, 0) != previous) {
            previous = rows.text(row, 0);
            keys.push_back(ForeignKeyShape{.constraint = std::string{rows.text(row, 1)},
                                           .schema = std::string{rows.text(row, 2)},
                                           .table = std::string{rows.text(row, 3)},
                                           .referred_schema = std::string{rows.text(row, 4)},
                                           .referred_table = std::string{rows.text(row, 5)},
                                           .columns = {},
                                           .deferrable = rows.boolean(row, 6)});
        }
        keys.back().columns.emplace_back(rows.text(row, 7), rows.text(row, 8));
    }
    return keys;
}

}  // namespace

TableShape read_shape(Connection& connection, std::string_view schema, std::string_view table) {
    TableShape shape;
    shape.schema = schema;
    shape.table = table;
    const QueryResult rows = connection.exec(
        "SELECT a.attname, quote_ident(tn.nspname) || '.' || quote_ident(t.typname),"
        " format_type(a.atttypid, a.atttypmod), coalesce(b.typname, t.typname),"
        " CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END, NOT a.attnotnull,"
        " a.attidentity = 'a', a.attgenerated <> '', t.typtype = 'd',"
        " coalesce(b.typtype, t.typtype) = 'e', coalesce(co.collisdeterministic, true)"
        " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid"
        " JOIN pg_namespace tn ON tn.oid = t.typnamespace"
        " LEFT JOIN pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype"
        " LEFT JOIN pg_collation co ON co.oid = a.attcollation"
        " WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')"
        " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
        Params{std::string{schema}, std::string{table}});
    if (rows.empty()) no_such_table(schema, table);
    for (int row = 0; row < rows.rows(); ++row) {
        shape.columns.push_back(
            ColumnShape{.name = std::string{rows.text(row, 0)},
                        .type_sql = std::string{rows.text(row, 1)},
                        .type_name = std::string{rows.text(row, 2)},
                        .base = std::string{rows.text(row, 3)},
                        .modifier = static_cast<std::int32_t>(rows.integer(row, 4)),
                        .nullable = rows.boolean(row, 5),
                        .identity_always = rows.boolean(row, 6),
                        .generated = rows.boolean(row, 7),
                        .domain = rows.boolean(row, 8),
                        .enumeration = rows.boolean(row, 9),
                        .deterministic = rows.boolean(row, 10)});
    }
    shape.referrers = load_keys(connection, schema, table, "p");
    shape.references = load_keys(connection, schema, table, "r");
    return shape;
}

std::string to_string(const RowHook& hook) {
    switch (hook.kind) {
        case RowHook::Kind::rule: return "rule " + hook.name;
        case RowHook::Kind::trigger: return "trigger " + hook.name;
        case RowHook::Kind::policy: return "policy " + hook.name;
    }
    return hook.name;
}

std::string RowHook::events() const {
    std::string text;
    const auto add = [&](bool has, const char* name) {
        if (has) text += (text.empty() ? "" : ", ") + std::string{name};
    };
    add(inserts, "INSERT");
    add(updates, "UPDATE");
    add(deletes, "DELETE");
    return text;
}

Error rule_error(std::string_view schema, std::string_view table, const RowHook& rule) {
    return Error{ErrorKind::configuration,
                 "table " + std::string{schema} + "." + std::string{table} + " has the rule " +
                     rule.name + " on " + rule.events() +
                     ": what the bridge writes would become another statement, or none"}
        .with_hint("DROP RULE " + quote_identifier(rule.name) + " ON " +
                   quote_table(schema, table) + ";");
}

void refuse_rules(Connection& connection, const std::vector<TargetSpec>& specs) {
    for (const TargetSpec& spec : specs) {
        for (const RowHook& hook : read_row_hooks(connection, spec.schema, spec.table)) {
            if (hook.kind == RowHook::Kind::rule)
                throw Failure{rule_error(spec.schema, spec.table, hook)};
        }
    }
}

// A rule of a partition is none for who writes to the whole table, and one that is disabled still
// keeps INSERT ... ON CONFLICT from its table.
// Bits of tgtype: pg_trigger.h, TRIGGER_TYPE_*: 1 ROW, 2 BEFORE, 4 INSERT, 8 DELETE, 16 UPDATE.
// ev_type of a rule: 2 UPDATE, 3 INSERT, 4 DELETE.
std::vector<RowHook> read_row_hooks(Connection& connection, std::string_view schema,
                                    std::string_view table) {
    const QueryResult rows = connection.exec(
        "WITH here AS (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = $1 AND c.relname = $2),"
        " tables AS (SELECT oid FROM here"
        " UNION SELECT p.relid FROM here, pg_partition_tree(here.oid) AS p),"
        " enabled AS (SELECT ARRAY['A', CASE current_setting('session_replication_role')"
        " WHEN 'replica' THEN 'R' ELSE 'O' END]::\"char\"[] AS ways)"
        " SELECT 0, r.rulename::text, '', bool_or(r.ev_type = '3'), bool_or(r.ev_type = '2'),"
        " bool_or(r.ev_type = '4'), true, '' FROM pg_rewrite r"
        " WHERE r.ev_class IN (SELECT oid FROM here) AND r.ev_type IN ('2', '3', '4')"
        " GROUP BY r.rulename"
        " UNION ALL SELECT 1, t.tgname::text, min(pn.nspname || '.' || p.proname),"
        " bool_or(t.tgtype & 4 <> 0), bool_or(t.tgtype & 16 <> 0), bool_or(t.tgtype & 8 <> 0),"
        " bool_or(l.lanname <> 'plpgsql' OR p.prosrc ~* '\\mreturn\\s+null\\M'),"
        " min((SELECT string_agg(DISTINCT lower(m[1]), ',') FROM regexp_matches(p.prosrc,"
        " '(?:;|\\m(?:begin|then|else|loop)\\M)\\s*new\\.\"?(\\w+)\"?\\s*:?=', 'gi') AS m))"
        " FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
        " JOIN pg_language l ON l.oid = p.prolang"
        " JOIN pg_namespace pn ON pn.oid = p.pronamespace, enabled"
        " WHERE t.tgrelid IN (SELECT oid FROM tables) AND NOT t.tgisinternal"
        " AND t.tgtype & 3 = 3 AND t.tgenabled = ANY (enabled.ways) GROUP BY t.tgname"
        " UNION ALL SELECT 2, p.polname::text, '', bool_or(p.polcmd IN ('a', '*')),"
        " bool_or(p.polcmd IN ('w', '*')), bool_or(p.polcmd IN ('d', '*')), true, ''"
        " FROM pg_policy p"
        " WHERE p.polrelid IN (SELECT oid FROM here) AND row_security_active(p.polrelid)"
        " AND p.polcmd <> 'r' GROUP BY p.polname ORDER BY 1, 2",
        Params{std::string{schema}, std::string{table}});
    std::vector<RowHook> hooks;
    const auto names_of = [](const std::string& list) {
        std::set<std::string> names;
        std::istringstream parts{list};
        for (std::string part; std::getline(parts, part, ',');)
            names.insert(part);
        return names;
    };
    for (int row = 0; row < rows.rows(); ++row) {
        hooks.push_back(RowHook{.kind = static_cast<RowHook::Kind>(rows.integer(row, 0)),
                                .name = std::string{rows.text(row, 1)},
                                .function = std::string{rows.text(row, 2)},
                                .inserts = rows.boolean(row, 3),
                                .updates = rows.boolean(row, 4),
                                .deletes = rows.boolean(row, 5),
                                .drops = rows.boolean(row, 6),
                                .sets = names_of(rows.get(row, 7).value_or(std::string{}))});
    }
    return hooks;
}

namespace {

// Whether `column::text` is the value's own text, whatever was written.
bool keeps_text(const ColumnShape& column) {
    static constexpr std::array known_types{"text", "varchar", "uuid", "bool",
                                            "int2", "int4",    "int8"};
    return std::ranges::find(known_types, column.base) != known_types.end();
}

}  // namespace

bool is_guarded(const TargetColumn& column) {
    return column.owner == Owner::until_changed || column.kind == ColumnSpec::Kind::deferred;
}

void check_shape(const TargetSpec& spec, const TableShape& shape, Findings& findings) {
    const std::string path = "entities." + spec.entity;
    const auto report = [&](const std::string& where, const std::string& message) {
        findings.push_back(Finding{.where = {}, .path = where, .message = message});
    };
    const ColumnShape* id = shape.find(spec.id_column);
    if (id == nullptr || id->base != "uuid") {
        report(path, "the id column " + spec.id_column + " of " + spec.schema + "." + spec.table +
                         " must be a uuid");
    }
    std::vector<std::string> names;
    for (const ColumnShape& column : shape.columns)
        names.push_back(column.name);
    for (const TargetColumn& column : spec.columns) {
        const std::string where = path + ".columns." + column.name;
        const ColumnShape* found = shape.find(column.name);
        if (found == nullptr) {
            const std::string near = nearest(column.name, names);
            report(where, "table " + spec.schema + "." + spec.table + " has no such column" +
                              (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
        } else if (found->generated) {
            report(where, "the column is generated and cannot be written");
        } else if (column.kind == ColumnSpec::Kind::json && found->base != "jsonb") {
            report(where, "owned keys need a jsonb column, this one is " + found->type_name);
        } else if (is_guarded(column) && !keeps_text(*found)) {
            report(where,
                   "owner until_changed needs a column of text, varchar, uuid, boolean or "
                   "an integer type, this one is " +
                       found->type_name);
        }
    }
}

}  // namespace crossfade
