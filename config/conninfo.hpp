// What must be known of a libpq connection string before libpq is asked (the grammar is in libpq's
// documentation, 34.1.1): whether it holds a password, and whether it can be one at all.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossfade {

// The parameters of `host=db dbname='my db'` or of `postgresql://user@host/db?sslmode=require`, in
// order; a URI's password is a parameter `password`. Nothing if it is neither.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_conninfo(
    std::string_view text);

bool is_plausible_conninfo(const std::string& text);  // parses, and is not empty
bool holds_password(std::string_view conninfo);

}  // namespace crossfade
