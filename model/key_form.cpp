#include "model/key_form.hpp"

#include "model/civil.hpp"
#include "model/json.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace crossfade {

namespace {

struct NamedKind {
    std::string_view type;
    KeyKind kind;
};
constexpr NamedKind kKinds[] = {{"text", KeyKind::text},
                                {"varchar", KeyKind::text},
                                {"name", KeyKind::text},
                                {"char", KeyKind::text},
                                {"timetz", KeyKind::text},
                                {"money", KeyKind::text},
                                {"pg_lsn", KeyKind::text},
                                {"bpchar", KeyKind::blanks},
                                {"citext", KeyKind::folded},
                                {"bool", KeyKind::boolean},
                                {"int8", KeyKind::integer},
                                {"int4", KeyKind::integer},
                                {"int2", KeyKind::integer},
                                {"oid", KeyKind::integer},
                                {"xid", KeyKind::integer},
                                {"xid8", KeyKind::text},
                                {"numeric", KeyKind::number},
                                {"float4", KeyKind::single},
                                {"float8", KeyKind::real},
                                {"uuid", KeyKind::uuid},
                                {"date", KeyKind::date},
                                {"timestamp", KeyKind::timestamp},
                                {"timestamptz", KeyKind::timestamptz},
                                {"time", KeyKind::time},
                                {"interval", KeyKind::interval},
                                {"bytea", KeyKind::bytes},
                                {"bit", KeyKind::bits},
                                {"varbit", KeyKind::bits},
                                {"inet", KeyKind::address},
                                {"cidr", KeyKind::address},
                                {"macaddr", KeyKind::hardware},
                                {"macaddr8", KeyKind::hardware},
                                {"jsonb", KeyKind::document}};

// ---- arrays ----------------------------------------------------------------------------------

// Reads the text of an array and writes it again with other elements: {1.0,"a b",{NULL}}. Each
// element is in quotes then, so that no word of it can be NULL.
class ArrayText {
public:
    ArrayText(std::string_view text, const KeyForm& element) : text_{text}, element_{element} {}

    std::optional<std::string> run() {
        std::string out;
        blanks();
        while (peek() == '[') {  // bounds: [0:1]={...}
            while (at_ < text_.size() && peek() != '=' && peek() != '{')
                out += text_[at_++];
            if (peek() == '=') out += text_[at_++];
        }
        if (!list(out)) return std::nullopt;
        blanks();
        if (at_ < text_.size()) return std::nullopt;
        return out;
    }

private:
    static constexpr int kDimensionsMax = 6;  // PostgreSQL's MAXDIM

    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void blanks() {
        while (at_ < text_.size() &&
               std::string_view{" \t\n\r\v\f"}.find(text_[at_]) != std::string_view::npos)
            ++at_;
    }

    bool list(std::string& out) {
        if (peek() != '{' || ++depth_ > kDimensionsMax) return false;
        out += text_[at_++];
        blanks();
        for (bool first = true; peek() != '}'; first = false) {
            if (!first) {
                if (peek() != ',') return false;
                out += text_[at_++];
                blanks();
            }
            if (peek() == '{' ? !list(out) : !element(out)) return false;
            blanks();
        }
        out += text_[at_++];
        --depth_;
        return true;
    }

    bool element(std::string& out) {
        std::string text;
        const bool quoted = peek() == '"';
        if (quoted) ++at_;
        std::size_t kept = 0;  // blanks behind an element without quotes are none of it
        for (;; ++at_) {
            if (at_ >= text_.size()) return false;
            const char c = text_[at_];
            if (quoted ? c == '"' : c == ',' || c == '}') break;
            if (!quoted && (c == '{' || c == '"')) return false;
            const bool escaped = c == '\\';
            if (escaped && ++at_ >= text_.size()) return false;
            text += text_[at_];
            if (escaped || text_[at_] != ' ') kept = text.size();
        }
        if (quoted)
            ++at_;
        else
            text.resize(kept);
        if (!quoted && text.empty()) return false;
        const bool null = !quoted && text.size() == 4 && (text[0] | 0x20) == 'n' &&
                          (text[1] | 0x20) == 'u' && (text[2] | 0x20) == 'l' &&
                          (text[3] | 0x20) == 'l';
        if (null)
            out += "NULL";
        else
            append_quoted(out, canonical(text));
        return true;
    }

    static void append_quoted(std::string& out, const std::string& text) {
        out += '"';
        for (const char c : text) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        out += '"';
    }

    std::string canonical(const std::string& text) const {
        const Value value = element_.of(text);
        if (const auto* decimal = std::get_if<Decimal>(&value))
            return decimal->normalized().format();
        const auto* real = std::get_if<double>(&value);
        return real != nullptr && *real == 0 ? "0" : to_display(value);
    }

    std::string_view text_;
    const KeyForm& element_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

// ---- documents -------------------------------------------------------------------------------

// Numbers of a document in canonical form by their value: 1.50 and 1.5 are 1.5.
std::string with_plain_numbers(const std::string& document) {
    std::string out;
    for (std::size_t i = 0; i < document.size();) {
        if (document[i] == '"') {
            const std::size_t begin = i++;
            while (document[i] != '"')
                i += document[i] == '\\' ? 2 : 1;
            out.append(document, begin, ++i - begin);
            continue;
        }
        const std::size_t begin = i;
        while (i < document.size() &&
               std::string_view{"+-.0123456789eE"}.find(document[i]) != std::string_view::npos)
            ++i;
        const auto number = Decimal::parse(std::string_view{document}.substr(begin, i - begin));
        if (i > begin && number)
            out += number->normalized().format();
        else
            out.append(document, begin, i == begin ? 1 : i - begin);
        if (i == begin) ++i;
    }
    return out;
}

Value document_key(const Value& value) {
    const auto* document = std::get_if<Json>(&value);
    const auto* text = std::get_if<std::string>(&value);
    if (document == nullptr && text == nullptr) return value;
    const auto canonical = canonical_json(document != nullptr ? document->text : *text);
    return canonical ? Value{Json{with_plain_numbers(canonical->text)}} : value;
}

// ---- the others ------------------------------------------------------------------------------

constexpr double as_double(std::int64_t value) { return static_cast<double>(value); }

Value real_key(const Value& value, bool single) {
    Value real = value;
    if (const auto* whole = std::get_if<std::int64_t>(&value)) real = as_double(*whole);
    if (const auto* decimal = std::get_if<Decimal>(&value))
        real = std::strtod(decimal->format().c_str(), nullptr);
    if (auto* number = std::get_if<double>(&real); number != nullptr && single)
        *number = static_cast<double>(static_cast<float>(*number));
    return real;
}

constexpr std::int64_t kDay = kDaySeconds * kSecondMicros;

Value timestamp_key(const Value& value) {
    const auto* date = std::get_if<Date>(&value);
    if (date == nullptr) return value;
    if (date->days == std::numeric_limits<std::int32_t>::max())
        return Timestamp{Timestamp::kInfinity};
    if (date->days == std::numeric_limits<std::int32_t>::min())
        return Timestamp{Timestamp::kMinusInfinity};
    return Timestamp{date->days * kDay};
}

}  // namespace

std::optional<KeyKind> key_kind(std::string_view type) {
    const auto* const found = std::ranges::find(kKinds, type, &NamedKind::type);
    if (found == std::end(kKinds)) return std::nullopt;
    return found->kind;
}

Value KeyForm::of(const Value& value) const {
    const auto* text = std::get_if<std::string>(&value);
    if (array) {
        if (text == nullptr) return value;
        auto canonical = ArrayText{*text, {kind, false, folding}}.run();
        return canonical ? Value{std::move(*canonical)} : value;
    }
    switch (kind) {
        case KeyKind::text: return value;
        case KeyKind::blanks:
            return text == nullptr ? value
                                   : Value{text->substr(0, text->find_last_not_of(' ') + 1)};
        case KeyKind::folded:
            return text == nullptr || !folding ? value : Value{folding->fold(*text)};
        case KeyKind::document: return document_key(value);
        default: break;
    }
    Value typed = text == nullptr ? value : typed_text(kind, *text).value_or(value);
    switch (kind) {
        case KeyKind::single: return real_key(typed, true);
        case KeyKind::real: return real_key(typed, false);
        case KeyKind::timestamp:
        case KeyKind::timestamptz: return timestamp_key(typed);
        default: return typed;
    }
}

bool KeyForm::changes() const {
    switch (kind) {
        case KeyKind::folded:
        case KeyKind::interval:
        case KeyKind::document: return true;
        // Alone these travel as typed values, and without the blanks.
        case KeyKind::blanks:
        case KeyKind::number:
        case KeyKind::single:
        case KeyKind::real: return array;
        default: return false;
    }
}

std::string KeyForm::name() const {
    for (const NamedKind& named : kKinds) {
        if (named.kind == kind) return std::string{named.type} + (array ? "[]" : "");
    }
    return "text";
}

}  // namespace crossfade
