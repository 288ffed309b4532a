// The functions of each file of this folder, gathered by registry.cpp; and what their bodies share.
#pragma once

#include "transforms/functions/registry.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace crossfade::functions {

std::span<const Function> text_functions();
std::span<const Function> pattern_functions();
std::span<const Function> number_functions();
std::span<const Function> date_functions();
std::span<const Function> zone_functions();
std::span<const Function> choice_functions();
std::span<const Function> uuid_functions();
std::span<const Function> secret_functions();

// An error of data: "bad_value: " and what is wrong, never the value itself.
Error bad_value(std::string message);

// Without blanks (space, tab, LF, VT, FF, CR, U+00A0) at either end.
std::string_view trim(std::string_view text);

// The argument as text, or nullptr.
inline const std::string* text_in(std::span<const Value> args, std::size_t position) {
    return position < args.size() ? std::get_if<std::string>(&args[position]) : nullptr;
}
inline const std::int64_t* integer_in(std::span<const Value> args, std::size_t position) {
    return position < args.size() ? std::get_if<std::int64_t>(&args[position]) : nullptr;
}
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
std::vector<std::string> zone_names();  // of the machine's zone table
// Whether one of the arguments is NULL.
bool any_null(std::span<const Value> args);

}  // namespace crossfade::functions
