// Numbers. A number is an integer or an exact decimal; a double of the source becomes the decimal
// that PostgreSQL prints for it.
#include "model/civil.hpp"
#include "transforms/functions/library.hpp"

#include <array>
#include <optional>

namespace crossfade::functions {

namespace {

constexpr std::size_t kDigitsMax = 1000;
constexpr std::int64_t kScaleMax = 1000;

// [sign] digits, with '.' or ',' before, among or behind them. No exponent, no NaN, no grouping.
std::optional<Decimal> parse_number(std::string_view text) {
    if (text.size() > kDigitsMax) return std::nullopt;
    std::string canonical;
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
        if (text.front() == '-') canonical = "-";
        text.remove_prefix(1);
    }
    std::string whole;
    std::string fraction;
    bool point = false;
    for (const char c : text) {
        if (is_digit(c)) {
            (point ? fraction : whole) += c;
        } else if ((c == '.' || c == ',') && !point) {
            point = true;
        } else {
            return std::nullopt;
        }
    }
    if (whole.empty() && fraction.empty()) return std::nullopt;
    canonical += whole.empty() ? "0" : whole;
    if (!fraction.empty()) canonical += "." + fraction;
    Result<Decimal> decimal = Decimal::parse(canonical);
    if (!decimal) return std::nullopt;
    return *decimal;
}

// NULL for NULL and for a blank text; nullopt for what is no number.
std::optional<Value> number_of(const Value& value) {
    if (is_null(value) || std::holds_alternative<std::int64_t>(value)) return value;
    if (const auto* truth = std::get_if<bool>(&value)) return Value{std::int64_t{*truth ? 1 : 0}};
    if (const auto* decimal = std::get_if<Decimal>(&value)) {
        if (!decimal->is_finite()) return std::nullopt;
        return value;
    }
    if (const auto* real = std::get_if<double>(&value)) {
        Result<Decimal> decimal = Decimal::parse(format_real(*real));
        if (!decimal || !decimal->is_finite()) return std::nullopt;
        return Value{*decimal};
    }
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return std::nullopt;
    const std::string_view content = trim(*text);
    if (content.empty()) return Value{Null{}};
    std::optional<Decimal> decimal = parse_number(content);
    if (!decimal) return std::nullopt;
    return Value{std::move(*decimal)};
}

Result<Value> num(std::span<const Value> args, Flags& flags) {
    std::optional<Value> number = number_of(args[0]);
    if (!number) {
        flags.raise("bad_number");
        return Value{Null{}};
    }
    if (const auto* whole = std::get_if<std::int64_t>(&*number)) return Value{Decimal{*whole}};
    return std::move(*number);
}

Result<Value> integer(std::span<const Value> args, Flags& flags) {
    std::optional<Value> number = number_of(args[0]);
    if (number) {
        const auto* decimal = std::get_if<Decimal>(&*number);
        if (decimal == nullptr) return std::move(*number);
        const Result<std::int64_t> whole = decimal->to_int64();
        if (whole) return Value{*whole};
    }
    flags.raise("bad_number");
    return Value{Null{}};
}

Result<Value> flag(std::span<const Value> args, Flags&) {
    if (const auto* truth = std::get_if<bool>(&args[0])) return Value{*truth};
    const std::int64_t* number = integer_in(args, 0);
    return Value{number != nullptr && *number == 1};
}

Result<Value> round(std::span<const Value> args, Flags&) {
    if (any_null(args)) return Value{Null{}};
    const std::optional<Value> number = number_of(args[0]);
    if (!number || std::holds_alternative<std::string>(args[0]))
        return bad_value("round of what is no number");
    const std::int64_t scale = args.size() > 1 ? *integer_in(args, 1) : 0;
    if (scale < 0 || scale > kScaleMax)
        return bad_value("round to fewer than 0 or more than 1000 digits");
    const auto* whole = std::get_if<std::int64_t>(&*number);
    const Decimal decimal = whole ? Decimal{*whole} : std::get<Decimal>(*number);
    return Value{decimal.round(static_cast<int>(scale))};
}

Result<Value> abs(std::span<const Value> args, Flags&) {
    if (is_null(args[0])) return Value{Null{}};
    const std::optional<Value> number = number_of(args[0]);
    if (!number || std::holds_alternative<std::string>(args[0]))
        return bad_value("abs of what is no number");
    if (const auto* whole = std::get_if<std::int64_t>(&*number)) {
        if (*whole >= 0) return Value{*whole};
        if (*whole > std::numeric_limits<std::int64_t>::min()) return Value{-*whole};
        return Value{Decimal{0} - Decimal{*whole}};
    }
    const Decimal& decimal = std::get<Decimal>(*number);
    return Value{decimal.is_negative() ? Decimal{0} - decimal : decimal};
}

}  // namespace

std::span<const Function> number_functions() {
    static const std::array<Function, 5> functions{{
        {"num",
         1,
         1,
         Type::decimal,
         {},
         num,
         "a decimal from a text with '.' or ','; else NULL and the flag bad_number"},
        {"int",
         1,
         1,
         Type::integer,
         {},
         integer,
         "an integer from a text or number ('6,0' is 6); else NULL and the flag bad_number"},
        {"flag", 1, 1, Type::boolean, {}, flag, "true for 1, false for anything else and for NULL"},
        {"round",
         1,
         2,
         Type::decimal,
         {Type::any, Type::integer},
         round,
         "round(number, digits): half away from zero"},
        {"abs", 1, 1, Type::any, {}, abs, "the number without its sign"},
    }};
    return functions;
}

}  // namespace crossfade::functions
