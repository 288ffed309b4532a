#include "model/civil.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace crossfade {

namespace {
constexpr std::int64_t kDayMicros = 86'400'000'000;

// Years run from March, so that the leap day is the last of its year (Hinnant, "chrono-compatible
// low-level date algorithms"); 400 years have 146097 days.
constexpr std::int64_t kEraDays = 146'097;
constexpr std::int64_t kEpochShift = 719'468;  // 0000-03-01 to 1970-01-01

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

void append_padded(std::string& out, std::int64_t value, int width) {
    char buffer[24];
    const int length =
        std::snprintf(buffer, sizeof buffer, "%0*lld", width, static_cast<long long>(value));
    out.append(buffer, static_cast<std::size_t>(length));
}

// Returns whether the year is before Christ; the caller appends the mark last.
bool append_day(std::string& out, std::int64_t days) {
    const CivilDate date = civil_from_days(days);
    const bool before = date.year <= 0;
    append_padded(out, before ? 1 - date.year : date.year, 4);
    out += '-';
    append_padded(out, date.month, 2);
    out += '-';
    append_padded(out, date.day, 2);
    return before;
}

void append_clock(std::string& out, std::int64_t micros) {
    append_padded(out, micros / 3'600'000'000, 2);
    out += ':';
    append_padded(out, micros / 60'000'000 % 60, 2);
    out += ':';
    append_padded(out, micros / 1'000'000 % 60, 2);
    const std::int64_t fraction = micros % 1'000'000;
    if (fraction == 0) return;
    out += '.';
    append_padded(out, fraction, 6);
    while (out.back() == '0')
        out.pop_back();
}
}  // namespace

std::int64_t days_from_civil(const CivilDate& date) {
    const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
    const std::int64_t era = floor_divide(year, 400);
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
    const std::int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
    const std::int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * kEraDays + day_of_era - kEpochShift;
}

CivilDate civil_from_days(std::int64_t days) {
    const std::int64_t shifted = days + kEpochShift;
    const std::int64_t era = floor_divide(shifted, kEraDays);
    const std::int64_t day_of_era = shifted - era * kEraDays;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month = (5 * day_of_year + 2) / 153;
    CivilDate date;
    date.day = static_cast<unsigned>(day_of_year - (153 * month + 2) / 5 + 1);
    date.month = static_cast<unsigned>(month < 10 ? month + 3 : month - 9);
    date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
    return date;
}

bool is_valid(const CivilDate& date) {
    return date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= 31 &&
           civil_from_days(days_from_civil(date)) == date;
}

std::string format_date(Date date) {
    if (date.days == std::numeric_limits<std::int32_t>::max()) return "infinity";
    if (date.days == std::numeric_limits<std::int32_t>::min()) return "-infinity";
    std::string out;
    if (append_day(out, date.days)) out += " BC";
    return out;
}

std::string format_time(TimeOfDay time) {
    std::string out;
    append_clock(out, time.micros);
    return out;
}

std::string format_timestamp(Timestamp timestamp, char separator, std::string_view zone) {
    if (timestamp.micros == Timestamp::kInfinity) return "infinity";
    if (timestamp.micros == Timestamp::kMinusInfinity) return "-infinity";
    const std::int64_t days = floor_divide(timestamp.micros, kDayMicros);
    // The first day of the range begins before the least value: days * kDayMicros would overflow.
    const std::int64_t rest = timestamp.micros % kDayMicros;
    std::string out;
    const bool before = append_day(out, days);
    out += separator;
    append_clock(out, rest < 0 ? rest + kDayMicros : rest);
    out += zone;
    if (before) out += " BC";
    return out;
}

std::string format_real(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    char buffer[40];
    const auto scientific =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
    const std::string_view text{buffer, static_cast<std::size_t>(scientific.ptr - buffer)};
    int exponent = 0;
    const char* digits = buffer + text.find('e') + 1;
    std::from_chars(*digits == '+' ? digits + 1 : digits, scientific.ptr, exponent);
    if (exponent < -4 || exponent >= 15) return std::string{text};
    char fixed[64];
    const auto end = std::to_chars(fixed, fixed + sizeof fixed, value, std::chars_format::fixed);
    return std::string{fixed, end.ptr};
}

}  // namespace crossfade
