// Texts as the server's input functions read them.
#include "model/typed_text.hpp"
#include "model/encoding.hpp"
#include "model/key_form.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace crossfade {

std::string_view without_blanks(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\n\r\v\f";
    const auto begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

std::string small_ascii(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<Value> read_integer(std::string_view text) {
    const bool plus = text.starts_with('+');
    if (plus) text.remove_prefix(1);
    if (plus && text.starts_with('-')) return std::nullopt;
    std::int64_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    return Value{value};
}

namespace {

// NaN and the infinities, as to_display writes them; else nothing.
std::optional<std::string> endless(const std::string& text) {
    if (text == "nan") return "NaN";
    const bool negative = text.starts_with('-');
    const std::string word = text.substr(negative || text.starts_with('+') ? 1 : 0);
    if (word != "inf" && word != "infinity") return std::nullopt;
    return negative ? "-Infinity" : "Infinity";
}

std::optional<Value> read_number(std::string_view text) {
    const auto words = endless(small_ascii(text));
    if (!words && text.starts_with('+')) text.remove_prefix(1);
    const auto number = Decimal::parse(words ? std::string_view{*words} : text);
    return number ? std::optional<Value>{*number} : std::nullopt;
}

std::optional<Value> read_real(std::string_view text) {
    const auto words = endless(small_ascii(text));
    const std::string plain = words.value_or(std::string{text});
    const bool readable =
        words || (!plain.empty() && std::ranges::all_of(plain, [](char c) {
            return is_digit(c) || std::string_view{"+-.eE"}.find(c) != std::string_view::npos;
        }));
    if (!readable) return std::nullopt;
    char* stop = nullptr;
    const double value = std::strtod(plain.c_str(), &stop);
    if (stop != plain.c_str() + plain.size()) return std::nullopt;
    return Value{value};
}

std::optional<Value> read_boolean(const std::string& text) {
    if (text == "1" || text == "on") return Value{true};
    if (text == "0" || text == "of" || text == "off") return Value{false};
    if (text.empty()) return std::nullopt;
    for (const std::string_view word : {"true", "yes"})
        if (word.starts_with(text)) return Value{true};
    for (const std::string_view word : {"false", "no"})
        if (word.starts_with(text)) return Value{false};
    return std::nullopt;
}

// Hyphens may stand behind every fourth digit, braces around.
std::optional<Value> read_uuid(std::string_view text) {
    if (text.starts_with('{') && text.ends_with('}')) text = text.substr(1, text.size() - 2);
    std::string digits;
    for (const char c : text) {
        if (c == '-' && !digits.empty() && digits.size() % 4 == 0) continue;
        digits += c;
    }
    if (digits.size() != 32) return std::nullopt;
    for (const std::size_t at : {20U, 16U, 12U, 8U})
        digits.insert(at, 1, '-');
    const auto uuid = Uuid::parse(digits);
    return uuid ? std::optional<Value>{*uuid} : std::nullopt;
}

// ---- bytes and addresses ---------------------------------------------------------------------

std::optional<Value> read_bytes(std::string_view text) {
    if (text.find('\\') == std::string_view::npos) return Value{Bytes{std::string{text}}};
    if (!text.starts_with("\\x")) return std::nullopt;
    std::string data;
    int high = -1;
    for (const char c : text.substr(2)) {
        const int digit = hex_digit(c);
        if (digit < 0) return std::nullopt;
        if (high >= 0) data += static_cast<char>(high * 16 + digit);
        high = high >= 0 ? -1 : digit;
    }
    if (high >= 0) return std::nullopt;
    return Value{Bytes{std::move(data)}};
}

// 1010, b1010, xA
std::optional<Value> read_bits(const std::string& text) {
    if (text.empty() || (text[0] != 'b' && text[0] != 'x')) return Value{text};
    if (text[0] == 'b') return Value{text.substr(1)};
    std::string bits;
    for (const char c : text.substr(1)) {
        const int digit = hex_digit(c);
        if (digit < 0) return std::nullopt;
        for (int shift = 3; shift >= 0; --shift)
            bits += static_cast<char>('0' + ((digit >> shift) & 1));
    }
    return Value{bits};
}

std::optional<Value> read_address(const std::string& text) {
    const auto slash = text.find('/');
    const std::string host = text.substr(0, slash);
    const bool six = host.find(':') != std::string::npos;
    std::array<unsigned char, 16> bytes{};
    if (inet_pton(six ? AF_INET6 : AF_INET, host.c_str(), bytes.data()) != 1) return std::nullopt;
    std::array<char, INET6_ADDRSTRLEN> shown{};
    inet_ntop(six ? AF_INET6 : AF_INET, bytes.data(), shown.data(), shown.size());
    const std::string mask = slash == std::string::npos ? "" : text.substr(slash + 1);
    std::string address{shown.data()};
    if (!mask.empty() && mask != (six ? "128" : "32")) address += "/" + mask;
    return Value{address};
}

std::optional<Value> read_hardware(const std::string& text) {
    std::string digits;
    for (const char c : text) {
        if (hex_digit(c) >= 0) digits += c;
    }
    if (digits.size() != 12 && digits.size() != 16) return std::nullopt;
    for (std::size_t at = digits.size() - 2; at > 0; at -= 2)
        digits.insert(at, 1, ':');
    return Value{digits};
}

}  // namespace

std::optional<Value> typed_text(KeyKind kind, std::string_view text) {
    const std::string_view word = without_blanks(text);
    switch (kind) {
        case KeyKind::boolean: return read_boolean(small_ascii(word));
        case KeyKind::integer: return read_integer(word);
        case KeyKind::number: return read_number(word);
        case KeyKind::single:
        case KeyKind::real: return read_real(word);
        case KeyKind::uuid: return read_uuid(text);
        case KeyKind::date: return read_date(word);
        case KeyKind::timestamp: return read_timestamp(word, false);
        case KeyKind::timestamptz: return read_timestamp(word, true);
        case KeyKind::time: return read_time(word);
        case KeyKind::interval: return read_interval(word);
        case KeyKind::bytes: return read_bytes(text);
        case KeyKind::bits: return read_bits(small_ascii(text));
        case KeyKind::address: return read_address(small_ascii(word));
        case KeyKind::hardware: return read_hardware(small_ascii(word));
        case KeyKind::text:
        case KeyKind::blanks:
        case KeyKind::folded:
        case KeyKind::document: break;
    }
    return std::nullopt;
}

}  // namespace crossfade
