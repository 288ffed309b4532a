// The text format of COPY: columns separated by tabs, \N for null, backslash escapes (PostgreSQL
// documentation, COPY).
#pragma once

#include "model/error.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace crossfade {

// Splits one line (with or without its '\n') and unescapes each field. `field` gets the column,
// from 0, and the text, or nothing for null; the view dies with the call. Returns the number of
// columns. `buffer` is the caller's, so that a loop allocates nothing.
std::size_t split_copy_line(
    std::string_view line, std::string& buffer,
    const std::function<void(std::size_t, std::optional<std::string_view>)>& field);

void append_copy_field(std::string& out, std::string_view text);  // escaped, without a separator
void append_copy_null(std::string& out);

}  // namespace crossfade
