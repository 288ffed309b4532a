// The values that travel: columns of source rows, results of expressions, columns of target rows.
#pragma once

#include "model/decimal.hpp"
#include "model/uuid.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

namespace crossfade {

struct Null {
    friend bool operator==(Null, Null) { return true; }
};

// The column was not sent: an unchanged TOAST value. Not null; the image supplies it.
struct Absent {
    friend bool operator==(Absent, Absent) { return true; }
};

// Days since 1970-01-01 (proleptic Gregorian); the two extremes of int32 are -infinity and
// infinity.
struct Date {
    std::int32_t days = 0;
    friend auto operator<=>(Date, Date) = default;
};

// Microseconds since 1970-01-01T00:00:00 (UTC for timestamptz, wall clock for timestamp);
// the extremes are -infinity and infinity.
struct Timestamp {
    static constexpr std::int64_t kInfinity = std::numeric_limits<std::int64_t>::max();
    static constexpr std::int64_t kMinusInfinity = std::numeric_limits<std::int64_t>::min();
    std::int64_t micros = 0;
    friend auto operator<=>(Timestamp, Timestamp) = default;
};

// Microseconds since midnight (24:00:00 is allowed).
struct TimeOfDay {
    std::int64_t micros = 0;
    friend auto operator<=>(TimeOfDay, TimeOfDay) = default;
};

// JSON in the exact form PostgreSQL prints a jsonb: keys sorted by length then bytes, ", " and ": "
// as separators. Build it with model/json.hpp only, so that equal documents are equal bytes. What
// was read from a column of type json keeps its text instead, as PostgreSQL keeps it, also inside
// of a document that is built around it.
struct Json {
    std::string text;
    friend auto operator<=>(const Json&, const Json&) = default;
};

struct Bytes {
    std::string data;
    friend auto operator<=>(const Bytes&, const Bytes&) = default;
};

// What remains of a secret column once the decoder has seen it: a keyed fingerprint, and what kind
// of value it was.
enum class SecretKind : std::uint8_t { empty, bcrypt, other };
struct Secret {
    std::array<std::uint8_t, 32> hmac{};
    SecretKind kind = SecretKind::other;
    friend auto operator<=>(const Secret&, const Secret&) = default;
};

using Value = std::variant<Null, Absent, bool, std::int64_t, double, Decimal, std::string, Uuid,
                           Date, Timestamp, TimeOfDay, Json, Bytes, Secret>;

inline bool is_null(const Value& value) { return std::holds_alternative<Null>(value); }
inline bool is_absent(const Value& value) { return std::holds_alternative<Absent>(value); }

// The columns of one source row in the order of its Relation's mapped columns.
using Row = std::vector<Value>;

enum class Type : std::uint8_t {
    any,
    boolean,
    integer,
    real,
    decimal,
    text,
    uuid,
    date,
    timestamp,
    timestamptz,
    time,
    json,
    bytes,
    secret
};
std::string_view to_string(Type type);

// Value order used by ORDER BY of aggregates and by comparisons of expressions: PostgreSQL's, text
// bytewise (C collation), integers and decimals by value, null greatest. Values of unlike kinds
// order by kind.
int compare_values(const Value& a, const Value& b);

// For messages to an operator's own terminal and for json: never for logs.
std::string to_display(const Value& value);

}  // namespace crossfade
