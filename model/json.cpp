#include "model/json.hpp"

#include "model/civil.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace crossfade {

namespace {
constexpr int kDepthMax = 512;

// Brings JSON text to jsonb's form while it parses: each function appends the canonical text of
// what it read.
class Canonicalizer {
public:
    explicit Canonicalizer(std::string_view text) : text_{text} {}

    Result<Json> run() {
        std::string out;
        skip_blanks();
        if (!value(out, 0)) return failure();
        skip_blanks();
        if (at_ < text_.size()) return failure();
        return Json{std::move(out)};
    }

private:
    Error failure() const {
        return Error{ErrorKind::bad_value, "invalid json at offset " + std::to_string(at_)};
    }
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool eat(char c) {
        if (peek() != c || at_ >= text_.size()) return false;
        ++at_;
        return true;
    }
    void skip_blanks() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' ||
                                      text_[at_] == '\t' || text_[at_] == '\r')) {
            ++at_;
        }
    }

    bool value(std::string& out, int depth) {
        if (depth > kDepthMax) return false;
        switch (peek()) {
            case '{': return object(out, depth);
            case '[': return array(out, depth);
            case '"': {
                std::string text;
                if (!string(text)) return false;
                out += json_quote(text);
                return true;
            }
            case 't': return word("true", out);
            case 'f': return word("false", out);
            case 'n': return word("null", out);
            default: return number(out);
        }
    }

    bool word(std::string_view expected, std::string& out) {
        if (text_.substr(at_, expected.size()) != expected) return false;
        at_ += expected.size();
        out += expected;
        return true;
    }

    bool digits() {
        const std::size_t start = at_;
        while (peek() >= '0' && peek() <= '9')
            ++at_;
        return at_ > start;
    }

    bool number(std::string& out) {
        const std::size_t start = at_;
        eat('-');
        if (!eat('0') && !digits()) return false;
        bool plain = true;  // an integer is its own canonical form, but for -0
        if (eat('.')) {
            plain = false;
            if (!digits()) return false;
        }
        if (peek() == 'e' || peek() == 'E') {
            plain = false;
            ++at_;
            if (!eat('+')) eat('-');
            if (!digits()) return false;
        }
        const std::string_view token = text_.substr(start, at_ - start);
        if (plain && token != "-0") {
            out += token;
            return true;
        }
        const auto decimal = Decimal::parse(token);
        if (!decimal) return false;
        out += decimal->format();
        return true;
    }

    bool array(std::string& out, int depth) {
        ++at_;
        out += '[';
        skip_blanks();
        if (eat(']')) {
            out += ']';
            return true;
        }
        for (;;) {
            skip_blanks();
            if (!value(out, depth + 1)) return false;
            skip_blanks();
            if (eat(']')) break;
            if (!eat(',')) return false;
            out += ", ";
        }
        out += ']';
        return true;
    }

    bool object(std::string& out, int depth) {
        ++at_;
        std::vector<std::pair<std::string, std::string>> members;
        skip_blanks();
        if (!eat('}')) {
            for (;;) {
                skip_blanks();
                auto& member = members.emplace_back();
                if (!string(member.first)) return false;
                skip_blanks();
                if (!eat(':')) return false;
                skip_blanks();
                if (!value(member.second, depth + 1)) return false;
                skip_blanks();
                if (eat('}')) break;
                if (!eat(',')) return false;
            }
        }
        out += json_object(std::move(members)).text;
        return true;
    }

    bool string(std::string& out) {
        if (!eat('"')) return false;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"') {
                ++at_;
                return true;
            }
            if (static_cast<unsigned char>(c) < 0x20) return false;
            if (c != '\\') {
                out += c;
                ++at_;
            } else if (!escape(out)) {
                return false;
            }
        }
        return false;
    }

    bool escape(std::string& out) {
        ++at_;
        const char c = peek();
        if (c == 'u') return unicode_escape(out);
        static constexpr std::string_view escape_names = "\"\\/bfnrt";
        static constexpr std::string_view escape_meanings = "\"\\/\b\f\n\r\t";
        const auto place = escape_names.find(c);
        if (at_ >= text_.size() || place == std::string_view::npos) return false;
        out += escape_meanings[place];
        ++at_;
        return true;
    }

    bool hex4(std::uint32_t& unit) {
        ++at_;  // 'u'
        unit = 0;
        for (int i = 0; i < 4; ++i, ++at_) {
            const char c = peek();
            std::uint32_t digit = 0;
            if (c >= '0' && c <= '9')
                digit = static_cast<std::uint32_t>(c - '0');
            else if (c >= 'a' && c <= 'f')
                digit = static_cast<std::uint32_t>(c - 'a' + 10);
            else if (c >= 'A' && c <= 'F')
                digit = static_cast<std::uint32_t>(c - 'A' + 10);
            else
                return false;
            unit = unit * 16 + digit;
        }
        return true;
    }

    // jsonb refuses U+0000 and halves of surrogate pairs, so these are errors.
    bool unicode_escape(std::string& out) {
        std::uint32_t code = 0;
        if (!hex4(code) || code == 0 || (code >= 0xDC00 && code <= 0xDFFF)) return false;
        if (code >= 0xD800 && code <= 0xDBFF) {
            std::uint32_t low = 0;
            if (!eat('\\') || peek() != 'u' || !hex4(low) || low < 0xDC00 || low > 0xDFFF)
                return false;
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
        append_utf8(out, code);
        return true;
    }

    static void append_utf8(std::string& out, std::uint32_t code) {
        const auto byte = [&](std::uint32_t value) {
            out += static_cast<char>(static_cast<unsigned char>(value));
        };
        const auto tail = [&](int shift) { byte(0x80U | ((code >> shift) & 0x3FU)); };
        if (code < 0x80)
            byte(code);
        else if (code < 0x800) {
            byte(0xC0U | (code >> 6));
            tail(0);
        } else if (code < 0x10000) {
            byte(0xE0U | (code >> 12));
            tail(6);
            tail(0);
        } else {
            byte(0xF0U | (code >> 18));
            tail(12);
            tail(6);
            tail(0);
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
};
}  // namespace

std::string json_quote(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 2);
    out += '"';
    for (const char c : text) {
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\b': out += "\\b"; break;
            case '\f': out += "\\f"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    char buffer[8];
                    std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(c));
                    out += buffer;
                } else {
                    out += c;
                }
        }
    }
    out += '"';
    return out;
}

std::string json_scalar(const Value& value) {
    if (is_null(value) || is_absent(value)) return "null";
    if (std::holds_alternative<bool>(value) || std::holds_alternative<std::int64_t>(value) ||
        std::holds_alternative<Json>(value)) {
        return to_display(value);
    }
    if (const auto* decimal = std::get_if<Decimal>(&value); decimal && decimal->is_finite()) {
        return decimal->format();
    }
    if (const auto* real = std::get_if<double>(&value); real && std::isfinite(*real)) {
        return Decimal::parse(format_real(*real))->format();  // jsonb's numbers have no exponents
    }
    return json_quote(to_display(value));
}

Json json_object(std::vector<std::pair<std::string, std::string>> members) {
    std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) {
        if (a.first.size() != b.first.size()) return a.first.size() < b.first.size();
        return a.first < b.first;
    });
    std::string out = "{";
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (i + 1 < members.size() && members[i].first == members[i + 1].first) continue;
        if (out.size() > 1) out += ", ";
        out += json_quote(members[i].first);
        out += ": ";
        out += members[i].second;
    }
    out += '}';
    return Json{std::move(out)};
}

Json json_array(const std::vector<std::string>& items) {
    std::string out = "[";
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out += ", ";
        out += items[i];
    }
    out += ']';
    return Json{std::move(out)};
}

Result<Json> canonical_json(std::string_view text) { return Canonicalizer{text}.run(); }

}  // namespace crossfade
