// An exact decimal of any size, as PostgreSQL's numeric: digits and a scale, never a double.
#pragma once

#include "model/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace crossfade {

// Immutable. The text is canonical: optional '-', digits, and a fraction of exactly scale() digits;
// or NaN, Infinity, -Infinity, which take part in no arithmetic. "-0" is "0".
class Decimal {
public:
    Decimal() : text_{"0"} {}
    explicit Decimal(std::int64_t value) : text_{std::to_string(value)} {}
    // Accepts sign, digits, '.', exponent as PostgreSQL prints them; keeps trailing zeros of the
    // fraction.
    static Result<Decimal> parse(std::string_view text);

    const std::string& format() const { return text_; }
    bool is_finite() const;
    bool is_negative() const { return text_.front() == '-'; }
    int scale() const;           // digits behind the point
    Decimal normalized() const;  // without trailing zeros of the fraction

    friend Decimal operator+(const Decimal& a, const Decimal& b);
    friend Decimal operator-(const Decimal& a, const Decimal& b);
    friend Decimal operator*(const Decimal& a, const Decimal& b);
    // Quotient rounded half away from zero to `scale` digits. Dividing by zero is a bad_value.
    static Result<Decimal> divide(const Decimal& a, const Decimal& b, int scale);
    Decimal round(int scale) const;  // half away from zero, exactly `scale` digits

    // By value: 1.0 equals 1.00; NaN is greatest, as in PostgreSQL.
    friend int compare(const Decimal& a, const Decimal& b);
    friend bool operator==(const Decimal& a, const Decimal& b) { return compare(a, b) == 0; }

    // The value as an integer, if it is one that fits ("6.0" is 6); else an error.
    Result<std::int64_t> to_int64() const;

private:
    explicit Decimal(std::string text) : text_{std::move(text)} {}
    std::string text_;
};

}  // namespace crossfade
