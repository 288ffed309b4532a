// The parser of expressions: recursive descent over the tokens, one function for each line of the
// grammar in transforms/expression.hpp. Internal to this folder; operators are in parser.cpp,
// operands in operands.cpp.
#pragma once

#include "transforms/expression.hpp"
#include "transforms/syntax/lexer.hpp"
#include "transforms/syntax/source_text.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

// Each function takes its part of the tokens, or records the first finding and returns nullptr,
// which everything above passes on. The source, the path and the findings outlive the parser.
class Parser {
public:
    Parser(const SourceText& source, std::vector<Token> tokens, const std::string& path,
           Findings& findings)
        : source_{source}, tokens_{std::move(tokens)}, path_{path}, findings_{findings} {}

    ExprPtr whole_expression();
    OrderTerm whole_order_term();

private:
    // Tokens.
    const Token& peek(std::size_t ahead = 0) const {
        return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
    }
    const Token& take() {
        const Token& token = peek();
        if (at_ + 1 < tokens_.size()) ++at_;
        return token;
    }
    bool take_if(std::string_view symbol) {
        if (!peek().is(symbol)) return false;
        take();
        return true;
    }
    bool take_word(std::string_view word) {
        if (!peek().is_word(word)) return false;
        take();
        return true;
    }

    // Findings. The first one only: what follows a mistake is seldom one of its own.
    ExprPtr fail(const Token& token, std::string message);
    static std::string describe(const Token& token);
    // After a complete expression: a word or symbol that continues nothing.
    ExprPtr fail_unexpected();
    static std::string advice_for_word(const std::string& word);

    // Nodes of the tree.
    std::shared_ptr<Expr> node(Expr::Kind kind, const Token& token, std::string text);
    ExprPtr binary(const Token& op, ExprPtr left, ExprPtr right);
    ExprPtr unary(const Token& op, std::string text, ExprPtr operand);

    // Operators, loosest first.
    ExprPtr parse_or();
    ExprPtr parse_and();
    ExprPtr parse_not();
    bool at_comparison() const;
    ExprPtr parse_comparison();
    ExprPtr parse_in(const Token& op, std::string text, ExprPtr left);
    ExprPtr parse_joined();
    ExprPtr parse_sum();
    ExprPtr parse_product();
    ExprPtr parse_minus();

    // Operands.
    ExprPtr parse_primary();
    ExprPtr parse_first();
    ExprPtr literal(const Token& token, Value value);
    ExprPtr parse_word();
    ExprPtr parse_parenthesis();
    ExprPtr parse_lookup(const Token& name);
    ExprPtr parse_list();
    ExprPtr parse_object();

    // Calls and aggregates.
    ExprPtr parse_call(const Token& name);
    bool parse_argument(Expr& call);
    std::optional<OrderTerm> parse_order_term_tokens();
    // Whether `if` begins the filter of an aggregate: any(u, if active = 1). The function `if` has
    // more than one argument, so "if (a)" with a single one is a filter in parentheses.
    bool at_filter() const;
    // Whether `order` begins the order of an aggregate, and is not a column of that name.
    bool at_order() const { return peek().is_word("order") && !continues_operand(peek(1)); }
    // Whether a token after a name makes the name an operand.
    static bool continues_operand(const Token& next);

    const SourceText& source_;
    std::vector<Token> tokens_;
    const std::string& path_;
    Findings& findings_;
    std::size_t at_ = 0;
    int depth_ = 0;
    int terms_ = 0;
    bool failed_ = false;
};

}  // namespace crossfade
