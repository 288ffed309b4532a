// Splits the text of an expression into tokens. Grammar: transforms/expression.hpp.
#pragma once

#include "model/finding.hpp"
#include "model/value.hpp"
#include "transforms/syntax/source_text.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

struct Token {
    enum class Kind { end, number, text, name, symbol };
    Kind kind = Kind::end;
    std::string text;      // of a name or symbol; of a text without its quotes
    Value value = Null{};  // of a number or text
    std::size_t offset = 0;
    bool quoted = false;  // "Name" in double quotes: never a keyword

    bool is(std::string_view symbol) const { return kind == Kind::symbol && text == symbol; }
    bool is_word(std::string_view word) const {
        return kind == Kind::name && !quoted && text == word;
    }
};

// The tokens, ended by one of kind `end`. On error appends one finding and returns nullopt.
std::optional<std::vector<Token>> split_expression(const SourceText& source,
                                                   const std::string& path, Findings& findings);

// [A-Za-z_][A-Za-z0-9_]*
bool is_identifier(std::string_view text);
// or, and, not, is, in, null, true, false: names that never name anything.
bool is_keyword(std::string_view text);

}  // namespace crossfade
