// Order-preserving encoding of a tuple of values: the one form in which keys of rows and of roots
// are stored, compared and passed around.
#pragma once

#include "model/value.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

// Encoded key. Bytewise order equals the order of the tuples (compare_values, column by column); no
// encoding of a tuple is a prefix of another one's of the same arity, so keys can be concatenated
// and still be told apart.
//   null 0xFE | false 0x01 | true 0x02 | integer and decimal 0x10.. | real 0x14 | text 0x20,
//   NUL-escaped, 00 01 uuid 0x30 | date 0x40 | timestamp 0x41 | time 0x42 | json, bytes like text
//   0x50 0x51 | secret 0x60
// An integer and a decimal of equal value encode alike.
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

// "220317084803617483", "1/null/7": parts joined by '/', for people and for the command line.
std::string display_key(std::string_view bytes);

}  // namespace crossfade
