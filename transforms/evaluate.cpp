#include "transforms/evaluate.hpp"

#include "model/error.hpp"
#include "model/json.hpp"

#include <algorithm>
#include <array>

namespace crossfade {

namespace {
bool is_number(const Value& v) {
    return std::holds_alternative<std::int64_t>(v) || std::holds_alternative<Decimal>(v);
}

Decimal decimal_of(const Value& v) {
    if (const auto* i = std::get_if<std::int64_t>(&v)) return Decimal{*i};
    return std::get<Decimal>(v);
}

Value decimal_arithmetic(Operator op, const Decimal& a, const Decimal& b) {
    return op == Operator::add ? a + b : op == Operator::subtract ? a - b : a * b;
}

Value integer_arithmetic(Operator op, std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    const bool overflow = op == Operator::add        ? __builtin_add_overflow(a, b, &result)
                          : op == Operator::subtract ? __builtin_sub_overflow(a, b, &result)
                                                     : __builtin_mul_overflow(a, b, &result);
    if (!overflow) return result;
    const Decimal x{a};
    const Decimal y{b};
    return decimal_arithmetic(op, x, y);
}

Value arithmetic(Operator op, const Value& left, const Value& right) {
    if (!is_number(left) || !is_number(right))
        throw Reject{"bad_value: arithmetic on what is no number"};
    if (op == Operator::divide) {
        const Decimal a = decimal_of(left);
        const Decimal b = decimal_of(right);
        auto quotient = Decimal::divide(a, b, 20);
        if (!quotient) throw Reject{"bad_value: division by zero"};
        return quotient->normalized();
    }
    const auto* a = std::get_if<std::int64_t>(&left);
    const auto* b = std::get_if<std::int64_t>(&right);
    if (a != nullptr && b != nullptr) return integer_arithmetic(op, *a, *b);
    const Decimal x = decimal_of(left);
    const Decimal y = decimal_of(right);
    return decimal_arithmetic(op, x, y);
}

Value logic(Operator op, const Value& left, const Value& right) {
    const auto* a = std::get_if<bool>(&left);
    const auto* b = std::get_if<bool>(&right);
    if (op == Operator::logical_and) {
        if ((a != nullptr && !*a) || (b != nullptr && !*b)) return false;
        if (a != nullptr && b != nullptr) return true;
        return Null{};
    }
    if ((a != nullptr && *a) || (b != nullptr && *b)) return true;
    if (a != nullptr && b != nullptr) return false;
    return Null{};
}
}  // namespace

Value text_of(const Value& value) {
    if (is_null(value)) return Null{};
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* json = std::get_if<Json>(&value)) return json->text;
    return to_display(value);
}

Operator operator_of(std::string_view sign) {
    static constexpr std::array<std::pair<std::string_view, Operator>, 13> kSigns{{
        {"and", Operator::logical_and},
        {"or", Operator::logical_or},
        {"||", Operator::concatenate},
        {"+", Operator::add},
        {"-", Operator::subtract},
        {"*", Operator::multiply},
        {"/", Operator::divide},
        {"=", Operator::equal},
        {"<>", Operator::unequal},
        {"<", Operator::less},
        {"<=", Operator::less_or_equal},
        {">", Operator::greater},
        {">=", Operator::greater_or_equal},
    }};
    const auto found =
        std::ranges::find(kSigns, sign, [](const auto& entry) { return entry.first; });
    if (found == kSigns.end()) {
        throw Failure{Error{ErrorKind::internal, "unknown operator '" + std::string{sign} + "'"}};
    }
    return found->second;
}

Value binary_operation(Operator op, const Value& left, const Value& right) {
    if (op == Operator::logical_and || op == Operator::logical_or) return logic(op, left, right);
    if (is_null(left) || is_null(right)) return Null{};
    switch (op) {
        case Operator::concatenate:
            return std::get<std::string>(text_of(left)) + std::get<std::string>(text_of(right));
        case Operator::add:
        case Operator::subtract:
        case Operator::multiply:
        case Operator::divide: return arithmetic(op, left, right);
        case Operator::equal: return compare_values(left, right) == 0;
        case Operator::unequal: return compare_values(left, right) != 0;
        case Operator::less: return compare_values(left, right) < 0;
        case Operator::less_or_equal: return compare_values(left, right) <= 0;
        case Operator::greater: return compare_values(left, right) > 0;
        default: return compare_values(left, right) >= 0;
    }
}

}  // namespace crossfade
