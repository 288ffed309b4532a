#include "transforms/expression.hpp"
#include "transforms/syntax/lexer.hpp"

namespace crossfade {
namespace {

// The grammar's levels; an operand of a lower level than its place is put in parentheses.
enum Level {
    level_or,
    level_and,
    level_not,
    level_comparison,
    level_join,
    level_sum,
    level_product,
    level_minus,
    level_primary
};

std::string quote(const std::string& text, char mark) {
    std::string out{mark};
    for (const char c : text) {
        if (c == mark) out += mark;
        out += c;
    }
    return out + mark;
}

std::string name_text(const std::string& name) {
    return is_identifier(name) && !is_keyword(name) ? name : quote(name, '"');
}

std::string literal_text(const Value& value) {
    if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
    if (const auto* decimal = std::get_if<Decimal>(&value)) return decimal->format();
    if (const auto* text = std::get_if<std::string>(&value)) return quote(*text, '\'');
    return "null";
}

Level level_of(const Expr& expr) {
    if (expr.kind == Expr::Kind::in_list) return level_comparison;
    if (expr.kind == Expr::Kind::unary) {
        if (expr.text == "not") return level_not;
        return expr.text == "-" ? level_minus : level_comparison;
    }
    if (expr.kind != Expr::Kind::binary) return level_primary;
    if (expr.text == "or") return level_or;
    if (expr.text == "and") return level_and;
    if (expr.text == "||") return level_join;
    if (expr.text == "+" || expr.text == "-") return level_sum;
    if (expr.text == "*" || expr.text == "/") return level_product;
    return level_comparison;
}

std::string at_level(const Expr& expr, Level least) {
    std::string text = to_text(expr);
    return level_of(expr) < least ? "(" + text + ")" : text;
}

Level above(Level level) { return static_cast<Level>(static_cast<int>(level) + 1); }

std::string joined(const std::vector<ExprPtr>& args, std::size_t begin = 0) {
    std::string out;
    for (std::size_t i = begin; i < args.size(); ++i) {
        if (i > begin) out += ", ";
        out += to_text(*args[i]);
    }
    return out;
}

std::string call_text(const Expr& expr) {
    std::string out = expr.text + "(" + joined(expr.args);
    const auto separate = [&out] {
        if (out.back() != '(') out += ", ";
    };
    if (expr.filter) {
        separate();
        out += "if " + to_text(*expr.filter);
    }
    for (std::size_t i = 0; i < expr.order.size(); ++i) {
        separate();
        if (i == 0) out += "order ";
        out += to_text(*expr.order[i].expr);
        if (expr.order[i].descending) out += " desc";
    }
    return out + ")";
}

std::string object_text(const Expr& expr) {
    std::string out = "{";
    for (std::size_t i = 0; i < expr.args.size(); ++i) {
        if (i > 0) out += ", ";
        const std::string& name = expr.names[i];
        out += (is_identifier(name) ? name : quote(name, '\'')) + ": " + to_text(*expr.args[i]);
    }
    return out + "}";
}

std::string unary_text(const Expr& expr) {
    const Expr& operand = *expr.args[0];
    if (expr.text == "not") return "not " + at_level(operand, level_not);
    if (expr.text == "-") return "-" + at_level(operand, level_minus);
    return at_level(operand, level_join) + " " + expr.text;
}

std::string binary_text(const Expr& expr) {
    const Level level = level_of(expr);
    // Operators of one level group to the left; comparisons do not chain at all.
    const Level left = level == level_comparison ? above(level) : level;
    return at_level(*expr.args[0], left) + " " + expr.text + " " +
           at_level(*expr.args[1], above(level));
}

}  // namespace

std::string to_text(const Expr& expr) {
    switch (expr.kind) {
        case Expr::Kind::literal: return literal_text(expr.value);
        case Expr::Kind::name: return name_text(expr.text);
        case Expr::Kind::field:
            return at_level(*expr.args[0], level_primary) + "." + name_text(expr.text);
        case Expr::Kind::lookup: return name_text(expr.text) + "[" + joined(expr.args) + "]";
        case Expr::Kind::call: return call_text(expr);
        case Expr::Kind::unary: return unary_text(expr);
        case Expr::Kind::binary: return binary_text(expr);
        case Expr::Kind::in_list:
            return at_level(*expr.args[0], level_join) + " " + expr.text + " (" +
                   joined(expr.args, 1) + ")";
        case Expr::Kind::object: return object_text(expr);
        case Expr::Kind::list: return "[" + joined(expr.args) + "]";
    }
    return {};
}

}  // namespace crossfade
