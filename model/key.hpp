// Order-preserving encoding of a tuple of values: the one form in which keys of rows and of roots
// are stored, compared and passed around.
#pragma once

#include "model/value.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

// Encoded key. Bytewise order equals the order of the tuples (compare_values, column by column); no
// encoding of a tuple is a prefix of another one's of the same arity, so keys can be concatenated
// and still be told apart.
//
//   tag         type                  what follows
//   0x01, 0x02  false, true           nothing
//   0x10..0x13  integer and decimal   key.cpp says how; equal values encode alike
//   0x14        real                  8 bytes
//   0x20        text                  the bytes, each NUL as 00 FF, closed by 00 01
//   0x30        uuid                  16 bytes
//   0x40        date                  4 bytes
//   0x41, 0x42  timestamp, time       8 bytes
//   0x50, 0x51  json, bytes           as text
//   0x60        secret                32 bytes of HMAC, the kind
//   0xFE        null                  nothing; it sorts last
using KeyBytes = std::string;

void append_key(KeyBytes& out, const Value& value);
KeyBytes encode_key(std::span<const Value> values);
inline KeyBytes encode_key(const Value& value) { return encode_key(std::span{&value, 1}); }

// Descending part of an order key: bytes of append_key, complemented.
void append_key_descending(KeyBytes& out, const Value& value);

// Throws Failure(internal) on bytes that encode_key did not make.
std::vector<Value> decode_key(std::string_view bytes);
// Takes one value off the front.
Value take_key_value(std::string_view& bytes);

// A key as people read and write it: "220317084803617483", "1/%00/7". Its parts (to_display) are
// joined by '/'; inside a part '%', control characters and, if there are several parts, '/' are
// percent-encoded (RFC 3986, 2.1), so is a '?' at the start of the text; NULL is %00, which no text
// of PostgreSQL holds. Two keys whose parts have the same types never read alike.
std::string display_key(std::string_view bytes);

// One part of such a text, decoded: NULL for %00, else a text. Nothing if a '%' has not two hex
// digits behind it.
std::optional<Value> read_key_part(std::string_view text);

}  // namespace crossfade
