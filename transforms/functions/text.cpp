// Texts. Letters are changed in ASCII only: anything else depends on a locale or on tables of
// Unicode, and the two sides of a bridge must not differ by the version of either.
#include "transforms/evaluate.hpp"
#include "transforms/functions/library.hpp"

#include <algorithm>
#include <array>

namespace crossfade::functions {

namespace {

constexpr std::string_view kNoBreakSpace = "\xC2\xA0";

bool is_ascii_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::size_t characters_in(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

// Byte offset of the character with the given number, the end of the text if there are fewer.
std::size_t offset_of(std::string_view text, std::int64_t character) {
    std::int64_t seen = -1;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80 && ++seen == character) return i;
    }
    return text.size();
}

Result<Value> txt(std::span<const Value> args, Flags&) {
    const std::string* text = text_in(args, 0);
    if (text == nullptr) return Value{Null{}};
    const std::string_view content = trim(*text);
    if (content.empty()) return Value{Null{}};
    return Value{std::string{content}};
}

Result<Value> text(std::span<const Value> args, Flags&) {
    if (std::holds_alternative<Secret>(args[0])) return bad_value("a secret has no text");
    return text_of(args[0]);
}

Result<Value> length(std::span<const Value> args, Flags&) {
    const std::string* text = text_in(args, 0);
    if (text == nullptr) return Value{Null{}};
    return Value{static_cast<std::int64_t>(characters_in(*text))};
}

Result<Value> change_case(std::span<const Value> args, char first, int shift) {
    const std::string* text = text_in(args, 0);
    if (text == nullptr) return Value{Null{}};
    std::string changed = *text;
    for (char& c : changed) {
        if (c >= first && c < first + 26) c = static_cast<char>(c + shift);
    }
    return Value{std::move(changed)};
}

Result<Value> lower_ascii(std::span<const Value> args, Flags&) {
    return change_case(args, 'A', 32);
}
Result<Value> upper_ascii(std::span<const Value> args, Flags&) {
    return change_case(args, 'a', -32);
}

Result<Value> replace(std::span<const Value> args, Flags&) {
    if (any_null(args)) return Value{Null{}};
    std::string content = *text_in(args, 0);
    const std::string& from = *text_in(args, 1);
    const std::string& to = *text_in(args, 2);
    if (from.empty()) return Value{std::move(content)};
    std::string changed;
    std::size_t at = 0;
    for (std::size_t hit = content.find(from); hit != std::string::npos;
         hit = content.find(from, at)) {
        changed.append(content, at, hit - at).append(to);
        at = hit + from.size();
    }
    changed.append(content, at);
    return Value{std::move(changed)};
}

Result<Value> starts_with(std::span<const Value> args, Flags&) {
    if (any_null(args)) return Value{Null{}};
    return Value{text_in(args, 0)->starts_with(*text_in(args, 1))};
}

Result<Value> ends_with(std::span<const Value> args, Flags&) {
    if (any_null(args)) return Value{Null{}};
    return Value{text_in(args, 0)->ends_with(*text_in(args, 1))};
}

Result<Value> concat(std::span<const Value> args, Flags&) {
    std::string joined;
    for (const Value& arg : args) {
        if (std::holds_alternative<Secret>(arg)) return bad_value("a secret has no text");
        const Value part = text_of(arg);
        if (const auto* text = std::get_if<std::string>(&part)) joined += *text;
    }
    return Value{std::move(joined)};
}

Result<Value> substring(std::span<const Value> args, Flags&) {
    if (any_null(args)) return Value{Null{}};
    const std::string& text = *text_in(args, 0);
    const auto size = static_cast<std::int64_t>(text.size());
    const std::int64_t from = std::clamp<std::int64_t>(*integer_in(args, 1) - 1, -1, size);
    if (from < 0) return bad_value("substring counts characters from 1");
    std::size_t end = text.size();
    const std::size_t begin = offset_of(text, from);
    if (const std::int64_t* count = integer_in(args, 2)) {
        if (*count < 0) return bad_value("substring of a negative length");
        end = offset_of(text, from + std::min(*count, size));
    }
    return Value{text.substr(begin, end - begin)};
}

}  // namespace

std::string_view trim(std::string_view text) {
    for (;;) {
        if (!text.empty() && is_ascii_blank(text.front())) {
            text.remove_prefix(1);
        } else if (text.starts_with(kNoBreakSpace)) {
            text.remove_prefix(kNoBreakSpace.size());
        } else if (!text.empty() && is_ascii_blank(text.back())) {
            text.remove_suffix(1);
        } else if (text.ends_with(kNoBreakSpace)) {
            text.remove_suffix(kNoBreakSpace.size());
        } else {
            return text;
        }
    }
}

std::span<const Function> text_functions() {
    static const std::array<Function, 10> functions{{
        {"txt",
         1,
         1,
         Type::text,
         {Type::text},
         txt,
         "the text without blanks at its ends (ASCII and U+00A0); NULL if nothing remains"},
        {"text", 1, 1, Type::text, {}, text, "any value as text, as || makes it"},
        {"length", 1, 1, Type::integer, {Type::text}, length, "number of characters"},
        {"lower_ascii", 1, 1, Type::text, {Type::text}, lower_ascii, "A-Z in lower case"},
        {"upper_ascii", 1, 1, Type::text, {Type::text}, upper_ascii, "a-z in upper case"},
        {"replace",
         3,
         3,
         Type::text,
         {Type::text},
         replace,
         "replace(text, from, to): every occurrence"},
        {"starts_with", 2, 2, Type::boolean, {Type::text}, starts_with, "whether a text begins so"},
        {"ends_with", 2, 2, Type::boolean, {Type::text}, ends_with, "whether a text ends so"},
        {"concat", 1, -1, Type::text, {}, concat, "joins values as text; NULL counts as empty"},
        {"substring",
         2,
         3,
         Type::text,
         {Type::text, Type::integer},
         substring,
         "substring(text, from, count): characters, from 1"},
    }};
    return functions;
}

}  // namespace crossfade::functions
