// Calendar arithmetic and the text of dates and times, over PostgreSQL's whole range: std::chrono's
// years end at 32767, those of a timestamp at 294276. Proleptic Gregorian; year 0 is 1 BC.
#pragma once

#include "model/value.hpp"

#include <cstdint>
#include <string>

namespace crossfade {

inline constexpr std::int64_t kSecondMicros = 1'000'000;
inline constexpr std::int64_t kDaySeconds = 86'400;

struct CivilDate {
    std::int64_t year = 1970;  // astronomical: 0 is 1 BC
    unsigned month = 1;        // 1..12
    unsigned day = 1;          // 1..31
    friend bool operator==(const CivilDate&, const CivilDate&) = default;
};

std::int64_t days_from_civil(const CivilDate& date);  // days since 1970-01-01
CivilDate civil_from_days(std::int64_t days);
bool is_valid(const CivilDate& date);  // such a day exists

// "2024-02-29", "0044-03-15 BC", "infinity", "-infinity".
std::string format_date(Date date);
// "03:04:05", "03:04:05.5", "24:00:00".
std::string format_time(TimeOfDay time);
// `separator` stands between date and time, `zone` behind the time and before " BC":
// (' ', "") is PostgreSQL's timestamp, (' ', "+00") its timestamptz in UTC, ('T', "+00:00") its
// JSON.
std::string format_timestamp(Timestamp timestamp, char separator, std::string_view zone);

// The shortest text that reads back as the same double, as PostgreSQL prints float8 ("NaN",
// "Infinity", "1e+15").
std::string format_real(double value);

}  // namespace crossfade
