// Values from and to PostgreSQL's text form, as sessions with the settings of Connection print and
// read it (datetime: ISO in UTC; bytea: hex; floats: shortest exact). One parser serves COPY, the
// stream and queries.
#pragma once

#include "model/error.hpp"
#include "model/relation.hpp"
#include "model/value.hpp"

#include <string>
#include <string_view>

namespace crossfade {

// Type::any and text give the text itself. timestamp and timestamptz both give Timestamp: wall
// clock, and UTC. Type::json comes in jsonb's form; a json that jsonb could not hold (\u0000,
// half a surrogate pair) keeps its text, so that it travels and the target refuses it there.
// Type::secret is an error: fingerprint it instead (model/fingerprint.hpp). Errors are bad_value
// without the text: it may be private.
Result<Value> parse_value(Type type, std::string_view text);
// The same for a column that the mapping reads: char(n) loses the blanks at its end, which
// PostgreSQL neither compares nor casts, and json keeps its text.
Result<Value> parse_value(const MappedColumn& column, std::string_view text);

// The text to send as a parameter, for whatever type the target column has. Not for null, Absent
// and Secret, which have none: these throw Failure(internal).
std::string format_value(const Value& value);

// Hex without the leading \x, as wal2json writes a bytea.
Result<Value> parse_bytes_hex(std::string_view digits);

// Our Type for a base type by its pg_type.typname in schema pg_catalog ("int8", "timestamptz"); any
// if we know none.
Type type_of(std::string_view type_name);

}  // namespace crossfade
