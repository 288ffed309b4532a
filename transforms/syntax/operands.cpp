#include "transforms/syntax/grammar.hpp"

#include <algorithm>

namespace crossfade {

ExprPtr Parser::parse_primary() {
    ExprPtr expr = parse_first();
    while (expr && peek().is(".")) {
        take();
        const Token name = peek();
        if (name.kind != Token::Kind::name) {
            return fail(name, "a name is expected after '.', not " + describe(name));
        }
        take();
        auto field = node(Expr::Kind::field, name, name.text);
        if (!field) return nullptr;
        field->args = {std::move(expr)};
        expr = std::move(field);
    }
    return expr;
}

ExprPtr Parser::parse_first() {
    const Token token = peek();
    if (token.kind == Token::Kind::number || token.kind == Token::Kind::text) {
        take();
        return literal(token, token.value);
    }
    if (token.kind == Token::Kind::name) return parse_word();
    if (token.is("(")) return parse_parenthesis();
    if (token.is("{")) return parse_object();
    if (token.is("[")) return parse_list();
    return fail(token, token.kind == Token::Kind::end
                           ? std::string{"the expression ends too early"}
                           : "an expression is expected, not " + describe(token));
}

ExprPtr Parser::literal(const Token& token, Value value) {
    auto expr = node(Expr::Kind::literal, token, "");
    if (expr) expr->value = std::move(value);
    return expr;
}

ExprPtr Parser::parse_word() {
    const Token token = take();
    if (token.is_word("null")) return literal(token, Null{});
    if (token.is_word("true")) return literal(token, true);
    if (token.is_word("false")) return literal(token, false);
    if (!token.quoted && is_keyword(token.text)) {
        return fail(token, "an expression is expected, not '" + token.text + "'");
    }
    if (peek().is("(")) return parse_call(token);
    if (peek().is("[")) return parse_lookup(token);
    return node(Expr::Kind::name, token, token.text);
}

ExprPtr Parser::parse_parenthesis() {
    take();
    ExprPtr inner = parse_or();
    if (!inner) return nullptr;
    if (!take_if(")")) return fail(peek(), "')' is expected, not " + describe(peek()));
    return inner;
}

ExprPtr Parser::parse_lookup(const Token& name) {
    auto expr = node(Expr::Kind::lookup, name, name.text);
    if (!expr) return nullptr;
    take();
    do {
        ExprPtr part = parse_or();
        if (!part) return nullptr;
        expr->args.push_back(std::move(part));
    } while (take_if(","));
    if (!take_if("]")) return fail(peek(), "']' is expected, not " + describe(peek()));
    return expr;
}

ExprPtr Parser::parse_list() {
    const Token open = take();
    auto expr = node(Expr::Kind::list, open, "");
    if (!expr) return nullptr;
    if (take_if("]")) return expr;
    do {
        ExprPtr item = parse_or();
        if (!item) return nullptr;
        expr->args.push_back(std::move(item));
    } while (take_if(","));
    if (!take_if("]")) return fail(peek(), "']' is expected, not " + describe(peek()));
    return expr;
}

ExprPtr Parser::parse_object() {
    const Token open = take();
    auto expr = node(Expr::Kind::object, open, "");
    if (!expr) return nullptr;
    if (take_if("}")) return expr;
    do {
        const Token name = take();
        if (name.kind != Token::Kind::name && name.kind != Token::Kind::text) {
            return fail(name, "the name of a member is expected, not " + describe(name));
        }
        if (std::find(expr->names.begin(), expr->names.end(), name.text) != expr->names.end()) {
            return fail(name, "member '" + name.text + "' stands here twice");
        }
        if (!take_if(":")) return fail(peek(), "':' is expected after '" + name.text + "'");
        ExprPtr value = parse_or();
        if (!value) return nullptr;
        expr->names.push_back(name.text);
        expr->args.push_back(std::move(value));
    } while (take_if(","));
    if (!take_if("}")) return fail(peek(), "'}' is expected, not " + describe(peek()));
    return expr;
}

ExprPtr Parser::parse_call(const Token& name) {
    if (name.quoted) return fail(name, "the name of a function takes no quotes");
    auto expr = node(Expr::Kind::call, name, name.text);
    if (!expr) return nullptr;
    take();
    if (take_if(")")) return expr;
    do {
        if (!parse_argument(*expr)) return nullptr;
    } while (take_if(","));
    if (!take_if(")")) return fail(peek(), "')' is expected, not " + describe(peek()));
    return expr;
}

bool Parser::parse_argument(Expr& call) {
    if (at_filter()) {
        const Token word = take();
        if (call.filter) return fail(word, "a second 'if' of " + call.text) != nullptr;
        call.filter = parse_or();
        return call.filter != nullptr;
    }
    const bool begins_order = at_order();
    if (begins_order) {
        const Token word = take();
        if (!call.order.empty()) return fail(word, "a second 'order' of " + call.text) != nullptr;
    }
    if (begins_order || !call.order.empty()) {
        std::optional<OrderTerm> term = parse_order_term_tokens();
        if (term) call.order.push_back(std::move(*term));
        return term.has_value();
    }
    if (call.filter) {
        return fail(peek(), "after 'if' of " + call.text + " only 'order' can follow") != nullptr;
    }
    ExprPtr argument = parse_or();
    if (argument) call.args.push_back(argument);
    return argument != nullptr;
}

std::optional<OrderTerm> Parser::parse_order_term_tokens() {
    OrderTerm term{parse_or(), false};
    if (!term.expr) return std::nullopt;
    if (take_word("desc")) {
        term.descending = true;
    } else {
        take_word("asc");
    }
    return term;
}

bool Parser::at_filter() const {
    if (!peek().is_word("if")) return false;
    if (!peek(1).is("(")) return !continues_operand(peek(1));
    int depth = 0;
    for (std::size_t i = at_ + 1; i < tokens_.size(); ++i) {
        const Token& token = tokens_[i];
        if (token.is("(") || token.is("[") || token.is("{")) ++depth;
        if (token.is(")") || token.is("]") || token.is("}")) --depth;
        if (depth == 0) return true;
        if (depth == 1 && token.is(",")) return false;
    }
    return false;
}

bool Parser::continues_operand(const Token& next) {
    if (next.kind == Token::Kind::end) return true;
    if (next.kind == Token::Kind::symbol) {
        return !next.is("(") && !next.is("{") && !next.is("-");
    }
    return next.is_word("and") || next.is_word("or") || next.is_word("is") || next.is_word("in");
}

}  // namespace crossfade
