// The small values of a mapping file: names, choices, numbers, expressions. Each function records a
// finding and returns nothing (nullopt, nullptr, an empty list) when the value is of the wrong
// kind.
#pragma once

#include "transforms/expression.hpp"
#include "transforms/reader/document.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossfade {

// A single-line scalar that is not empty.
std::optional<std::string> read_text(Document& document, const Entry& entry, std::string_view what);
// A scalar or a list of scalars; never empty if there was no finding.
std::vector<std::string> read_texts(Document& document, const Entry& entry, std::string_view what);
std::optional<bool> read_bool(Document& document, const Entry& entry);
std::optional<std::int64_t> read_integer(Document& document, const Entry& entry, std::int64_t least,
                                         std::int64_t most);
// The index of the word among `choices`.
std::optional<std::size_t> read_choice(Document& document, const Entry& entry,
                                       const std::vector<std::string>& choices);

// Whether `name` may name an alias, let, lookup, set, slot or parameter; else a finding.
bool check_name(Document& document, const Location& where, const std::string& path,
                const std::string& name);
// "bad_date": lower case letters, digits and '_'.
bool check_flag(Document& document, const Location& where, const std::string& path,
                const std::string& name);

// How the text of an expression is changed before it is parsed: "{n}" of slots.
using Rewrite = std::function<SourceText(SourceText)>;

// A scalar is an expression; a map is an object of expressions, a list a list of them.
ExprPtr read_expression(Document& document, const Entry& entry, const Rewrite& rewrite = {});
// One expression, or a list of them.
std::vector<ExprPtr> read_expressions(Document& document, const Entry& entry);
std::vector<OrderTerm> read_order(Document& document, const Entry& entry);
// name: expression, in the file's order.
std::vector<std::pair<std::string, ExprPtr>> read_named(Document& document, const Entry& entry,
                                                        std::string_view what);

}  // namespace crossfade
