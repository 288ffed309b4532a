// Compact, self-describing binary form of values: images, spill files, hashes. Not order-preserving
// (model/key.hpp is).
#pragma once

#include "model/value.hpp"

#include <array>
#include <string>
#include <string_view>

namespace crossfade {

void append_varint(std::string& out, std::uint64_t value);
std::uint64_t take_varint(std::string_view& in);  // throws Failure(internal) when cut short

void append_text(std::string& out, std::string_view text);  // varint length, bytes
std::string take_text(std::string_view& in);

// tag byte, payload; integers as zig-zag varints.
void append_value(std::string& out, const Value& value);
// What stands before the bytes of a text of this size, as append_value() has it.
void append_head_of_text(std::string& out, std::size_t size);
Value take_value(std::string_view& in);

std::string to_hex(std::string_view bytes);  // two small digits a byte
int hex_digit(char c);                       // 0 to 15, of small and large digits; else -1

std::string encode_row(const Row& row);
Row decode_row(std::string_view bytes);

}  // namespace crossfade
