// Building JSON text in the exact form PostgreSQL prints a jsonb, so that equality of documents is
// equality of bytes.
#pragma once

#include "model/value.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossfade {

// "text" with jsonb's escapes: \" \\ \b \f \n \r \t and \u00XX for other control characters; the
// rest raw UTF-8.
std::string json_quote(std::string_view text);

// A value as it stands inside a document: null, true, numbers bare, json as is, everything else a
// quoted string (timestamps ISO 8601 with offset +00:00, as to_display).
std::string json_scalar(const Value& value);

// Members sorted as jsonb sorts keys (by length, then bytes); a repeated key keeps the last.
// Members' values are json text.
Json json_object(std::vector<std::pair<std::string, std::string>> members);
Json json_array(const std::vector<std::string>& items);

// Any JSON text brought to this form (whitespace, key order, escapes, duplicate keys; numbers'
// digits kept, as jsonb keeps them). Error: bad_value with the offset. Own small recursive parser;
// depth at most 512.
Result<Json> canonical_json(std::string_view text);

}  // namespace crossfade
