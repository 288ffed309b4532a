// Equality of PostgreSQL's types: one canonical value for all that a type holds equal, so that keys
// can be compared as bytes.
//
//   char(n)        the blanks at its end mean nothing           'ab ' = 'ab'
//   citext         lower() of the database                      'Ä' = 'ä'
//   interval       a month is 30 days, a day 24 hours           '1 mon' = '720:00:00'
//   jsonb          the document, its numbers by value           {"a": 1.0} = {"a": 1}
//   T[]            the same for each element
//   numbers, time stamps, uuid, inet ...   by value, however the text writes it
#pragma once

#include "model/case_folding.hpp"
#include "model/value.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace crossfade {

enum class KeyKind : std::uint8_t {
    text,  // and all others whose equal values have one text: bytewise
    blanks,
    folded,
    boolean,
    integer,
    number,
    single,  // float4
    real,
    uuid,
    date,
    timestamp,
    timestamptz,
    time,
    interval,
    bytes,
    bits,
    address,   // inet, cidr
    hardware,  // macaddr
    document   // jsonb
};

// By the name in pg_type, below a domain; nothing: a type that has no equality, or one we do not
// know (json, xml, ranges, composites, geometric types, types of extensions but citext).
std::optional<KeyKind> key_kind(std::string_view type);

// The value of a text that goes into a column of the kind, as the server reads it. Nothing if the
// text is none, or one that only the server can read ('yesterday').
std::optional<Value> typed_text(KeyKind kind, std::string_view text);

struct KeyForm {
    KeyKind kind = KeyKind::text;
    bool array = false;
    std::shared_ptr<const CaseFolding> folding = {};  // of kind folded; without one nothing folds

    // Equal values become one. NULL, and what the type could not hold, stay as they are.
    Value of(const Value& value) const;
    // Whether two values of a column of the type can be equal and yet differ as our values do.
    bool changes() const;
    std::string name() const;  // "citext", "numeric[]"
};

}  // namespace crossfade
