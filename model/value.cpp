#include "model/value.hpp"

#include "model/civil.hpp"

#include <cmath>

namespace crossfade {

namespace {
// Integers and decimals are one kind; the order is that of the tags of model/key.hpp.
int kind_of(const Value& value) {
    struct Kind {
        int operator()(bool) const { return 0x01; }
        int operator()(std::int64_t) const { return 0x10; }
        int operator()(const Decimal&) const { return 0x10; }
        int operator()(double) const { return 0x14; }
        int operator()(const std::string&) const { return 0x20; }
        int operator()(const Uuid&) const { return 0x30; }
        int operator()(Date) const { return 0x40; }
        int operator()(Timestamp) const { return 0x41; }
        int operator()(TimeOfDay) const { return 0x42; }
        int operator()(const Json&) const { return 0x50; }
        int operator()(const Bytes&) const { return 0x51; }
        int operator()(const Secret&) const { return 0x60; }
        int operator()(Null) const { return 0xFE; }
        int operator()(Absent) const { return 0xFF; }
    };
    return std::visit(Kind{}, value);
}

template <class T>
int order(const T& a, const T& b) {
    return a < b ? -1 : (b < a ? 1 : 0);
}

// PostgreSQL: NaN equals itself and is greatest; -0 equals 0.
int order_reals(double a, double b) {
    if (std::isnan(a) || std::isnan(b)) return order(std::isnan(a), std::isnan(b));
    return order(a, b);
}

// std::string compares as unsigned char, which is what the C collation does.
int order_texts(const std::string& a, const std::string& b) { return order(a.compare(b), 0); }

int order_numbers(const Value& a, const Value& b) {
    const auto* x = std::get_if<std::int64_t>(&a);
    const auto* y = std::get_if<std::int64_t>(&b);
    if (x != nullptr && y != nullptr) return order(*x, *y);
    return order(compare(x != nullptr ? Decimal{*x} : std::get<Decimal>(a),
                         y != nullptr ? Decimal{*y} : std::get<Decimal>(b)),
                 0);
}

constexpr char kHexDigits[] = "0123456789abcdef";

std::string hex_of(std::string_view data) {
    std::string text = "\\x";
    text.reserve(2 + 2 * data.size());
    for (const char c : data) {
        const auto byte = static_cast<unsigned char>(c);
        text += kHexDigits[byte >> 4];
        text += kHexDigits[byte & 15];
    }
    return text;
}
}  // namespace

std::string_view to_string(Type type) {
    switch (type) {
        case Type::any: return "any";
        case Type::boolean: return "boolean";
        case Type::integer: return "integer";
        case Type::real: return "real";
        case Type::decimal: return "decimal";
        case Type::text: return "text";
        case Type::uuid: return "uuid";
        case Type::date: return "date";
        case Type::timestamp: return "timestamp";
        case Type::timestamptz: return "timestamptz";
        case Type::time: return "time";
        case Type::json: return "json";
        case Type::bytes: return "bytes";
        case Type::secret: return "secret";
    }
    return "unknown";
}

int compare_values(const Value& a, const Value& b) {
    const int kind = kind_of(a);
    if (kind != kind_of(b)) return order(kind, kind_of(b));
    switch (kind) {
        case 0x01: return order(std::get<bool>(a), std::get<bool>(b));
        case 0x10: return order_numbers(a, b);
        case 0x14: return order_reals(std::get<double>(a), std::get<double>(b));
        case 0x20: return order_texts(std::get<std::string>(a), std::get<std::string>(b));
        case 0x30: return order(std::get<Uuid>(a), std::get<Uuid>(b));
        case 0x40: return order(std::get<Date>(a), std::get<Date>(b));
        case 0x41: return order(std::get<Timestamp>(a), std::get<Timestamp>(b));
        case 0x42: return order(std::get<TimeOfDay>(a), std::get<TimeOfDay>(b));
        case 0x50: return order_texts(std::get<Json>(a).text, std::get<Json>(b).text);
        case 0x51: return order_texts(std::get<Bytes>(a).data, std::get<Bytes>(b).data);
        case 0x60: return order(std::get<Secret>(a), std::get<Secret>(b));
        default: return 0;
    }
}

std::string to_display(const Value& value) {
    struct Display {
        std::string operator()(Null) const { return "null"; }
        std::string operator()(Absent) const { return "absent"; }
        std::string operator()(bool v) const { return v ? "true" : "false"; }
        std::string operator()(std::int64_t v) const { return std::to_string(v); }
        std::string operator()(double v) const { return format_real(v); }
        std::string operator()(const Decimal& v) const { return v.format(); }
        std::string operator()(const std::string& v) const { return v; }
        std::string operator()(const Uuid& v) const { return v.format(); }
        std::string operator()(Date v) const { return format_date(v); }
        std::string operator()(Timestamp v) const { return format_timestamp(v, 'T', "+00:00"); }
        std::string operator()(TimeOfDay v) const { return format_time(v); }
        std::string operator()(const Json& v) const { return v.text; }
        std::string operator()(const Bytes& v) const { return hex_of(v.data); }
        // The fingerprint is not shown: whoever has the key could use it to check a guess.
        std::string operator()(const Secret& v) const {
            switch (v.kind) {
                case SecretKind::empty: return "(secret, empty)";
                case SecretKind::bcrypt: return "(secret, bcrypt)";
                case SecretKind::other: break;
            }
            return "(secret)";
        }
    };
    return std::visit(Display{}, value);
}

}  // namespace crossfade
