#include "transforms/syntax/parser.hpp"

#include "transforms/syntax/grammar.hpp"

#include <algorithm>
#include <array>

namespace crossfade {

ExprPtr Parser::whole_expression() {
    if (peek().kind == Token::Kind::end) return fail(peek(), "an expression is expected");
    ExprPtr expr = parse_or();
    if (expr && peek().kind != Token::Kind::end) return fail_unexpected();
    return expr;
}

OrderTerm Parser::whole_order_term() {
    if (peek().kind == Token::Kind::end) {
        fail(peek(), "an expression is expected");
        return {};
    }
    std::optional<OrderTerm> term = parse_order_term_tokens();
    if (!term) return {};
    if (peek().kind != Token::Kind::end) {
        fail_unexpected();
        return {};
    }
    return std::move(*term);
}

ExprPtr Parser::fail(const Token& token, std::string message) {
    if (!failed_) findings_.push_back({source_.place(token.offset), path_, std::move(message)});
    failed_ = true;
    return nullptr;
}

std::string Parser::describe(const Token& token) {
    switch (token.kind) {
        case Token::Kind::end: return "the end";
        case Token::Kind::text: return "a text";
        case Token::Kind::number: return "the number " + token.text;
        default: return "'" + token.text + "'";
    }
}

ExprPtr Parser::fail_unexpected() {
    const Token& token = peek();
    std::string message = "unexpected " + describe(token);
    if (token.kind == Token::Kind::name) message += advice_for_word(token.text);
    if (token.is(",")) message += ": a list is written [a, b]";
    if (token.is(":")) message += ": a map is written {key: expression}";
    return fail(token, message);
}

std::string Parser::advice_for_word(const std::string& word) {
    std::string lower = word;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (lower == "like" || lower == "ilike") return ": use matches(text, pattern)";
    if (lower == "between") return ": use x >= a and x <= b";
    if (lower == "then" || lower == "case" || lower == "when") {
        return ": use if(condition, a, b) or choose(x, key, value, ..., default)";
    }
    static const std::vector<std::string> words{"or", "and", "not", "is", "in", "asc", "desc"};
    const std::string near = nearest(lower, words);
    return near.empty() ? std::string{} : ": did you mean '" + near + "'?";
}

std::shared_ptr<Expr> Parser::node(Expr::Kind kind, const Token& token, std::string text) {
    if (++terms_ > kExpressionTermsMax) {
        fail(token, "an expression of more than " + std::to_string(kExpressionTermsMax) +
                        " terms: give parts of it a name under let");
        return nullptr;
    }
    auto expr = std::make_shared<Expr>();
    expr->kind = kind;
    expr->where = source_.place(token.offset);
    expr->text = std::move(text);
    return expr;
}

ExprPtr Parser::binary(const Token& op, ExprPtr left, ExprPtr right) {
    if (!left || !right) return nullptr;
    auto expr = node(Expr::Kind::binary, op, op.text);
    if (!expr) return nullptr;
    expr->args = {std::move(left), std::move(right)};
    return expr;
}

ExprPtr Parser::unary(const Token& op, std::string text, ExprPtr operand) {
    if (!operand) return nullptr;
    auto expr = node(Expr::Kind::unary, op, std::move(text));
    if (!expr) return nullptr;
    expr->args = {std::move(operand)};
    return expr;
}

ExprPtr Parser::parse_or() {
    if (++depth_ > kExpressionDepthMax) {
        return fail(peek(), "an expression nested deeper than " +
                                std::to_string(kExpressionDepthMax) + " levels");
    }
    ExprPtr left = parse_and();
    while (left && peek().is_word("or")) {
        const Token op = take();
        left = binary(op, std::move(left), parse_and());
    }
    --depth_;
    return left;
}

ExprPtr Parser::parse_and() {
    ExprPtr left = parse_not();
    while (left && peek().is_word("and")) {
        const Token op = take();
        left = binary(op, std::move(left), parse_not());
    }
    return left;
}

ExprPtr Parser::parse_not() {
    std::vector<Token> operators;
    while (peek().is_word("not"))
        operators.push_back(take());
    ExprPtr operand = parse_comparison();
    for (auto op = operators.rbegin(); op != operators.rend() && operand; ++op) {
        operand = unary(*op, "not", std::move(operand));
    }
    return operand;
}

bool Parser::at_comparison() const {
    static constexpr std::array<std::string_view, 6> symbols{"=", "<>", "<", "<=", ">", ">="};
    return std::any_of(symbols.begin(), symbols.end(),
                       [this](std::string_view symbol) { return peek().is(symbol); });
}

ExprPtr Parser::parse_comparison() {
    ExprPtr left = parse_joined();
    if (!left) return nullptr;
    if (at_comparison()) {
        const Token op = take();
        ExprPtr right = parse_joined();
        if (right && at_comparison()) return fail(peek(), "comparisons do not chain: use and");
        return binary(op, std::move(left), std::move(right));
    }
    if (peek().is_word("is")) {
        const Token op = take();
        const bool negated = take_word("not");
        if (!take_word("null")) return fail(peek(), "after 'is' comes null or not null");
        return unary(op, negated ? "is not null" : "is null", std::move(left));
    }
    if (peek().is_word("in")) {
        const Token op = take();
        return parse_in(op, "in", std::move(left));
    }
    if (peek().is_word("not") && peek(1).is_word("in")) {
        const Token op = take();
        take();
        return parse_in(op, "not in", std::move(left));
    }
    return left;
}

ExprPtr Parser::parse_in(const Token& op, std::string text, ExprPtr left) {
    auto expr = node(Expr::Kind::in_list, op, std::move(text));
    if (!expr) return nullptr;
    expr->args.push_back(std::move(left));
    if (!take_if("(")) return fail(peek(), "after 'in' comes a list in parentheses: (a, b)");
    do {
        ExprPtr item = parse_or();
        if (!item) return nullptr;
        expr->args.push_back(std::move(item));
    } while (take_if(","));
    if (!take_if(")")) return fail(peek(), "')' is expected, not " + describe(peek()));
    return expr;
}

ExprPtr Parser::parse_joined() {
    ExprPtr left = parse_sum();
    while (left && peek().is("||")) {
        const Token op = take();
        left = binary(op, std::move(left), parse_sum());
    }
    return left;
}

ExprPtr Parser::parse_sum() {
    ExprPtr left = parse_product();
    while (left && (peek().is("+") || peek().is("-"))) {
        const Token op = take();
        left = binary(op, std::move(left), parse_product());
    }
    return left;
}

ExprPtr Parser::parse_product() {
    ExprPtr left = parse_minus();
    while (left && (peek().is("*") || peek().is("/"))) {
        const Token op = take();
        left = binary(op, std::move(left), parse_minus());
    }
    return left;
}

ExprPtr Parser::parse_minus() {
    std::vector<Token> operators;
    while (peek().is("-"))
        operators.push_back(take());
    ExprPtr operand = parse_primary();
    for (auto op = operators.rbegin(); op != operators.rend() && operand; ++op) {
        operand = unary(*op, "-", std::move(operand));
    }
    return operand;
}

ExprPtr parse_expression(const SourceText& source, const std::string& path, Findings& findings) {
    std::optional<std::vector<Token>> tokens = split_expression(source, path, findings);
    if (!tokens) return nullptr;
    return Parser{source, std::move(*tokens), path, findings}.whole_expression();
}

OrderTerm parse_order_term(const SourceText& source, const std::string& path, Findings& findings) {
    std::optional<std::vector<Token>> tokens = split_expression(source, path, findings);
    if (!tokens) return {};
    return Parser{source, std::move(*tokens), path, findings}.whole_order_term();
}

ExprPtr parse_expression(std::string_view text, const Location& where, const std::string& path,
                         Findings& findings) {
    return parse_expression(SourceText::at(text, where), path, findings);
}

OrderTerm parse_order_term(std::string_view text, const Location& where, const std::string& path,
                           Findings& findings) {
    return parse_order_term(SourceText::at(text, where), path, findings);
}

}  // namespace crossfade
