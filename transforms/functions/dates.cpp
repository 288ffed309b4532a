// Dates and timestamps out of texts and digits. Nothing here knows today's date.
#include "model/civil.hpp"
#include "transforms/functions/library.hpp"

#include <array>
#include <charconv>
#include <optional>

namespace crossfade::functions {

namespace {

// Takes between `least` and `most` digits off the front.
std::optional<std::int64_t> take_digits(std::string_view& text, std::size_t least,
                                        std::size_t most) {
    std::int64_t number = 0;
    std::size_t count = 0;
    while (count < most && count < text.size() && is_digit(text[count])) {
        number = number * 10 + (text[count++] - '0');
    }
    if (count < least) return std::nullopt;
    text.remove_prefix(count);
    return number;
}

bool take(std::string_view& text, char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<Date> valid_date(std::int64_t year, std::int64_t month, std::int64_t day) {
    const CivilDate civil{year, static_cast<unsigned>(month), static_cast<unsigned>(day)};
    if (!is_valid(civil)) return std::nullopt;
    return Date{static_cast<std::int32_t>(days_from_civil(civil))};
}

// D/M/YYYY with one or two digits for day and month.
std::optional<Date> parse_slashed(std::string_view text) {
    const auto day = take_digits(text, 1, 2);
    if (!day || !take(text, '/')) return std::nullopt;
    const auto month = take_digits(text, 1, 2);
    if (!month || !take(text, '/')) return std::nullopt;
    const auto year = take_digits(text, 4, 4);
    if (!year || !text.empty()) return std::nullopt;
    return valid_date(*year, *month, *day);
}

// YYYY-MM-DD off the front.
std::optional<Date> take_iso(std::string_view& text) {
    const auto year = take_digits(text, 4, 4);
    if (!year || !take(text, '-')) return std::nullopt;
    const auto month = take_digits(text, 2, 2);
    if (!month || !take(text, '-')) return std::nullopt;
    const auto day = take_digits(text, 2, 2);
    if (!day) return std::nullopt;
    return valid_date(*year, *month, *day);
}

bool within_years(Date date, std::int64_t first, std::int64_t last) {
    const std::int64_t year = civil_from_days(date.days).year;
    return year >= first && year <= last;
}

Result<Value> date(std::span<const Value> args, Flags& flags) {
    if (is_null(args[0]) || std::holds_alternative<Date>(args[0])) return args[0];
    const std::string* text = text_in(args, 0);
    if (text == nullptr)
        return bad_value("date() reads a text; local_date(timestamp, zone) a timestamp");
    const std::int64_t first = integer_in(args, 1) ? *integer_in(args, 1) : 1900;
    const std::int64_t last = integer_in(args, 2) ? *integer_in(args, 2) : 2100;
    std::string_view content = trim(*text);
    if (content.empty()) return Value{Null{}};
    std::optional<Date> day = parse_slashed(content);
    if (!day) {
        day = take_iso(content);
        if (!content.empty()) day = std::nullopt;
    }
    if (day && within_years(*day, first, last)) return Value{*day};
    flags.raise("bad_date");
    return Value{Null{}};
}

// HH:MM[:SS[.ffffff]] off the front, in microseconds.
std::optional<std::int64_t> take_clock(std::string_view& text) {
    const auto hour = take_digits(text, 2, 2);
    if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
    const auto minute = take_digits(text, 2, 2);
    if (!minute || *minute > 59) return std::nullopt;
    std::int64_t micros = (*hour * 3600 + *minute * 60) * kSecondMicros;
    if (!take(text, ':')) return micros;
    const auto second = take_digits(text, 2, 2);
    if (!second || *second > 59) return std::nullopt;
    micros += *second * kSecondMicros;
    if (!take(text, '.')) return micros;
    const std::size_t before = text.size();
    const auto fraction = take_digits(text, 1, 6);
    if (!fraction) return std::nullopt;
    std::int64_t part = *fraction;
    for (std::size_t digits = before - text.size(); digits < 6; ++digits)
        part *= 10;
    return micros + part;
}

// "Z", "+04", "+04:00" off the front, in seconds east of UTC.
std::optional<std::int64_t> take_offset(std::string_view& text) {
    if (take(text, 'Z')) return 0;
    const bool west = text.starts_with('-');
    if (!take(text, '+') && !take(text, '-')) return std::nullopt;
    const auto hours = take_digits(text, 2, 2);
    if (!hours || *hours > 15) return std::nullopt;
    std::int64_t minutes = 0;
    if (take(text, ':')) {
        const auto read = take_digits(text, 2, 2);
        if (!read || *read > 59) return std::nullopt;
        minutes = *read;
    }
    const std::int64_t seconds = *hours * 3600 + minutes * 60;
    return west ? -seconds : seconds;
}

// ISO 8601 with an offset: without one, the instant would depend on somebody's zone.
std::optional<Timestamp> parse_instant(std::string_view text) {
    const std::optional<Date> day = take_iso(text);
    if (!day || (!take(text, 'T') && !take(text, ' '))) return std::nullopt;
    const std::optional<std::int64_t> clock = take_clock(text);
    const std::optional<std::int64_t> offset = clock ? take_offset(text) : std::nullopt;
    if (!offset || !text.empty()) return std::nullopt;
    return Timestamp{(day->days * kDaySeconds - *offset) * kSecondMicros + *clock};
}

Result<Value> ts(std::span<const Value> args, Flags& flags) {
    if (is_null(args[0]) || std::holds_alternative<Timestamp>(args[0])) return args[0];
    const std::string* text = text_in(args, 0);
    if (text == nullptr) return bad_value("ts() reads a timestamp or a text");
    const std::string_view content = trim(*text);
    if (content.empty()) return Value{Null{}};
    if (const std::optional<Timestamp> instant = parse_instant(content)) return Value{*instant};
    flags.raise("bad_date");
    return Value{Null{}};
}

Result<Value> timestamp(std::span<const Value> args, Flags&) {
    const std::string* text = text_in(args, 0);
    if (text == nullptr) return Value{Null{}};
    const std::optional<Timestamp> instant = parse_instant(*text);
    if (!instant) return bad_value("timestamp() wants a constant such as '1970-01-01T00:00:00Z'");
    return Value{*instant};
}

// Ids that begin with the day they were made: YYMMDD, of this century.
Result<Value> digits_date(std::span<const Value> args, Flags&) {
    if (any_null(args)) return Value{Null{}};
    const std::int64_t id = *integer_in(args, 0);
    if (id < 0) return Value{Null{}};
    const std::string digits = std::to_string(id);
    const auto size = static_cast<std::int64_t>(digits.size());
    if (size < *integer_in(args, 1) || size > *integer_in(args, 2) || size < 6)
        return Value{Null{}};
    std::string_view text = digits;
    const std::int64_t year = 2000 + *take_digits(text, 2, 2);
    const std::int64_t month = *take_digits(text, 2, 2);
    const std::int64_t day = *take_digits(text, 2, 2);
    if (year < *integer_in(args, 3) || year > *integer_in(args, 4)) return Value{Null{}};
    const std::optional<Date> date = valid_date(year, month, day);
    return date ? Value{*date} : Value{Null{}};
}

}  // namespace

std::span<const Function> date_functions() {
    static const std::array<Function, 4> functions{{
        {"date",
         1,
         3,
         Type::date,
         {Type::any, Type::integer},
         date,
         "date(text, first year = 1900, last year = 2100): dd/mm/yyyy or yyyy-mm-dd; else NULL and "
         "bad_date"},
        {"ts",
         1,
         1,
         Type::timestamptz,
         {},
         ts,
         "a timestamp as it is, or from an ISO 8601 text with offset; else NULL and bad_date"},
        {"timestamp",
         1,
         1,
         Type::timestamptz,
         {Type::text},
         timestamp,
         "a constant instant: timestamp('1970-01-01T00:00:00Z')"},
        {"digits_date",
         5,
         5,
         Type::date,
         {Type::integer},
         digits_date,
         "digits_date(id, least digits, most digits, first year, last year): its first six as "
         "YYMMDD, or NULL"},
    }};
    return functions;
}

}  // namespace crossfade::functions
