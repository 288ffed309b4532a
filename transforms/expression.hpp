// The syntax tree of the mapping's expressions: what the parser gives and the compiler takes. Names
// are not yet resolved.
#pragma once

#include "model/finding.hpp"
#include "model/value.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;  // immutable; shared where a macro is used twice

struct OrderTerm {
    ExprPtr expr;
    bool descending = false;
};

// Grammar, lowest precedence first:
//
//   or
//   and
//   not
//   comparison   = <> != < <= > >=, is [not] null, [not] in (a, b)
//   ||
//   + -
//   * /
//   unary -
//   primary      12 | 1.5 | 'text' ('' is a quote) | true | false | null | (expr)
//                name | name.column | primary.column
//                name(args) | relation[e, e] | relation[e].column
//                {key: expr, 'key': expr} | [expr, expr]
//
//   args of an aggregate: set [, expr] [, if expr] [, order expr [asc|desc], ...]
//                e.g. first(j, num(point), if active = 1, order id desc)
struct Expr {
    enum class Kind {
        literal,  // value
        name,  // text: a column of the row in scope, an alias, a let, a macro's parameter, `value`,
               // `key`
        field,    // args[0].text : column of a row (alias, lookup), or part of `key`
        lookup,   // text[args...]: a row of relation `text` by key
        call,     // text(args...) with optional filter and order: function, macro or aggregate
        unary,    // text: "not" "-" "is null" "is not null"; args[0]
        binary,   // text: "or" "and" "=" "<>" "<" "<=" ">" ">=" "||" "+" "-" "*" "/"; args[0],
                  // args[1]   (!= becomes <>)
        in_list,  // args[0] in (args[1..]); text is "in" or "not in"
        object,   // {names[i]: args[i]}
        list      // [args...]
    };
    Kind kind = Kind::literal;
    Location where;
    std::string text;
    Value value = Null{};
    std::vector<ExprPtr> args;
    std::vector<std::string> names;
    ExprPtr filter;                // `if` of an aggregate
    std::vector<OrderTerm> order;  // `order` of an aggregate
};

// Parses one expression. `where` is the place of its first character; errors carry the exact
// column. On error appends findings and returns nullptr.
ExprPtr parse_expression(std::string_view text, const Location& where, const std::string& path,
                         Findings& findings);
// "active = 1", "created(s) desc": an expression with an optional direction.
OrderTerm parse_order_term(std::string_view text, const Location& where, const std::string& path,
                           Findings& findings);

std::string to_text(const Expr& expr);  // as `crossfade plan` prints it

}  // namespace crossfade
