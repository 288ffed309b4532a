// A table of the target as its catalog shows it: what statements, comparisons and refusals need to
// know of it.
#pragma once

#include "model/finding.hpp"
#include "postgres/connection.hpp"
#include "transforms/target_spec.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossfade {

struct ColumnShape {
    std::string name;
    // Quoted and qualified, without a modifier: a cast to it neither rounds nor cuts off.
    std::string type_sql;
    std::string type_name;  // format_type(): "numeric(10,2)"
    std::string base;  // name of the type in pg_type, below a domain: "numeric", "jsonb", "int8"
    std::int32_t modifier = -1;  // atttypmod, or the domain's
    bool nullable = true;
    bool identity_always = false;
    bool generated = false;
    bool domain = false;
    bool enumeration = false;
    bool deterministic = true;  // its collation
};

// A foreign key, from the side that refers or from the side referred to.
struct ForeignKeyShape {
    std::string constraint;
    std::string schema;  // the referring table
    std::string table;
    std::string referred_schema;
    std::string referred_table;
    std::vector<std::pair<std::string, std::string>> columns;  // (referring, referred)
    bool deferrable = false;
};

struct TableShape {
    std::string schema;
    std::string table;
    std::vector<ColumnShape> columns;
    std::vector<ForeignKeyShape> referrers;   // foreign keys towards this table, of itself too
    std::vector<ForeignKeyShape> references;  // foreign keys of this table
    const ColumnShape* find(std::string_view column) const;
};

// What runs before a row of a table is written, and can change it or keep it out without an error:
// a rule, a BEFORE trigger of rows, a policy that holds for this role.
struct RowHook {
    enum class Kind : std::uint8_t { rule, trigger, policy };
    Kind kind = Kind::trigger;
    std::string name;
    std::string function;  // of a trigger: "schema.name"
    bool inserts = false, updates = false, deletes = false;
    std::string events() const;       // "INSERT, UPDATE"
    bool drops = true;                // false: a function in PL/pgSQL that nowhere says RETURN NULL
    std::set<std::string> sets = {};  // columns that the text of a function in PL/pgSQL assigns
};
// "trigger NAME", for messages.
std::string to_string(const RowHook& hook);
// Those that are in force in this session, of the table and its partitions, each name once.
std::vector<RowHook> read_row_hooks(Connection& connection, std::string_view schema,
                                    std::string_view table);

// Throws Failure(configuration) if a table of the specs has a rule, by which a statement of the
// bridge could do something else than it says.
void refuse_rules(Connection& connection, const std::vector<TargetSpec>& specs);
// What such a rule does, and the statement that takes it off.
Error rule_error(std::string_view schema, std::string_view table, const RowHook& rule);

// Throws Failure: configuration if there is no such table.
TableShape read_shape(Connection& connection, std::string_view schema, std::string_view table);

// Whether a write of the column asks first if somebody else changed it (owner until_changed).
bool is_guarded(const TargetColumn& column);

// What of `spec` the table cannot take: columns that are missing, generated, or not jsonb where
// keys are owned; an id that is not a uuid. And what could not be guarded: `until_changed` compares
// the digest of a value's own text with that of the stored text, so it asks for a type that gives
// every value back as it was written.
void check_shape(const TargetSpec& spec, const TableShape& shape, Findings& findings);

}  // namespace crossfade
