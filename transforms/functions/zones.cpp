// From instants to a zone's days and back, by the zone table of the machine: offsets changed over
// time, so a fixed one would be wrong for old rows.
#include "model/civil.hpp"
#include "transforms/functions/library.hpp"

#include <date/tz.h>

#include <array>
#include <chrono>
#include <limits>

namespace crossfade::functions {

namespace {

// Days whose midnight fits a Timestamp with room for any offset; beyond PostgreSQL's timestamps.
constexpr std::int32_t kDaysMax = 106'000'000;

bool is_infinite(Timestamp instant) {
    return instant.micros == Timestamp::kInfinity || instant.micros == Timestamp::kMinusInfinity;
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

Result<const date::time_zone*> zone_named(const std::string& name) {
    try {
        return date::locate_zone(name);
    } catch (const std::runtime_error&) {
        return bad_value("there is no time zone " + name);
    }
}

Result<Value> local_date(std::span<const Value> args, Flags&) {
    if (any_null(args)) return Value{Null{}};
    const auto* instant = std::get_if<Timestamp>(&args[0]);
    if (instant == nullptr) return bad_value("local_date() wants a timestamp");
    if (instant->micros == Timestamp::kInfinity)
        return Value{Date{std::numeric_limits<std::int32_t>::max()}};
    if (instant->micros == Timestamp::kMinusInfinity) {
        return Value{Date{std::numeric_limits<std::int32_t>::min()}};
    }
    const Result<const date::time_zone*> zone = zone_named(*text_in(args, 1));
    if (!zone) return zone.error();
    const std::int64_t seconds = floor_divide(instant->micros, kSecondMicros);
    const date::sys_info info = (*zone)->get_info(date::sys_seconds{std::chrono::seconds{seconds}});
    return Value{
        Date{static_cast<std::int32_t>(floor_divide(seconds + info.offset.count(), kDaySeconds))}};
}

// The instant at which a zone's clock shows `local`. In the hour that a change of the clock skips
// it is the instant of the change, in the hour it repeats the earlier of the two.
std::int64_t instant_of(const date::time_zone& zone, std::int64_t local_seconds) {
    const date::local_seconds local{std::chrono::seconds{local_seconds}};
    return zone.to_sys(local, date::choose::earliest).time_since_epoch().count();
}

Result<Value> midnight(std::span<const Value> args, Flags&) {
    if (any_null(args)) return Value{Null{}};
    const auto* day = std::get_if<Date>(&args[0]);
    if (day == nullptr) return bad_value("midnight() wants a date");
    if (day->days == std::numeric_limits<std::int32_t>::max())
        return Value{Timestamp{Timestamp::kInfinity}};
    if (day->days == std::numeric_limits<std::int32_t>::min()) {
        return Value{Timestamp{Timestamp::kMinusInfinity}};
    }
    if (day->days > kDaysMax || day->days < -kDaysMax)
        return bad_value("a date outside the range of timestamps");
    const Result<const date::time_zone*> zone = zone_named(*text_in(args, 1));
    if (!zone) return zone.error();
    return Value{Timestamp{instant_of(**zone, day->days * kDaySeconds) * kSecondMicros}};
}

Result<Value> at_zone(std::span<const Value> args, Flags&) {
    if (any_null(args)) return Value{Null{}};
    const auto* local = std::get_if<Timestamp>(&args[0]);
    if (local == nullptr) return bad_value("at_zone() wants a timestamp without time zone");
    if (is_infinite(*local)) return Value{*local};
    const Result<const date::time_zone*> zone = zone_named(*text_in(args, 1));
    if (!zone) return zone.error();
    const std::int64_t seconds = floor_divide(local->micros, kSecondMicros);
    if (seconds / kDaySeconds > kDaysMax || seconds / kDaySeconds < -kDaysMax) {
        return bad_value("a timestamp outside the range of timestamps with time zone");
    }
    const std::int64_t fraction = local->micros - seconds * kSecondMicros;
    return Value{Timestamp{instant_of(**zone, seconds) * kSecondMicros + fraction}};
}

}  // namespace

std::vector<std::string> zone_names() {
    std::vector<std::string> names;
    for (const date::time_zone& zone : date::get_tzdb().zones)
        names.push_back(zone.name());
    return names;
}

std::span<const Function> zone_functions() {
    static const std::array<Function, 3> functions{{
        {"local_date",
         2,
         2,
         Type::date,
         {Type::timestamptz, Type::text},
         local_date,
         "local_date(timestamptz, 'Zone'): the day that the zone's calendar shows"},
        {"midnight",
         2,
         2,
         Type::timestamptz,
         {Type::date, Type::text},
         midnight,
         "midnight(date, 'Zone'): the first instant of the day there"},
        {"at_zone",
         2,
         2,
         Type::timestamptz,
         {Type::timestamp, Type::text},
         at_zone,
         "at_zone(timestamp, 'Zone'): the instant at which the zone's clock shows it"},
    }};
    return functions;
}

}  // namespace crossfade::functions
