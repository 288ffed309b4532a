#include "transforms/syntax/lexer.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace crossfade {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) { return begins_name(c) || is_digit(c); }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// What people write out of habit, and what to write here.
struct Habit {
    std::string_view symbol;
    std::string_view advice;
};
constexpr std::array kHabits{
    Habit{"==", "equality is written ="},
    Habit{"&&", "write: and"},
    Habit{"::", "there are no casts: use int(x), num(x), text(x), date(x)"},
    Habit{"->", "a member of a json document is written with a dot"},
    Habit{"!", "write: not"},
    Habit{"%", "there is no modulo"},
    Habit{"&", "write: and"},
    Habit{"|", "texts are joined with ||; the disjunction is: or"},
    Habit{"`", "names in quotes take double quotes"},
    Habit{"?", "there is no ?: ; use if(condition, a, b)"},
};

// The whole character at an offset, for a message.
std::string character_at(std::string_view text, std::size_t offset) {
    std::size_t end = offset + 1;
    while (end < text.size() && end - offset < 4 && continues_character(text[end]))
        ++end;
    const auto first = static_cast<unsigned char>(text[offset]);
    if (first < 0x20 || first == 0x7F || (first >= 0x80 && end - offset == 1)) {
        constexpr std::string_view hex = "0123456789abcdef";
        return std::string{"byte 0x"} + hex[first >> 4] + hex[first & 15];
    }
    if (text.substr(offset, end - offset) == "\xC2\xA0") return "no-break space (U+00A0)";
    return "'" + std::string{text.substr(offset, end - offset)} + "'";
}

class Lexer {
public:
    Lexer(const SourceText& source, const std::string& path, Findings& findings)
        : source_{source}, text_{source.text}, path_{path}, findings_{findings} {}

    std::optional<std::vector<Token>> run() {
        for (skip_blanks(); at_ < text_.size(); skip_blanks()) {
            if (!take_token()) return std::nullopt;
        }
        tokens_.push_back(Token{Token::Kind::end, "", Null{}, text_.size(), false});
        return std::move(tokens_);
    }

private:
    void skip_blanks() {
        while (at_ < text_.size() && is_blank(text_[at_]))
            ++at_;
    }

    bool fail(std::size_t offset, std::string message) {
        findings_.push_back({source_.place(offset), path_, std::move(message)});
        return false;
    }

    bool take_token() {
        const char c = text_[at_];
        if (is_digit(c)) return take_number();
        if (begins_name(c)) return take_name();
        if (c == '\'') return take_text();
        if (c == '"') return take_quoted_name();
        return take_symbol();
    }

    bool take_number() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && is_digit(text_[at_]))
            ++at_;
        const bool fraction =
            at_ + 1 < text_.size() && text_[at_] == '.' && is_digit(text_[at_ + 1]);
        if (fraction) {
            ++at_;
            while (at_ < text_.size() && is_digit(text_[at_]))
                ++at_;
        }
        if (at_ < text_.size() && (begins_name(text_[at_]) || text_[at_] == '.')) {
            return fail(begin, "a number cannot be followed by " + character_at(text_, at_));
        }
        const std::string digits{text_.substr(begin, at_ - begin)};
        if (digits.size() > 100) return fail(begin, "a number of more than 100 digits");
        Token token{Token::Kind::number, digits, Null{}, begin, false};
        std::int64_t whole = 0;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), whole);
        if (!fraction && read.ec == std::errc{}) {
            token.value = whole;
        } else {
            Result<Decimal> decimal = Decimal::parse(digits);
            if (!decimal) return fail(begin, "not a number: " + digits);
            token.value = *decimal;
        }
        tokens_.push_back(std::move(token));
        return true;
    }

    bool take_name() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && continues_name(text_[at_]))
            ++at_;
        tokens_.push_back({Token::Kind::name, std::string{text_.substr(begin, at_ - begin)}, Null{},
                           begin, false});
        return true;
    }

    // Reads up to the closing quote; a doubled quote stands for one.
    std::optional<std::string> quoted(char quote) {
        std::string content;
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == quote) {
                if (at_ + 1 == text_.size() || text_[at_ + 1] != quote) {
                    ++at_;
                    return content;
                }
                ++at_;
            }
            content += text_[at_];
        }
        return std::nullopt;
    }

    bool take_text() {
        const std::size_t begin = at_;
        std::optional<std::string> content = quoted('\'');
        if (!content) return fail(begin, "a text without its closing quote");
        if (content->find('\0') != std::string::npos) return fail(begin, "a text cannot hold NUL");
        tokens_.push_back({Token::Kind::text, *content, *content, begin, false});
        return true;
    }

    bool take_quoted_name() {
        const std::size_t begin = at_;
        std::optional<std::string> content = quoted('"');
        if (!content) return fail(begin, "a quoted name without its closing quote");
        if (content->empty()) return fail(begin, "an empty name");
        tokens_.push_back({Token::Kind::name, std::move(*content), Null{}, begin, true});
        return true;
    }

    bool take_symbol() {
        static constexpr std::array<std::string_view, 18> symbols{
            "<>", "!=", "<=", ">=", "||", "=", "<", ">", "+",
            "-",  "*",  "/",  "(",  ")",  "[", "]", "{", "}"};
        const std::string_view rest = text_.substr(at_);
        // "==", "->" and "&&" begin like symbols of the language, so these are looked for first.
        for (const Habit& habit : kHabits) {
            if (!rest.starts_with(habit.symbol)) continue;
            if (rest.starts_with("||") || rest.starts_with("!=")) break;
            return fail(at_, "unexpected '" + std::string{habit.symbol} +
                                 "': " + std::string{habit.advice});
        }
        std::string_view symbol;
        for (const std::string_view candidate : symbols) {
            if (symbol.empty() && rest.starts_with(candidate)) symbol = candidate;
        }
        if (symbol.empty() && (rest.front() == ',' || rest.front() == '.' || rest.front() == ':')) {
            symbol = rest.substr(0, 1);
        }
        if (symbol.empty()) return fail(at_, "unexpected " + character_at(text_, at_));
        tokens_.push_back(
            {Token::Kind::symbol, std::string{symbol == "!=" ? "<>" : symbol}, Null{}, at_, false});
        at_ += symbol.size();
        return true;
    }

    const SourceText& source_;
    std::string_view text_;
    const std::string& path_;
    Findings& findings_;
    std::size_t at_ = 0;
    std::vector<Token> tokens_;
};

}  // namespace

std::optional<std::vector<Token>> split_expression(const SourceText& source,
                                                   const std::string& path, Findings& findings) {
    return Lexer{source, path, findings}.run();
}

bool is_identifier(std::string_view text) {
    return !text.empty() && begins_name(text.front()) &&
           std::all_of(text.begin(), text.end(), continues_name);
}

bool is_keyword(std::string_view text) {
    static constexpr std::array<std::string_view, 8> keywords{"or", "and",  "not",  "is",
                                                              "in", "null", "true", "false"};
    return std::find(keywords.begin(), keywords.end(), text) != keywords.end();
}

}  // namespace crossfade
