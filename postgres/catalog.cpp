#include "postgres/catalog.hpp"

#include "postgres/catalog_columns.hpp"

namespace crossfade {

namespace {
std::vector<std::string> names_of(const QueryResult& result) {
    std::vector<std::string> names;
    for (int row = 0; row < result.rows(); ++row)
        names.emplace_back(result.text(row, 0));
    return names;
}

// The columns of an index in its own order. `which` picks the index.
std::vector<std::string> index_columns(Connection& connection, const std::string& oid,
                                       const std::string& which) {
    return names_of(
        connection.exec("SELECT a.attname FROM pg_index i"
                        " CROSS JOIN LATERAL unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY "
                        "AS k(attnum, place)"
                        " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
                        " WHERE i.indrelid = $1::oid AND " +
                            which + " ORDER BY k.place",
                        Params{oid}));
}

void read_identity(Connection& connection, const std::string& oid, char setting,
                   CatalogTable& table) {
    table.primary_key = index_columns(connection, oid, "i.indisprimary");
    switch (setting) {
        case 'd':
            table.identity = ReplicaIdentity::primary_key;
            table.identity_key =
                index_columns(connection, oid, "i.indisprimary AND i.indimmediate");
            break;
        case 'i':
            table.identity = ReplicaIdentity::index;
            table.identity_key = index_columns(connection, oid, "i.indisreplident");
            break;
        case 'f':
            table.identity = ReplicaIdentity::full;
            for (const CatalogColumn& column : table.columns)
                table.identity_key.push_back(column.name);
            break;
        default: table.identity = ReplicaIdentity::nothing;
    }
    if (table.identity_key.empty()) table.identity = ReplicaIdentity::nothing;
}

constexpr const char* kOrdinarySchemas =
    "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'";
}  // namespace

std::optional<CatalogTable> read_table(Connection& connection, std::string_view schema,
                                       std::string_view name) {
    const QueryResult found = connection.exec(
        "SELECT c.oid, c.relreplident FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')",
        Params{std::string{schema}, std::string{name}});
    if (found.empty()) return std::nullopt;
    const std::string oid{found.text(0, 0)};
    CatalogTable table;
    table.schema = schema;
    table.name = name;
    for (const ColumnRow& row : read_columns(connection, oid)) {
        CatalogColumn column;
        column.name = row.name;
        column.type = row.type;
        column.type_name = row.type_name;
        column.nullable = row.nullable;
        column.generated = row.generated;
        column.blank_padded = row.base_type == "bpchar";
        column.keeps_text = row.base_type == "json";
        column.key = row.key;
        table.columns.push_back(std::move(column));
    }
    read_identity(connection, oid, found.text(0, 1).front(), table);
    return table;
}

std::vector<std::string> table_names(Connection& connection) {
    return names_of(
        connection.exec("SELECT n.nspname || '.' || c.relname FROM pg_class c"
                        " JOIN pg_namespace n ON n.oid = c.relnamespace"
                        " WHERE c.relkind IN ('r', 'p') AND " +
                        std::string{kOrdinarySchemas} + " ORDER BY 1"));
}

std::optional<TableFacts> read_table_facts(Connection& connection, std::string_view schema,
                                           std::string_view name) {
    const QueryResult found = connection.exec(
        "SELECT c.relkind = 'p', c.relispartition,"
        // relhassubclass stays when the last child goes.
        " EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid), c.relpersistence = 'p',"
        " c.relrowsecurity, has_table_privilege(c.oid, 'SELECT'), c.oid,"
        " coalesce(pg_relation_filenode(c.oid), 0), c.reltuples::float8, pg_table_size(c.oid)"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')",
        Params{std::string{schema}, std::string{name}});
    if (found.empty()) return std::nullopt;
    TableFacts facts;
    facts.partitioned = found.boolean(0, 0);
    facts.partition = found.boolean(0, 1);
    facts.has_children = found.boolean(0, 2) && !facts.partitioned;
    facts.logged = found.boolean(0, 3);
    facts.row_security = found.boolean(0, 4);
    facts.selectable = found.boolean(0, 5);
    facts.oid = static_cast<std::uint32_t>(found.integer(0, 6));
    facts.filenode = static_cast<std::uint32_t>(found.integer(0, 7));
    facts.rows_estimated = std::stod(std::string{found.text(0, 8)});
    facts.bytes = found.integer(0, 9);
    return facts;
}

}  // namespace crossfade
