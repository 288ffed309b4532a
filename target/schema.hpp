// Schema `crossfade` on the target: what the bridge keeps there. A numbered list of statements
// makes it; the number of the last one that was applied is its format, kept in crossfade.format and
// read before anything else of the schema is.
//
// A change of the schema is a further statement at the end of the list; those before it are never
// changed. Statements 1 to 3 made what was there before the format had a number.
#pragma once

#include "postgres/connection.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace crossfade {

struct SchemaStatement {
    const char* makes;  // "table crossfade.progress"
    const char* sql;
};
std::span<const SchemaStatement> schema_statements();  // the n-th leads to format n
int schema_format_known();                             // how many there are

// All throw Failure as Connection does.

// The format on the target: 0 if its tables are older than its number; nullopt if there is no
// schema, or none of its tables.
std::optional<int> schema_format(Connection& connection);

// Throws Failure(trust) if the format is higher than this program knows; with `exact` also if it is
// lower. No schema is always well.
enum class SchemaAge { exact, exact_or_older };
void require_schema_format(Connection& connection, SchemaAge age = SchemaAge::exact);

// Whether the table is there, after require_schema_format.
bool schema_has(Connection& connection, const std::string& table, SchemaAge age = SchemaAge::exact);

// Applies the statements that the target lacks, all or none, one bridge at a time. Asks for no
// right where there is nothing to do. Throws Failure(configuration) with the GRANT that is missing,
// or as require_schema_format. The connection must be in no transaction.
void ensure_schema(Connection& connection);
// The same, where there is a schema: a target that lost it is not given an empty one.
void upgrade_schema(Connection& connection);

// What ensure_schema would make, "schema crossfade" and what the statements say; for `check`.
std::vector<std::string> schema_to_make(Connection& connection);

// Removes the tables once they hold nothing of any bridge, and the schema if the role may create it
// again.
void drop_schema_if_empty(Connection& connection);

}  // namespace crossfade
