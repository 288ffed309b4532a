#include "postgres/catalog_columns.hpp"

#include "postgres/codec.hpp"

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
    " LEFT JOIN LATERAL ("
    "   WITH RECURSIVE step(oid) AS (SELECT b.typelem UNION ALL"
    "     SELECT t.typbasetype FROM pg_type t JOIN step ON step.oid = t.oid WHERE t.typtype = 'd')"
    "   SELECT t.typname, t.typtype FROM step JOIN pg_type t ON t.oid = step.oid"
    "   WHERE t.typtype <> 'd') e ON b.typcategory = 'A'"
    " JOIN pg_namespace bn ON bn.oid = b.typnamespace"
    " WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

std::optional<KeyForm> key_form(const QueryResult& found, int row) {
    if (!found.boolean(row, 10)) return std::nullopt;
    const std::string_view base = found.text(row, 7);
    if (found.text(row, 8) == "e") return KeyForm{};
    const std::string_view element = found.text(row, 11);
    const bool array = !element.empty();
    if (found.text(row, 12) == "e") return KeyForm{KeyKind::text, array};
    // Types of others may have the names of ours.
    const bool known = array || found.text(row, 9) == "pg_catalog" || base == "citext";
    const auto kind = known ? key_kind(array ? element : base) : std::nullopt;
    if (!kind) return std::nullopt;
    return KeyForm{*kind, array};
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
        column.key = key_form(found, row);
        columns.push_back(std::move(column));
    }
    return columns;
}

}  // namespace crossfade
