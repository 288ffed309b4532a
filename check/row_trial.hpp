// Asks the target whether it would take a row, without writing it.
#pragma once

#include "postgres/connection.hpp"
#include "target/shape.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace crossfade {

class RowTrial {
public:
    // Borrows the connection, which must be in no transaction, and `spec`. Throws Failure.
    RowTrial(Connection& target, const TargetSpec& spec);

    // Why the types of the columns, NOT NULL or a CHECK would refuse the row, without a value of
    // it; nothing: they take it. `values` as in Outcome::values.
    std::optional<std::string> refusal(const Uuid& id, const std::vector<Value>& values);

private:
    struct Check {
        std::string name;
        std::string sql;  // a condition over the columns
    };
    void read_checks();
    std::string row_sql() const;  // SELECT $1::type AS "id", ...
    std::optional<std::string> refused_column(const Value& value, const ColumnShape& column);
    std::optional<std::string> broken_check(const Params& row);

    Connection& target_;
    const TargetSpec& spec_;
    TableShape shape_;
    std::vector<const ColumnShape*> columns_;  // the id, then those of the spec
    std::vector<Check> checks_;
};

}  // namespace crossfade
