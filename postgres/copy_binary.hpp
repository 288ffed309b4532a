// The binary format of COPY and of parameters: the encoders that a load writes rows with. Format:
// PostgreSQL documentation, COPY, "Binary Format", and the types' recv functions (numeric.c,
// timestamp.c, jsonb.c).
#pragma once

#include "model/error.hpp"
#include "model/value.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace crossfade {

// How a column of the target wants its bytes. `other`: no encoder here, use text.
enum class WireType : std::uint8_t {
    int2,
    int4,
    int8,
    float4,
    float8,
    numeric,
    text,
    boolean,
    uuid,
    date,
    timestamp,
    time,
    json,
    jsonb,
    bytea,
    other
};

// By pg_type.typname of the base type; enums and citext are `text`, timestamptz is `timestamp`.
WireType wire_type_of(std::string_view type_name);

inline constexpr std::string_view kCopyBinaryHeader{"PGCOPY\n\xFF\r\n\0\0\0\0\0\0\0\0\0", 19};
inline constexpr std::string_view kCopyBinaryTrailer{"\xFF\xFF", 2};

void append_tuple_header(std::string& out, std::size_t fields);

// Length word and bytes of one field; null (length -1) for Null. Conversions are those of an
// assignment that loses nothing: an integer into int2 if it fits, 6.0 into an integer, anything
// into text, a text into any type it parses as. Else bad_value, and `out` is as it was. Absent and
// Secret throw Failure(internal).
Result<void> append_binary_field(std::string& out, const Value& value, WireType type);

}  // namespace crossfade
