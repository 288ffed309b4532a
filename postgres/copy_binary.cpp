#include "postgres/copy_binary.hpp"

#include "model/json.hpp"
#include "postgres/codec.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

namespace crossfade {

namespace {
constexpr std::int64_t kEpochDays = 10'957;  // 1970-01-01 to 2000-01-01
constexpr std::int64_t kEpochMicros = kEpochDays * 86'400'000'000;

template <class U>
void append_big_endian(std::string& out, U value) {
    for (int shift = static_cast<int>(sizeof(U)) * 8 - 8; shift >= 0; shift -= 8) {
        out += static_cast<char>(static_cast<unsigned char>(value >> shift));
    }
}

void append_length(std::string& out, std::size_t length) {
    append_big_endian(out, static_cast<std::uint32_t>(length));
}

template <class S>
Result<void> append_integer(std::string& out, std::int64_t value) {
    if (value < std::numeric_limits<S>::min() || value > std::numeric_limits<S>::max()) {
        return Error{ErrorKind::bad_value, "integer out of range", "22003"};
    }
    append_length(out, sizeof(S));
    append_big_endian(out, static_cast<std::make_unsigned_t<S>>(static_cast<S>(value)));
    return {};
}

template <class F, class U>
void append_float(std::string& out, F value) {
    U bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    append_length(out, sizeof bits);
    append_big_endian(out, bits);
}

// numeric_send: count of base-10000 digits, weight of the first, sign, display scale, digits.
Result<void> append_numeric(std::string& out, const Decimal& value) {
    const std::string& text = value.format();
    if (!value.is_finite()) {
        const std::uint16_t sign = text == "NaN" ? 0xC000 : (text.front() == '-' ? 0xF000 : 0xD000);
        append_length(out, 8);
        append_big_endian(out, std::uint32_t{0});
        append_big_endian(out, sign);
        append_big_endian(out, std::uint16_t{0});
        return {};
    }
    const bool negative = value.is_negative();
    const auto point = text.find('.');
    std::string whole = text.substr(
        negative ? 1 : 0, point == std::string::npos ? point : point - (negative ? 1 : 0));
    std::string fraction = point == std::string::npos ? "" : text.substr(point + 1);
    const std::size_t scale = fraction.size();
    if (whole == "0") whole.clear();
    whole.insert(0, (4 - whole.size() % 4) % 4, '0');
    fraction.append((4 - fraction.size() % 4) % 4, '0');
    std::vector<std::uint16_t> digits;
    const std::string all = whole + fraction;
    for (std::size_t i = 0; i < all.size(); i += 4) {
        digits.push_back(static_cast<std::uint16_t>((all[i] - '0') * 1000 +
                                                    (all[i + 1] - '0') * 100 +
                                                    (all[i + 2] - '0') * 10 + (all[i + 3] - '0')));
    }
    auto weight = static_cast<std::int64_t>(whole.size() / 4) - 1;
    while (!digits.empty() && digits.back() == 0)
        digits.pop_back();
    std::size_t leading = 0;
    while (leading < digits.size() && digits[leading] == 0)
        ++leading;
    digits.erase(digits.begin(), digits.begin() + static_cast<std::ptrdiff_t>(leading));
    weight = digits.empty() ? 0 : weight - static_cast<std::int64_t>(leading);
    if (scale > 16383 || weight > std::numeric_limits<std::int16_t>::max()) {
        return Error{ErrorKind::bad_value, "value overflows numeric format", "22003"};
    }
    append_length(out, 8 + 2 * digits.size());
    append_big_endian(out, static_cast<std::uint16_t>(digits.size()));
    append_big_endian(out, static_cast<std::uint16_t>(weight));
    append_big_endian(out, static_cast<std::uint16_t>(negative ? 0x4000 : 0));
    append_big_endian(out, static_cast<std::uint16_t>(scale));
    for (const std::uint16_t digit : digits)
        append_big_endian(out, digit);
    return {};
}

void append_string(std::string& out, std::string_view text, bool jsonb = false) {
    append_length(out, text.size() + (jsonb ? 1 : 0));
    if (jsonb) out += '\x01';  // version
    out += text;
}

Result<void> append_date(std::string& out, Date date) {
    const bool infinite = date.days == std::numeric_limits<std::int32_t>::max() ||
                          date.days == std::numeric_limits<std::int32_t>::min();
    const std::int64_t days = infinite ? date.days : date.days - kEpochDays;
    if (days < std::numeric_limits<std::int32_t>::min()) {
        return Error{ErrorKind::bad_value, "date out of range", "22008"};
    }
    return append_integer<std::int32_t>(out, days);
}

Result<void> append_timestamp(std::string& out, Timestamp timestamp) {
    const bool infinite =
        timestamp.micros == Timestamp::kInfinity || timestamp.micros == Timestamp::kMinusInfinity;
    if (!infinite && timestamp.micros < Timestamp::kMinusInfinity + kEpochMicros) {
        return Error{ErrorKind::bad_value, "timestamp out of range", "22008"};
    }
    return append_integer<std::int64_t>(
        out, infinite ? timestamp.micros : timestamp.micros - kEpochMicros);
}

Result<void> append_float4(std::string& out, double value) {
    const auto narrow = static_cast<float>(value);
    if (std::isinf(narrow) != std::isinf(value) || (narrow == 0) != (value == 0)) {
        return Error{ErrorKind::bad_value, "value out of range for real", "22003"};
    }
    append_float<float, std::uint32_t>(out, narrow);
    return {};
}

bool is_text_like(WireType type) {
    return type == WireType::text || type == WireType::json || type == WireType::jsonb;
}

using Field = std::optional<Result<void>>;

Field append_native_integer(std::string& out, const Value& value, WireType type) {
    const auto* v = std::get_if<std::int64_t>(&value);
    if (v == nullptr) return std::nullopt;
    if (type == WireType::int2) return append_integer<std::int16_t>(out, *v);
    if (type == WireType::int4) return append_integer<std::int32_t>(out, *v);
    return append_integer<std::int64_t>(out, *v);
}

Field append_native_number(std::string& out, const Value& value, WireType type) {
    if (type == WireType::numeric) {
        if (const auto* v = std::get_if<Decimal>(&value)) return append_numeric(out, *v);
        if (const auto* v = std::get_if<std::int64_t>(&value))
            return append_numeric(out, Decimal{*v});
        return std::nullopt;
    }
    const auto* v = std::get_if<double>(&value);
    if (v == nullptr) return std::nullopt;
    if (type == WireType::float4) return append_float4(out, *v);
    append_float<double, std::uint64_t>(out, *v);
    return Result<void>{};
}

Field append_native_bool(std::string& out, const Value& value) {
    const auto* v = std::get_if<bool>(&value);
    if (v == nullptr) return std::nullopt;
    append_length(out, 1);
    out += *v ? '\x01' : '\0';
    return Result<void>{};
}

Field append_native_uuid(std::string& out, const Value& value) {
    const auto* v = std::get_if<Uuid>(&value);
    if (v == nullptr) return std::nullopt;
    append_length(out, v->bytes.size());
    for (const std::uint8_t byte : v->bytes)
        out += static_cast<char>(byte);
    return Result<void>{};
}

Field append_native_text(std::string& out, const Value& value, bool is_jsonb) {
    if (const auto* v = std::get_if<std::string>(&value)) {
        append_string(out, *v, is_jsonb);
        return Result<void>{};
    }
    if (const auto* v = std::get_if<Json>(&value)) {
        append_string(out, v->text, is_jsonb);
        return Result<void>{};
    }
    return std::nullopt;
}

// The field if the value's kind is the column's own; nothing if it must be converted first.
Field append_native(std::string& out, const Value& value, WireType type) {
    switch (type) {
        case WireType::int2:
        case WireType::int4:
        case WireType::int8: return append_native_integer(out, value, type);
        case WireType::float4:
        case WireType::float8:
        case WireType::numeric: return append_native_number(out, value, type);
        case WireType::boolean: return append_native_bool(out, value);
        case WireType::uuid: return append_native_uuid(out, value);
        case WireType::date:
            if (const auto* v = std::get_if<Date>(&value)) return append_date(out, *v);
            break;
        case WireType::timestamp:
            if (const auto* v = std::get_if<Timestamp>(&value)) return append_timestamp(out, *v);
            break;
        case WireType::time:
            if (const auto* v = std::get_if<TimeOfDay>(&value))
                return append_integer<std::int64_t>(out, v->micros);
            break;
        case WireType::bytea:
            if (const auto* v = std::get_if<Bytes>(&value)) {
                append_string(out, v->data);
                return Result<void>{};
            }
            break;
        case WireType::text:
        case WireType::json:
        case WireType::jsonb: return append_native_text(out, value, type == WireType::jsonb);
        case WireType::other: break;
    }
    return std::nullopt;
}

Type type_read_by(WireType type) {
    switch (type) {
        case WireType::int2:
        case WireType::int4:
        case WireType::int8: return Type::integer;
        case WireType::float4:
        case WireType::float8: return Type::real;
        case WireType::numeric: return Type::decimal;
        case WireType::boolean: return Type::boolean;
        case WireType::uuid: return Type::uuid;
        case WireType::date: return Type::date;
        case WireType::timestamp: return Type::timestamptz;
        case WireType::time: return Type::time;
        case WireType::bytea: return Type::bytes;
        default: return Type::text;
    }
}

Result<Value> converted(const Value& value, WireType type) {
    const Type wanted = type_read_by(type);
    if (wanted == Type::integer) {
        if (const auto* decimal = std::get_if<Decimal>(&value)) {
            const auto integer = decimal->to_int64();
            if (!integer) return integer.error();
            return Value{*integer};
        }
    }
    if (const auto* date = std::get_if<Date>(&value); date && wanted == Type::timestamptz) {
        return parse_value(wanted, format_value(*date) + " 00:00:00");
    }
    return parse_value(wanted, format_value(value));
}
}  // namespace

WireType wire_type_of(std::string_view type_name) {
    using Entry = std::pair<std::string_view, WireType>;
    static constexpr Entry kTypes[] = {
        {"int2", WireType::int2},           {"int4", WireType::int4},
        {"int8", WireType::int8},           {"float4", WireType::float4},
        {"float8", WireType::float8},       {"numeric", WireType::numeric},
        {"text", WireType::text},           {"varchar", WireType::text},
        {"bpchar", WireType::text},         {"name", WireType::text},
        {"citext", WireType::text},         {"bool", WireType::boolean},
        {"uuid", WireType::uuid},           {"date", WireType::date},
        {"timestamp", WireType::timestamp}, {"timestamptz", WireType::timestamp},
        {"time", WireType::time},           {"json", WireType::json},
        {"jsonb", WireType::jsonb},         {"bytea", WireType::bytea},
    };
    const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                     [&](const Entry& entry) { return entry.first == type_name; });
    return found == std::end(kTypes) ? WireType::other : found->second;
}

void append_tuple_header(std::string& out, std::size_t fields) {
    append_big_endian(out, static_cast<std::uint16_t>(fields));
}

Result<void> append_binary_field(std::string& out, const Value& value, WireType type) {
    if (is_null(value)) {
        append_big_endian(out, ~std::uint32_t{0});
        return {};
    }
    if (type == WireType::other) {
        throw Failure{Error{ErrorKind::internal, "no binary form for a column's type"}};
    }
    if (auto native = append_native(out, value, type)) return std::move(*native);
    if (is_text_like(type)) {
        append_string(out, type == WireType::text ? format_value(value) : json_scalar(value),
                      type == WireType::jsonb);
        return {};
    }
    const auto other = converted(value, type);
    if (!other) return other.error();
    auto appended = append_native(out, *other, type);
    return appended ? std::move(*appended)
                    : Error{ErrorKind::internal, "value of an unexpected kind"};
}

}  // namespace crossfade
