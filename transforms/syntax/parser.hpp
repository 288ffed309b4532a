// Expressions whose characters do not all stand beside each other in one line of a file. The entry
// for plain text is parse_expression in transforms/expression.hpp.
#pragma once

#include "transforms/expression.hpp"
#include "transforms/syntax/source_text.hpp"

#include <string>

namespace crossfade {

// Bounds of one expression. Beyond them it is refused, so that no walk over a tree can exhaust the
// stack.
inline constexpr int kExpressionDepthMax = 100;
inline constexpr int kExpressionTermsMax = 2000;

ExprPtr parse_expression(const SourceText& source, const std::string& path, Findings& findings);
OrderTerm parse_order_term(const SourceText& source, const std::string& path, Findings& findings);

}  // namespace crossfade
