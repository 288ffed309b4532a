// The text that `column::text` yields once a value has been stored: the one form in which what was
// written and what stands there are compared and digested. Sessions have the settings every
// Connection makes (ISO, UTC, extra_float_digits 3, hex).
//
//   type               what stands there
//   numeric(p,s)       rounded to s digits
//   real numbers       by their bits, float4 in single precision
//   timestamp(p)       rounded to p digits
//   character(n)       without trailing blanks
//   varchar(n)         without the trailing blanks that are too many
//   jsonb              the document, however it was written
//   json               its text, as everything that is not named here
//   owned jsonb keys   the object of just these
//   NULL               no text at all; '' is the empty text
#pragma once

#include "target/shape.hpp"

#include <optional>
#include <string>
#include <vector>

namespace crossfade {

// nullopt: NULL. Throws Failure(internal) on Absent and Secret, which are never written.
std::optional<std::string> canonical_text(const Value& value, const ColumnShape& column);

// Guard::digest of a value as it stands on the target: hex SHA-256 of the canonical text (of a real
// number, of its bits), "null" for NULL.
std::string column_digest(const Value& value, const ColumnShape& column);
// The same in SQL, over the column of the row `alias`.
std::string column_digest_sql(std::string_view alias, const TargetColumn& column,
                              const ColumnShape& shape);

// RowDelete::last_written as a digest: over the columns that are the bridge's to compare (owner
// bridge or until_changed; of a jsonb the owned keys), in the order of the spec. `values` as
// RowWrite::values.
std::string row_digest(const TargetSpec& spec, const TableShape& shape,
                       const std::vector<Value>& values);
std::string row_digest_sql(std::string_view alias, const TargetSpec& spec, const TableShape& shape);

// The column's text as it is compared, in SQL: of a jsonb with owned keys the object of just these.
std::string column_text_sql(std::string_view alias, const TargetColumn& column);

// ---- reading rows back, for verification ------------------------------------------------------

// SELECT of id and one text per column of the spec (NULL stays NULL), for the ids in $1 (uuid[]),
// ordered by id.
std::string select_rows_sql(const TargetSpec& spec);
// The same for all rows whose id is > $1 (uuid; NULL: for all), at most $2 (bigint) of them,
// ordered by id.
std::string scan_rows_sql(const TargetSpec& spec);

// Columns in which `stored` (as select_rows_sql gives it, without the id) is not what `expected`
// would have made of it: owner bridge and until_changed must be equal, at_least must not be less;
// target and trigger are never compared.
std::vector<std::uint32_t> differing_columns(const TargetSpec& spec, const TableShape& shape,
                                             const std::vector<Value>& expected,
                                             const std::vector<std::optional<std::string>>& stored);

}  // namespace crossfade
