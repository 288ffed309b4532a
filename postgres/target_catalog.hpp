// Tables of the target: everything that decides what can be written to them, in which order, and
// what may refuse it.
#pragma once

#include "postgres/catalog_columns.hpp"
#include "postgres/connection.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

enum class OnDelete { no_action, restrict, cascade, set_null, set_default };

// A unique index, with or without a constraint.
struct UniqueKey {
    std::string name;
    std::vector<std::string> columns;  // empty entries stand for expressions
    bool primary = false;
    bool constraint = false;          // a table constraint, not just an index
    bool deferrable = false;          // cannot arbitrate ON CONFLICT
    bool nulls_not_distinct = false;  // PostgreSQL 15
    bool valid = true;
    std::string predicate;   // of a partial index, empty: none
    std::string definition;  // CREATE UNIQUE INDEX ...
    bool has_expressions = false;
};

struct Index {
    std::string name;
    std::vector<std::string> columns;  // leading first; empty entries stand for expressions
    std::string predicate;
    std::string definition;  // CREATE INDEX ...
    bool unique = false;
    bool constraint = false;  // backs a constraint, so it cannot be dropped by itself
    bool valid = true;
};

struct ForeignKey {
    std::string name;
    std::string schema;  // of the table that refers
    std::string table;
    std::vector<std::string> columns;
    std::string referenced_schema;
    std::string referenced_table;
    std::vector<std::string> referenced_columns;
    OnDelete on_delete = OnDelete::no_action;
    bool deferrable = false;
    bool initially_deferred = false;
    bool validated = true;
    std::string definition;  // FOREIGN KEY (...) REFERENCES ...
};

struct CheckConstraint {
    std::string name;
    std::string definition;
    bool validated = true;
};

struct Trigger {
    std::string name;
    std::string function;  // schema.name
    bool before = false;   // else AFTER
    bool row = true;       // FOR EACH ROW
    bool on_insert = false;
    bool on_update = false;
    bool on_delete = false;
    bool on_truncate = false;
    char enabled = 'O';  // O, D, R, A: as pg_trigger.tgenabled
    std::string definition;
};

struct TargetTable {
    std::string schema;
    std::string name;
    std::uint32_t oid = 0;
    std::vector<ColumnRow> columns;
    std::vector<UniqueKey> unique_keys;
    std::vector<Index> indexes;             // all of them, the unique ones too
    std::vector<ForeignKey> foreign_keys;   // of this table
    std::vector<ForeignKey> referenced_by;  // of other tables, and of itself, to this one
    std::vector<CheckConstraint> checks;
    std::vector<Trigger> triggers;  // not the internal ones of constraints
    bool partitioned = false;
    bool row_security = false;
    bool insertable = true, updatable = true, deletable = true, selectable = true;  // for this role
    double rows_estimated = -1;
    const ColumnRow* find(std::string_view column) const;
    const UniqueKey* primary_key() const;
};

std::optional<TargetTable> read_target_table(Connection& connection, std::string_view schema,
                                             std::string_view name);

}  // namespace crossfade
