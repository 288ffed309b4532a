// The lines of the control socket: one JSON object each. Its members are read as texts; what is
// nested stays JSON and is read again by whoever knows what it is.
#pragma once

#include "model/error.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

// Member -> its string without quotes and escapes, or the JSON text of any other value (numbers,
// true, null, objects).
using JsonMembers = std::map<std::string, std::string, std::less<>>;

// bad_value if the text is no JSON object.
Result<JsonMembers> parse_members(std::string_view json);

// The elements of an array, likewise. bad_value if the text is no JSON array.
Result<std::vector<std::string>> parse_elements(std::string_view json);

}  // namespace crossfade
