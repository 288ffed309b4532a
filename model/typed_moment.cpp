// Dates, times and intervals as the server's input functions read them.
#include "model/civil.hpp"
#include "model/typed_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

namespace crossfade {

namespace {

constexpr std::int64_t kDayMicros = kDaySeconds * kSecondMicros;

// ---- dates and times: the ISO forms ----------------------------------------------------------

class Moment {
public:
    explicit Moment(std::string_view text) : rest_{text} {}

    // 2024-02-29, 20240229
    bool day(std::int64_t& days) {
        std::int64_t year = 0, month = 0, day = 0;
        const std::size_t digits = count_digits();
        if (digits == 8) {
            if (!number(year, 4, 4) || !number(month, 2, 2) || !number(day, 2, 2)) return false;
        } else if (!number(year, 4, 6) || !eat('-') || !number(month, 1, 2) || !eat('-') ||
                   !number(day, 1, 2)) {
            return false;
        }
        const CivilDate date{year, static_cast<unsigned>(month), static_cast<unsigned>(day)};
        days = days_from_civil(date);
        return year > 0 && is_valid(date);
    }
    // 12:00, 12:00:01.5; more than six digits of a fraction are rounded.
    bool clock(std::int64_t& micros) {
        std::int64_t hours = 0, minutes = 0, seconds = 0;
        if (!number(hours, 1, 2) || !eat(':') || !number(minutes, 2, 2) || minutes > 59)
            return false;
        if (eat(':') && (!number(seconds, 2, 2) || seconds > 59)) return false;
        micros = ((hours * 60 + minutes) * 60 + seconds) * kSecondMicros;
        return fraction(micros) && micros <= kDayMicros;
    }
    // Z, +02, +0200, -05:30, UTC; seconds east. False: there is something else.
    bool zone(std::int64_t& east) {
        east = 0;
        blanks();
        if (rest_.empty()) return true;
        const std::string word = small_ascii(rest_);
        if (word == "z" || word == "utc" || word == "gmt") {
            rest_ = {};
            return true;
        }
        const bool west = eat('-');
        if (!west && !eat('+')) return false;
        std::int64_t part = 0;
        if (!number(part, 1, 2)) return false;
        east = part * 3600;
        for (const std::int64_t unit : {60, 1}) {
            if (rest_.empty()) break;
            eat(':');
            if (!number(part, 2, 2)) return false;
            east += part * unit;
        }
        if (west) east = -east;
        return rest_.empty();
    }
    // What stands between day and clock.
    bool separator() {
        if (eat('T') || eat('t')) return true;
        const bool blank = rest_.starts_with(' ');
        blanks();
        return blank;
    }
    bool at_end() const { return rest_.empty(); }

private:
    std::size_t count_digits() const {
        return static_cast<std::size_t>(std::find_if_not(rest_.begin(), rest_.end(), is_digit) -
                                        rest_.begin());
    }
    bool eat(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void blanks() {
        while (eat(' ')) {
        }
    }
    bool number(std::int64_t& value, std::size_t least, std::size_t most) {
        const std::size_t digits = std::min(count_digits(), most);
        if (digits < least) return false;
        std::from_chars(rest_.data(), rest_.data() + digits, value);
        rest_.remove_prefix(digits);
        return true;
    }
    bool fraction(std::int64_t& micros) {
        if (!eat('.')) return true;
        const std::size_t digits = count_digits();
        std::int64_t part = 0;
        for (std::size_t i = 0; i < 6; ++i)
            part = part * 10 + (i < digits ? rest_[i] - '0' : 0);
        if (digits > 6 && rest_[6] >= '5') ++part;
        rest_.remove_prefix(digits);
        micros += part;
        return digits > 0;
    }

    std::string_view rest_;
};

// ---- intervals -------------------------------------------------------------------------------

// Days and microseconds of an interval, a month being 30 days: interval_cmp of the server.
class Span {
public:
    bool read(std::string_view text) {
        while (!(text = without_blanks(text)).empty()) {
            const auto blank = text.find(' ');
            const std::string_view word = text.substr(0, blank);
            text.remove_prefix(std::min(word.size(), text.size()));
            if (word.find(':') != std::string_view::npos) {
                if (!clock(word)) return false;
                continue;
            }
            const std::size_t digits = word.find_first_not_of("+-0123456789");
            std::string_view unit =
                digits == std::string_view::npos ? std::string_view{} : word.substr(digits);
            if (unit.empty()) {
                text = without_blanks(text);
                unit = text.substr(0, text.find(' '));
                text.remove_prefix(unit.size());
            }
            if (!add(word.substr(0, digits), unit)) return false;
            some_ = true;
        }
        return some_;
    }

    // "-720:00:00.5": all of it in hours.
    std::string format() const {
        std::int64_t days = days_ + micros_ / kDayMicros;
        std::int64_t micros = micros_ % kDayMicros;
        if (days > 0 && micros < 0) {
            --days;
            micros += kDayMicros;
        } else if (days < 0 && micros > 0) {
            ++days;
            micros -= kDayMicros;
        }
        const bool negative = days < 0 || micros < 0;
        const std::string clock = format_time(TimeOfDay{std::abs(micros)});  // hh:mm:ss[.f]
        const std::int64_t hours = std::abs(days) * 24 + std::stoll(clock.substr(0, 2));
        std::string text = negative ? "-" : "";
        text += (hours < 10 ? "0" : "") + std::to_string(hours);
        return text + clock.substr(2);
    }

private:
    bool add(std::string_view number, std::string_view unit) {
        const auto value = read_integer(number);
        if (!value || number.empty()) return false;
        const std::int64_t count = std::get<std::int64_t>(*value);
        if (std::abs(count) > std::numeric_limits<std::int32_t>::max()) return false;
        struct Unit {
            std::string_view name;
            std::int64_t days, micros;
        };
        static constexpr Unit kUnits[] = {{"year", 360, 0},
                                          {"yr", 360, 0},
                                          {"month", 30, 0},
                                          {"mon", 30, 0},
                                          {"week", 7, 0},
                                          {"day", 1, 0},
                                          {"hour", 0, 3600 * kSecondMicros},
                                          {"minute", 0, 60 * kSecondMicros},
                                          {"min", 0, 60 * kSecondMicros},
                                          {"second", 0, kSecondMicros},
                                          {"sec", 0, kSecondMicros}};
        std::string name = small_ascii(unit);
        if (name.ends_with('s')) name.pop_back();
        const auto* const found = std::ranges::find(kUnits, name, &Unit::name);
        if (found == std::end(kUnits)) return false;
        days_ += count * found->days + count * found->micros / kDayMicros;
        micros_ += count * found->micros % kDayMicros;
        return true;
    }

    // 04:05:06.789, of any number of hours
    bool clock(std::string_view word) {
        const bool negative = word.starts_with('-');
        if (negative || word.starts_with('+')) word.remove_prefix(1);
        const auto colon = word.find(':');
        const auto hours = read_integer(word.substr(0, colon));
        std::int64_t micros = 0;
        const std::string rest = "00" + std::string{word.substr(colon)};
        Moment moment{rest};
        if (!hours || !is_digit(word.front()) || !moment.clock(micros) || !moment.at_end())
            return false;
        const std::int64_t whole = std::get<std::int64_t>(*hours);
        if (whole > 2'562'047'788) return false;  // of what an interval holds
        days_ += (negative ? -1 : 1) * (whole / 24);
        micros += whole % 24 * 3600 * kSecondMicros;
        micros_ += negative ? -micros : micros;
        some_ = true;
        return true;
    }

    std::int64_t days_ = 0, micros_ = 0;
    bool some_ = false;
};

}  // namespace

std::optional<Value> read_date(std::string_view text) {
    const std::string word = small_ascii(text);
    if (word == "infinity") return Value{Date{std::numeric_limits<std::int32_t>::max()}};
    if (word == "-infinity") return Value{Date{std::numeric_limits<std::int32_t>::min()}};
    Moment moment{text};
    std::int64_t days = 0;
    if (!moment.day(days)) return std::nullopt;
    std::int64_t ignored = 0;  // a time of day is cut off
    if (!moment.at_end() &&
        (!moment.separator() || !moment.clock(ignored) || !moment.zone(ignored)))
        return std::nullopt;
    return Value{Date{static_cast<std::int32_t>(days)}};
}

std::optional<Value> read_timestamp(std::string_view text, bool with_zone) {
    const std::string word = small_ascii(text);
    if (word == "infinity") return Value{Timestamp{Timestamp::kInfinity}};
    if (word == "-infinity") return Value{Timestamp{Timestamp::kMinusInfinity}};
    Moment moment{text};
    std::int64_t days = 0, micros = 0, east = 0;
    if (!moment.day(days)) return std::nullopt;
    if (!moment.at_end() && (!moment.separator() || !moment.clock(micros) || !moment.zone(east)))
        return std::nullopt;
    if (with_zone) micros -= east * kSecondMicros;
    return Value{Timestamp{days * kDayMicros + micros}};
}

std::optional<Value> read_time(std::string_view text) {
    Moment moment{text};
    std::int64_t micros = 0, ignored = 0;
    if (!moment.clock(micros) || !moment.zone(ignored)) return std::nullopt;
    return Value{TimeOfDay{micros}};
}

std::optional<Value> read_interval(std::string_view text) {
    Span span;
    if (!span.read(text)) return std::nullopt;
    return Value{span.format()};
}

}  // namespace crossfade
