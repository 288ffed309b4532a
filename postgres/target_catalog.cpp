#include "postgres/target_catalog.hpp"

#include <algorithm>

namespace crossfade {

namespace {
// Elements of a text[] that array_to_json printed: names in JSON quotes, null for expressions.
std::vector<std::string> list_of(std::string_view json) {
    std::vector<std::string> names;
    std::size_t i = 1;
    while (i < json.size() && json[i] != ']') {
        std::string name;
        if (json[i] == '"') {
            for (++i; i < json.size() && json[i] != '"'; ++i) {
                if (json[i] == '\\') ++i;  // names hold no control characters worth the name
                name += json[i];
            }
            ++i;
        } else {
            while (i < json.size() && json[i] != ',' && json[i] != ']')
                ++i;
        }
        names.push_back(std::move(name));
        if (i < json.size() && json[i] == ',') ++i;
    }
    return names;
}

void read_indexes(Connection& connection, const std::string& oid, TargetTable& table) {
    const std::string nulls_not_distinct =
        connection.server_version() >= 150000 ? "i.indnullsnotdistinct" : "false";
    const QueryResult found = connection.exec(
        "SELECT ic.relname, array_to_json(ARRAY(SELECT a.attname::text"
        "  FROM unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k(attnum, place)"
        "  LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND "
        "k.attnum > 0"
        "  ORDER BY k.place)), i.indisunique, i.indisprimary,"
        " EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid AND o.contype IN "
        "('p', 'u', 'x')),"
        " NOT i.indimmediate, " +
            nulls_not_distinct +
            ", i.indisvalid,"
            " pg_get_expr(i.indpred, i.indrelid), pg_get_indexdef(i.indexrelid), i.indexprs IS NOT "
            "NULL"
            " FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid"
            " WHERE i.indrelid = $1::oid ORDER BY ic.relname",
        Params{oid});
    for (int row = 0; row < found.rows(); ++row) {
        Index index;
        index.name = found.text(row, 0);
        index.columns = list_of(found.text(row, 1));
        index.unique = found.boolean(row, 2);
        index.constraint = found.boolean(row, 4);
        index.valid = found.boolean(row, 7);
        index.predicate = found.text(row, 8);
        index.definition = found.text(row, 9);
        if (index.unique) {
            UniqueKey key;
            key.name = index.name;
            key.columns = index.columns;
            key.primary = found.boolean(row, 3);
            key.constraint = index.constraint;
            key.deferrable = found.boolean(row, 5);
            key.nulls_not_distinct = found.boolean(row, 6);
            key.valid = index.valid;
            key.predicate = index.predicate;
            key.definition = index.definition;
            key.has_expressions = found.boolean(row, 10);
            table.unique_keys.push_back(std::move(key));
        }
        table.indexes.push_back(std::move(index));
    }
}

OnDelete on_delete_of(std::string_view action) {
    switch (action.empty() ? 'a' : action.front()) {
        case 'r': return OnDelete::restrict;
        case 'c': return OnDelete::cascade;
        case 'n': return OnDelete::set_null;
        case 'd': return OnDelete::set_default;
        default: return OnDelete::no_action;
    }
}

std::vector<ForeignKey> read_foreign_keys(Connection& connection, const std::string& condition,
                                          const std::string& oid) {
    const auto names = [](const std::string& relation, const std::string& key) {
        return "array_to_json(ARRAY(SELECT a.attname::text FROM unnest(" + key +
               ") WITH ORDINALITY AS k(attnum, place) JOIN pg_attribute a ON a.attrelid = " +
               relation + " AND a.attnum = k.attnum ORDER BY k.place))";
    };
    const QueryResult found = connection.exec(
        "SELECT o.conname, fn.nspname, fc.relname, " + names("o.conrelid", "o.conkey") +
            ", rn.nspname, rc.relname, " + names("o.confrelid", "o.confkey") +
            ", o.confdeltype, o.condeferrable, o.condeferred, o.convalidated, "
            "pg_get_constraintdef(o.oid)"
            " FROM pg_constraint o JOIN pg_class fc ON fc.oid = o.conrelid"
            " JOIN pg_namespace fn ON fn.oid = fc.relnamespace"
            " JOIN pg_class rc ON rc.oid = o.confrelid JOIN pg_namespace rn ON rn.oid = "
            "rc.relnamespace"
            " WHERE o.contype = 'f' AND o.conparentid = 0 AND " +
            condition + " ORDER BY fn.nspname, fc.relname, o.conname",
        Params{oid});
    std::vector<ForeignKey> keys;
    for (int row = 0; row < found.rows(); ++row) {
        ForeignKey key;
        key.name = found.text(row, 0);
        key.schema = found.text(row, 1);
        key.table = found.text(row, 2);
        key.columns = list_of(found.text(row, 3));
        key.referenced_schema = found.text(row, 4);
        key.referenced_table = found.text(row, 5);
        key.referenced_columns = list_of(found.text(row, 6));
        key.on_delete = on_delete_of(found.text(row, 7));
        key.deferrable = found.boolean(row, 8);
        key.initially_deferred = found.boolean(row, 9);
        key.validated = found.boolean(row, 10);
        key.definition = found.text(row, 11);
        keys.push_back(std::move(key));
    }
    return keys;
}

void read_checks(Connection& connection, const std::string& oid, TargetTable& table) {
    const QueryResult found = connection.exec(
        "SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint"
        " WHERE conrelid = $1::oid AND contype IN ('c', 'x') ORDER BY conname",
        Params{oid});
    for (int row = 0; row < found.rows(); ++row) {
        table.checks.push_back({std::string{found.text(row, 0)}, std::string{found.text(row, 1)},
                                found.boolean(row, 2)});
    }
}

void read_triggers(Connection& connection, const std::string& oid, TargetTable& table) {
    const QueryResult found = connection.exec(
        "SELECT t.tgname, n.nspname || '.' || p.proname, t.tgtype, t.tgenabled, "
        "pg_get_triggerdef(t.oid)"
        " FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = "
        "p.pronamespace"
        " WHERE t.tgrelid = $1::oid AND NOT t.tgisinternal ORDER BY t.tgname",
        Params{oid});
    for (int row = 0; row < found.rows(); ++row) {
        const std::int64_t type = found.integer(row, 2);  // bits of pg_trigger.h, TRIGGER_TYPE_*
        Trigger trigger;
        trigger.name = found.text(row, 0);
        trigger.function = found.text(row, 1);
        trigger.row = (type & 1) != 0;
        trigger.before = (type & 2) != 0;
        trigger.on_insert = (type & 4) != 0;
        trigger.on_delete = (type & 8) != 0;
        trigger.on_update = (type & 16) != 0;
        trigger.on_truncate = (type & 32) != 0;
        trigger.enabled = found.text(row, 3).front();
        trigger.definition = found.text(row, 4);
        table.triggers.push_back(std::move(trigger));
    }
}
}  // namespace

const ColumnRow* TargetTable::find(std::string_view column) const {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const ColumnRow& c) { return c.name == column; });
    return found == columns.end() ? nullptr : &*found;
}

const UniqueKey* TargetTable::primary_key() const {
    const auto found = std::find_if(unique_keys.begin(), unique_keys.end(),
                                    [](const UniqueKey& key) { return key.primary; });
    return found == unique_keys.end() ? nullptr : &*found;
}

std::optional<TargetTable> read_target_table(Connection& connection, std::string_view schema,
                                             std::string_view name) {
    const QueryResult found = connection.exec(
        "SELECT c.oid, c.relkind = 'p', c.relrowsecurity, has_table_privilege(c.oid, 'INSERT'),"
        " has_table_privilege(c.oid, 'UPDATE'), has_table_privilege(c.oid, 'DELETE'),"
        " has_table_privilege(c.oid, 'SELECT'), c.reltuples::float8"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')",
        Params{std::string{schema}, std::string{name}});
    if (found.empty()) return std::nullopt;
    const std::string oid{found.text(0, 0)};
    TargetTable table;
    table.schema = schema;
    table.name = name;
    table.oid = static_cast<std::uint32_t>(found.integer(0, 0));
    table.partitioned = found.boolean(0, 1);
    table.row_security = found.boolean(0, 2);
    table.insertable = found.boolean(0, 3);
    table.updatable = found.boolean(0, 4);
    table.deletable = found.boolean(0, 5);
    table.selectable = found.boolean(0, 6);
    table.rows_estimated = std::stod(std::string{found.text(0, 7)});
    table.columns = read_columns(connection, oid);
    read_indexes(connection, oid, table);
    table.foreign_keys = read_foreign_keys(connection, "o.conrelid = $1::oid", oid);
    table.referenced_by = read_foreign_keys(connection, "o.confrelid = $1::oid", oid);
    read_checks(connection, oid, table);
    read_triggers(connection, oid, table);
    return table;
}

}  // namespace crossfade
