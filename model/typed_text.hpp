// Internal to model/: the parts of typed_text (model/key_form.hpp). Each gives nothing for a text
// that the server would refuse, or that only the server can read.
#pragma once

#include "model/value.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace crossfade {

std::string_view without_blanks(std::string_view text);  // none at either end
std::string small_ascii(std::string_view text);
bool is_digit(char c);

std::optional<Value> read_integer(std::string_view text);
// typed_moment.cpp: the ISO forms
std::optional<Value> read_date(std::string_view text);
std::optional<Value> read_timestamp(std::string_view text, bool with_zone);
std::optional<Value> read_time(std::string_view text);
// The text "-720:00:00.5": all of an interval in hours, a month being 30 days.
std::optional<Value> read_interval(std::string_view text);

}  // namespace crossfade
