#include "target/column_at_fault.hpp"

#include "postgres/codec.hpp"

#include <algorithm>
#include <array>

namespace crossfade {

namespace {

// As an assignment does it: an explicit cast to varchar(3) would cut off in silence.
std::string cast_as_written(const ColumnShape& column) {
    static constexpr std::array<std::string_view, 4> kCut{"varchar", "bpchar", "bit", "varbit"};
    std::string cast = "CAST($1 AS " + column.type_sql + ")";
    if (column.modifier < 0) return cast;
    const std::string modifier = std::to_string(column.modifier);
    if (std::ranges::find(kCut, column.base) != kCut.end())
        return "pg_catalog." + column.base + "(" + cast + ", " + modifier + ", false)";
    if (column.base == "numeric") return "pg_catalog.numeric(" + cast + ", " + modifier + ")";
    return cast;
}

bool has_text(const Value& value) {
    return !std::holds_alternative<Null>(value) && !std::holds_alternative<Absent>(value) &&
           !std::holds_alternative<Secret>(value);
}

}  // namespace

std::string column_at_fault(Connection& connection, const TableShape& shape, const TargetSpec& spec,
                            const RowWrite& write) {
    for (std::size_t i = 0; i < write.values.size() && i < spec.columns.size(); ++i) {
        const ColumnShape* column = shape.find(spec.columns[i].name);
        if (column == nullptr || !has_text(write.values[i])) continue;
        connection.exec("SAVEPOINT crossfade_column");
        const auto tried = connection.try_exec("SELECT " + cast_as_written(*column) + " IS NULL",
                                               Params{format_value(write.values[i])});
        connection.exec("ROLLBACK TO SAVEPOINT crossfade_column");
        if (tried.has_error()) return column->name;
    }
    return {};
}

}  // namespace crossfade
