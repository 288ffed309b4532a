#include "postgres/catalog_columns.hpp"

#include "postgres/codec.hpp"

#include <algorithm>
#include <string_view>

namespace crossfade {

namespace {
constexpr const char* kColumnsQuery =
    "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnum, a.attnotnull, "
    "a.attgenerated,"
    " a.attidentity, CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,"
    " b.typname, b.typtype, bn.nspname, coalesce(co.collisdeterministic, true),"
    " coalesce(e.typname, ''), coalesce(e.typtype, '')"
    " FROM pg_attribute a"
    " LEFT JOIN pg_collation co ON co.oid = a.attcollation"
    " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " CROSS JOIN LATERAL ("
    "   WITH RECURSIVE step(oid) AS (SELECT a.atttypid UNION ALL"
    "     SELECT t.typbasetype FROM pg_type t JOIN step ON step.oid = t.oid WHERE t.typtype = 'd')"
    "   SELECT t.typname, t.typtype, t.typnamespace, t.typelem, t.typcategory FROM step"
    "   JOIN pg_type t ON t.oid = step.oid WHERE t.typtype <> 'd') b"
    " LEFT JOIN pg_type e ON e.oid = b.typelem AND b.typcategory = 'A'"
    " JOIN pg_namespace bn ON bn.oid = b.typnamespace"
    " WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

// Types of the system whose equal values have equal texts; numbers, which we compare by value.
bool has_plain_equality(std::string_view type) {
    static constexpr std::string_view kTexts[] = {
        "bool",  "int2", "int4",   "int8", "text",   "varchar",   "name",
        "char",  "uuid", "date",   "time", "timetz", "timestamp", "timestamptz",
        "bytea", "bit",  "varbit", "inet", "cidr",   "macaddr",   "macaddr8",
        "money", "oid",  "xid",    "xid8", "pg_lsn"};
    return std::ranges::find(kTexts, type) != std::end(kTexts);
}

bool has_plain_equality(const QueryResult& found, int row) {
    if (!found.boolean(row, 10)) return false;
    const std::string_view base = found.text(row, 7);
    if (found.text(row, 8) == "e") return true;
    const std::string_view element = found.text(row, 11);
    if (!element.empty()) return found.text(row, 12) == "e" || has_plain_equality(element);
    if (found.text(row, 9) != "pg_catalog") return false;
    return base == "float4" || base == "float8" || base == "numeric" || base == "bpchar" ||
           has_plain_equality(base);
}
}  // namespace

std::vector<ColumnRow> read_columns(Connection& connection, const std::string& oid) {
    const QueryResult found = connection.exec(kColumnsQuery, Params{oid});
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
        column.plain_equality = has_plain_equality(found, row);
        columns.push_back(std::move(column));
    }
    return columns;
}

}  // namespace crossfade
