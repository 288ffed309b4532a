#include "postgres/codec.hpp"

#include "model/encoding.hpp"

#include "model/civil.hpp"
#include "model/json.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace crossfade {

namespace {
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

Error bad(Type type) {
    return Error{ErrorKind::bad_value, "not a " + std::string{to_string(type)}, "22P02"};
}

// Takes what it recognizes off the front of a date or time.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_{text} {}

    bool eat(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // At least `width` digits, and not more than `width_max`.
    bool number(std::int64_t& value, std::size_t width, std::size_t width_max) {
        std::size_t digits = 0;
        value = 0;
        while (digits < rest_.size() && digits < width_max && rest_[digits] >= '0' &&
               rest_[digits] <= '9') {
            value = value * 10 + (rest_[digits++] - '0');
        }
        rest_.remove_prefix(digits);
        return digits >= width;
    }
    // hh:mm:ss[.ffffff] in microseconds.
    bool clock(std::int64_t& micros) {
        std::int64_t hours = 0;
        std::int64_t minutes = 0;
        std::int64_t seconds = 0;
        if (!number(hours, 2, 2) || !eat(':') || !number(minutes, 2, 2) || !eat(':') ||
            !number(seconds, 2, 2) || minutes > 59 || seconds > 59) {
            return false;
        }
        std::int64_t fraction = 0;
        if (eat('.')) {
            const std::size_t before = rest_.size();
            if (!number(fraction, 1, 6)) return false;
            for (std::size_t digits = before - rest_.size(); digits < 6; ++digits)
                fraction *= 10;
        }
        micros = ((hours * 60 + minutes) * 60 + seconds) * kSecond + fraction;
        return micros <= kDay;
    }
    // yyyy-mm-dd; the era stands at the end of the whole text, so the caller has looked for it.
    bool day(bool before_christ, std::int64_t& days) {
        std::int64_t year = 0;
        std::int64_t month = 0;
        std::int64_t day = 0;
        if (!number(year, 4, 7) || !eat('-') || !number(month, 2, 2) || !eat('-') ||
            !number(day, 2, 2) || year == 0) {
            return false;
        }
        const CivilDate date{before_christ ? 1 - year : year, static_cast<unsigned>(month),
                             static_cast<unsigned>(day)};
        days = days_from_civil(date);
        return is_valid(date);
    }
    bool at_end() const { return rest_.empty(); }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

bool strip_era(std::string_view& text) {
    if (!text.ends_with(" BC")) return false;
    text.remove_suffix(3);
    return true;
}

Result<Value> parse_boolean(std::string_view text) {
    if (text == "t" || text == "true") return Value{true};
    if (text == "f" || text == "false") return Value{false};
    return bad(Type::boolean);
}

Result<Value> parse_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || stop != text.data() + text.size()) return bad(Type::integer);
    return Value{value};
}

Result<Value> parse_real(std::string_view text) {
    if (text == "NaN") return Value{std::numeric_limits<double>::quiet_NaN()};
    if (text == "Infinity") return Value{std::numeric_limits<double>::infinity()};
    if (text == "-Infinity") return Value{-std::numeric_limits<double>::infinity()};
    double value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || stop != text.data() + text.size()) return bad(Type::real);
    return Value{value};
}

Result<Value> parse_date(std::string_view text) {
    if (text == "infinity") return Value{Date{std::numeric_limits<std::int32_t>::max()}};
    if (text == "-infinity") return Value{Date{std::numeric_limits<std::int32_t>::min()}};
    const bool before = strip_era(text);
    Scanner scanner{text};
    std::int64_t days = 0;
    if (!scanner.day(before, days) || !scanner.at_end()) return bad(Type::date);
    return Value{Date{static_cast<std::int32_t>(days)}};
}

// "+00", "+05:30", "-03:30:15", or nothing; seconds east of UTC.
bool parse_offset(Scanner& scanner, std::int64_t& seconds) {
    seconds = 0;
    if (scanner.at_end()) return true;
    const bool west = scanner.eat('-');
    if (!west && !scanner.eat('+')) return false;
    std::int64_t part = 0;
    if (!scanner.number(part, 2, 2)) return false;
    seconds = part * 3600;
    for (const std::int64_t unit : {60, 1}) {
        if (!scanner.eat(':')) break;
        if (!scanner.number(part, 2, 2)) return false;
        seconds += part * unit;
    }
    if (west) seconds = -seconds;
    return scanner.at_end();
}

Result<Value> parse_timestamp(Type type, std::string_view text) {
    if (text == "infinity") return Value{Timestamp{Timestamp::kInfinity}};
    if (text == "-infinity") return Value{Timestamp{Timestamp::kMinusInfinity}};
    const bool before = strip_era(text);
    Scanner scanner{text};
    std::int64_t days = 0;
    std::int64_t micros = 0;
    std::int64_t offset = 0;
    if (!scanner.day(before, days) || !(scanner.eat(' ') || scanner.eat('T')) ||
        !scanner.clock(micros) || !parse_offset(scanner, offset)) {
        return bad(type);
    }
    // Our epoch is 30 years before PostgreSQL's, so its last 30 years do not fit.
    static constexpr std::int64_t kDaysMax = std::numeric_limits<std::int64_t>::max() / kDay - 1;
    if (days > kDaysMax || days < -kDaysMax)
        return Error{ErrorKind::bad_value, "timestamp out of range", "22008"};
    return Value{Timestamp{days * kDay + micros - offset * kSecond}};
}

Result<Value> parse_time(std::string_view text) {
    Scanner scanner{text};
    std::int64_t micros = 0;
    if (!scanner.clock(micros) || !scanner.at_end()) return bad(Type::time);
    return Value{TimeOfDay{micros}};
}

template <class T>
Result<Value> lifted(Result<T> parsed, Type type) {
    if (!parsed) return bad(type);
    return Value{std::move(*parsed)};
}

}  // namespace

Result<Value> parse_bytes_hex(std::string_view digits) {
    if (digits.size() % 2 != 0) return bad(Type::bytes);
    Bytes bytes;
    bytes.data.reserve(digits.size() / 2);
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const int high = hex_digit(digits[i]);
        const int low = hex_digit(digits[i + 1]);
        if (high < 0 || low < 0) return bad(Type::bytes);
        bytes.data += static_cast<char>(high * 16 + low);
    }
    return Value{std::move(bytes)};
}

Result<Value> parse_value(Type type, std::string_view text) {
    switch (type) {
        case Type::any:
        case Type::text: return Value{std::string{text}};
        case Type::boolean: return parse_boolean(text);
        case Type::integer: return parse_integer(text);
        case Type::real: return parse_real(text);
        case Type::decimal: return lifted(Decimal::parse(text), type);
        case Type::uuid: return lifted(Uuid::parse(text), type);
        case Type::date: return parse_date(text);
        case Type::timestamp:
        case Type::timestamptz: return parse_timestamp(type, text);
        case Type::time: return parse_time(text);
        case Type::json: {
            auto json = canonical_json(text);
            return Value{json ? std::move(*json) : Json{std::string{text}}};
        }
        case Type::bytes:
            if (!text.starts_with("\\x")) return bad(type);
            return parse_bytes_hex(text.substr(2));
        case Type::secret: break;
    }
    return Error{ErrorKind::internal, "a secret is fingerprinted, not parsed"};
}

Result<Value> parse_value(const MappedColumn& column, std::string_view text) {
    if (column.keeps_text && column.type == Type::json) return Value{Json{std::string{text}}};
    if (column.blank_padded) text = text.substr(0, text.find_last_not_of(' ') + 1);
    return parse_value(column.type, text);
}

std::string format_value(const Value& value) {
    if (const auto* timestamp = std::get_if<Timestamp>(&value)) {
        return format_timestamp(*timestamp, ' ', "+00");
    }
    if (is_null(value) || is_absent(value) || std::holds_alternative<Secret>(value)) {
        throw Failure{Error{ErrorKind::internal, "a value without a text form was to be sent"}};
    }
    return to_display(value);
}

Type type_of(std::string_view type_name) {
    using Entry = std::pair<std::string_view, Type>;
    static constexpr Entry kTypes[] = {
        {"bool", Type::boolean},        {"int2", Type::integer},
        {"int4", Type::integer},        {"int8", Type::integer},
        {"float4", Type::real},         {"float8", Type::real},
        {"numeric", Type::decimal},     {"text", Type::text},
        {"varchar", Type::text},        {"bpchar", Type::text},
        {"name", Type::text},           {"char", Type::text},
        {"uuid", Type::uuid},           {"date", Type::date},
        {"timestamp", Type::timestamp}, {"timestamptz", Type::timestamptz},
        {"time", Type::time},           {"json", Type::json},
        {"jsonb", Type::json},          {"bytea", Type::bytes},
    };
    const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                     [&](const Entry& entry) { return entry.first == type_name; });
    return found == std::end(kTypes) ? Type::any : found->second;
}

}  // namespace crossfade
