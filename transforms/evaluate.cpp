#include "transforms/evaluate.hpp"

#include "model/json.hpp"

namespace crossfade {

namespace {
Value number(const Decimal& value) { return value; }

bool is_number(const Value& v) {
    return std::holds_alternative<std::int64_t>(v) || std::holds_alternative<Decimal>(v);
}

Decimal decimal_of(const Value& v) {
    if (const auto* i = std::get_if<std::int64_t>(&v)) return Decimal{*i};
    return std::get<Decimal>(v);
}

Value integer_arithmetic(char op, std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    const bool overflow = op == '+'   ? __builtin_add_overflow(a, b, &result)
                          : op == '-' ? __builtin_sub_overflow(a, b, &result)
                                      : __builtin_mul_overflow(a, b, &result);
    if (!overflow) return result;
    const Decimal x{a};
    const Decimal y{b};
    return number(op == '+' ? x + y : op == '-' ? x - y : x * y);
}

Value arithmetic(char op, const Value& left, const Value& right) {
    if (!is_number(left) || !is_number(right))
        throw Reject{"bad_value: arithmetic on what is no number"};
    if (op == '/') {
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
    return number(op == '+' ? x + y : op == '-' ? x - y : x * y);
}

Value logic(const std::string& op, const Value& left, const Value& right) {
    const auto* a = std::get_if<bool>(&left);
    const auto* b = std::get_if<bool>(&right);
    if (op == "and") {
        if ((a && !*a) || (b && !*b)) return false;
        if (a && b) return true;
        return Null{};
    }
    if ((a && *a) || (b && *b)) return true;
    if (a && b) return false;
    return Null{};
}
}  // namespace

Value text_of(const Value& value) {
    if (is_null(value)) return Null{};
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* json = std::get_if<Json>(&value)) return json->text;
    return to_display(value);
}

Value binary_operation(const std::string& op, const Value& left, const Value& right) {
    if (op == "and" || op == "or") return logic(op, left, right);
    if (is_null(left) || is_null(right)) return Null{};
    if (op == "||")
        return std::get<std::string>(text_of(left)) + std::get<std::string>(text_of(right));
    if (op.size() == 1 && std::string_view{"+-*/"}.find(op[0]) != std::string_view::npos) {
        return arithmetic(op[0], left, right);
    }
    const int order = compare_values(left, right);
    if (op == "=") return order == 0;
    if (op == "<>") return order != 0;
    if (op == "<") return order < 0;
    if (op == "<=") return order <= 0;
    if (op == ">") return order > 0;
    return order >= 0;
}

}  // namespace crossfade
