// Quoting for statements and connection strings. Pure: PQescapeIdentifier wants a connection, these
// assume what Connection pins (UTF8, standard_conforming_strings = on).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace crossfade {

std::string quote_identifier(std::string_view name);                      // "na""me", always quoted
std::string quote_table(std::string_view schema, std::string_view name);  // "schema"."name"
std::string quote_literal(std::string_view text);  // 'te''xt'; with a backslash E'..\\..'
std::string quote_identifiers(std::span<const std::string> names);  // "a", "b"
std::string quote_conninfo(std::string_view value);                 // 'va\'lue'

}  // namespace crossfade
