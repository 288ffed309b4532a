#include "postgres/catalog_columns.hpp"

#include "postgres/codec.hpp"

namespace crossfade {

namespace {
constexpr const char* kQuery =
    "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnum, a.attnotnull, "
    "a.attgenerated,"
    " a.attidentity, CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,"
    " b.typname, b.typtype, bn.nspname"
    " FROM pg_attribute a"
    " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " CROSS JOIN LATERAL ("
    "   WITH RECURSIVE step(oid) AS (SELECT a.atttypid UNION ALL"
    "     SELECT t.typbasetype FROM pg_type t JOIN step ON step.oid = t.oid WHERE t.typtype = 'd')"
    "   SELECT t.typname, t.typtype, t.typnamespace FROM step JOIN pg_type t ON t.oid = step.oid"
    "   WHERE t.typtype <> 'd') b"
    " JOIN pg_namespace bn ON bn.oid = b.typnamespace"
    " WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";
}  // namespace

std::vector<ColumnRow> read_columns(Connection& connection, const std::string& oid) {
    const QueryResult found = connection.exec(kQuery, Params{oid});
    std::vector<ColumnRow> columns;
    for (int row = 0; row < found.rows(); ++row) {
        ColumnRow column;
        column.name = found.text(row, 0);
        column.type_name = found.text(row, 1);
        column.attnum = static_cast<int>(found.integer(row, 2));
        column.nullable = !found.boolean(row, 3);
        column.generated = !found.text(row, 4).empty();
        column.identity = !found.text(row, 5).empty();
        column.identity_always = found.text(row, 5) == "a";
        column.default_value = found.text(row, 6);
        column.base_type = found.text(row, 7);
        const bool of_the_system = found.text(row, 9) == "pg_catalog";
        if (found.text(row, 8) == "e") {
            column.type = Type::text;
            column.wire = WireType::text;
        } else if (of_the_system || column.base_type == "citext") {
            column.type = column.base_type == "citext" ? Type::text : type_of(column.base_type);
            column.wire = wire_type_of(column.base_type);
        }
        columns.push_back(std::move(column));
    }
    return columns;
}

}  // namespace crossfade
