#include "check/row_trial.hpp"

#include "postgres/codec.hpp"
#include "postgres/quote.hpp"

#include <algorithm>

namespace crossfade {

namespace {

void bind_value(const Value& value, Params& params) {
    if (is_null(value)) {
        params.null();
    } else {
        params.text(format_value(value));
    }
}

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

// Blanks at the end are cut off without a word.
std::string_view without_blanks(std::string_view text) {
    const std::size_t last = text.find_last_not_of(' ');
    return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

bool has_length(const ColumnShape& column) {
    return (column.base == "varchar" || column.base == "bpchar") && column.modifier > 4;
}

// A cast to varchar(n) cuts off where a write refuses, so lengths are counted here.
std::string cast_of(std::size_t number, const ColumnShape& column) {
    return "CAST($" + std::to_string(number) + "::" + column.type_sql + " AS " +
           (has_length(column) && !column.domain ? column.type_sql : column.type_name) + ")";
}

}  // namespace

RowTrial::RowTrial(Connection& target, const TargetSpec& spec)
    : target_{target}, spec_{spec}, shape_{read_shape(target, spec.schema, spec.table)} {
    columns_.push_back(shape_.find(spec.id_column));
    for (const TargetColumn& column : spec.columns)
        columns_.push_back(shape_.find(column.name));
    for (const ColumnShape* column : columns_) {
        if (column == nullptr)
            throw Failure{Error{ErrorKind::configuration,
                                "table " + spec.schema + "." + spec.table + " lacks a column"}};
    }
    read_checks();
}

// Those over columns that are written; what others hold is not known.
void RowTrial::read_checks() {
    const QueryResult found = target_.exec(
        "SELECT c.conname, pg_get_expr(c.conbin, c.conrelid), a.attname FROM pg_constraint c"
        " JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace"
        " LEFT JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = ANY (c.conkey)"
        " WHERE c.contype = 'c' AND n.nspname = $1 AND r.relname = $2 ORDER BY c.conname",
        Params{spec_.schema, spec_.table});
    std::string unknown;
    for (int row = 0; row < found.rows(); ++row) {
        const std::string name{found.text(row, 0)};
        const bool written =
            !found.is_null(row, 2) &&
            std::any_of(columns_.begin(), columns_.end(), [&](const ColumnShape* column) {
                return column->name == found.text(row, 2);
            });
        if (!written) unknown = name;
        if (name == unknown) {
            std::erase_if(checks_, [&](const Check& check) { return check.name == name; });
        } else if (checks_.empty() || checks_.back().name != name) {
            checks_.push_back({name, std::string{found.text(row, 1)}});
        }
    }
}

std::string RowTrial::row_sql() const {
    std::string sql;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        sql += (i == 0 ? "SELECT " : ", ") + cast_of(i + 1, *columns_[i]) + " AS " +
               quote_identifier(columns_[i]->name);
    }
    return sql;
}

std::optional<std::string> RowTrial::refused_column(const Value& value, const ColumnShape& column) {
    const std::string name = "column " + column.name;
    if (is_null(value)) {
        if (column.nullable) return std::nullopt;
        return "23502 " + name + " is NOT NULL";
    }
    Params params;
    bind_value(value, params);
    const std::string text = format_value(value);
    if (has_length(column) &&
        count_characters(without_blanks(text)) > static_cast<std::size_t>(column.modifier - 4)) {
        return "22001 " + name + ": too long for " + column.type_name;
    }
    const auto answer = target_.try_exec("SELECT " + cast_of(1, column), params);
    if (answer) return std::nullopt;
    return answer.error().sqlstate() + " " + name + ": no value of " + column.type_name;
}

std::optional<std::string> RowTrial::broken_check(const Params& row) {
    if (checks_.empty()) return std::nullopt;
    std::string sql;
    for (const Check& check : checks_)
        sql += (sql.empty() ? "SELECT (" : ", (") + check.sql + ") IS NOT FALSE";
    const auto answer = target_.try_exec(
        sql + " FROM (" + row_sql() + ") AS " + quote_identifier(spec_.table), row);
    // A condition that fails of itself refuses the row too.
    if (!answer) return answer.error().sqlstate() + " a CHECK of " + spec_.table;
    for (std::size_t i = 0; i < checks_.size(); ++i) {
        if (!answer->boolean(0, static_cast<int>(i))) return "23514 " + checks_[i].name;
    }
    return std::nullopt;
}

std::optional<std::string> RowTrial::refusal(const Uuid& id, const std::vector<Value>& values) {
    Params row;
    row.text(format_value(Value{id}));
    for (const Value& value : values)
        bind_value(value, row);
    const bool plain = target_.try_exec(row_sql(), row).has_value();
    for (std::size_t i = 0; i < values.size(); ++i) {
        const ColumnShape& column = *columns_[i + 1];
        // A trigger of the target may fill it before the row is written.
        if (is_null(values[i]) && spec_.columns[i].owner == Owner::trigger) continue;
        if (plain && !is_null(values[i]) && !has_length(column)) continue;
        if (auto reason = refused_column(values[i], column)) return reason;
    }
    return broken_check(row);
}

}  // namespace crossfade
