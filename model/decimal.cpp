#include "model/decimal.hpp"

#include <boost/multiprecision/cpp_int.hpp>

#include <algorithm>
#include <charconv>

namespace crossfade {

namespace {
using BigInt = boost::multiprecision::cpp_int;

struct Parts {
    BigInt unscaled;
    int scale = 0;
};

BigInt power_of_ten(int exponent) {
    return boost::multiprecision::pow(BigInt{10}, static_cast<unsigned>(exponent));
}

Parts parts_of(const std::string& text) {
    std::string digits;
    int scale = 0;
    bool fraction = false;
    for (const char c : text) {
        if (c == '.')
            fraction = true;
        else if (c != '-') {
            digits += c;
            if (fraction) ++scale;
        }
    }
    const auto first = digits.find_first_not_of('0');  // cpp_int reads a leading 0 as octal
    Parts parts{first == std::string::npos ? BigInt{0} : BigInt{digits.substr(first)}, scale};
    if (text.front() == '-') parts.unscaled = -parts.unscaled;
    return parts;
}

std::string text_of(const BigInt& unscaled, int scale) {
    const bool negative = unscaled < 0;
    std::string digits = BigInt{negative ? BigInt{-unscaled} : unscaled}.str();
    const auto width = static_cast<std::size_t>(scale);
    if (digits.size() <= width) digits.insert(0, width + 1 - digits.size(), '0');
    if (scale > 0) digits.insert(digits.size() - width, 1, '.');
    return negative ? "-" + digits : digits;
}

void align(Parts& a, Parts& b) {
    if (a.scale < b.scale) a.unscaled *= power_of_ten(b.scale - a.scale);
    if (b.scale < a.scale) b.unscaled *= power_of_ten(a.scale - b.scale);
    a.scale = b.scale = std::max(a.scale, b.scale);
}

// a / b rounded half away from zero.
BigInt divide_half_up(const BigInt& a, const BigInt& b) {
    const bool negative = (a < 0) != (b < 0);
    const BigInt numerator = abs(a);
    const BigInt denominator = abs(b);
    const BigInt quotient = (2 * numerator + denominator) / (2 * denominator);
    return negative ? BigInt{-quotient} : quotient;
}

// NaN above Infinity above the numbers above -Infinity.
int rank_of(const std::string& text) {
    if (text == "NaN") return 2;
    if (text == "Infinity") return 1;
    return text == "-Infinity" ? -1 : 0;
}
}  // namespace

Result<Decimal> Decimal::parse(std::string_view text) {
    const Error bad{ErrorKind::bad_value, "not a number"};
    if (text == "NaN" || text == "Infinity" || text == "-Infinity")
        return Decimal{std::string{text}};
    std::size_t i = 0;
    const bool negative = !text.empty() && text[0] == '-';
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) ++i;
    std::string digits;
    int scale = 0;
    bool fraction = false;
    for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
        if (text[i] == '.' && !fraction)
            fraction = true;
        else if (text[i] >= '0' && text[i] <= '9') {
            digits += text[i];
            if (fraction) ++scale;
        } else
            return bad;
    }
    if (digits.empty()) return bad;
    if (i < text.size()) {
        int exponent = 0;
        std::string_view rest = text.substr(i + 1);
        if (!rest.empty() && rest[0] == '+') rest.remove_prefix(1);
        const auto [stop, error] =
            std::from_chars(rest.data(), rest.data() + rest.size(), exponent);
        if (error != std::errc{} || stop != rest.data() + rest.size()) return bad;
        if (exponent > 131072 || exponent < -16383) return bad;
        scale -= exponent;
        if (scale < 0) {
            digits.append(static_cast<std::size_t>(-scale), '0');
            scale = 0;
        }
    }
    const auto width = static_cast<std::size_t>(scale);
    if (digits.size() <= width) digits.insert(0, width + 1 - digits.size(), '0');
    const auto first = std::min(digits.find_first_not_of('0'), digits.size() - width - 1);
    const bool zero = digits.find_first_not_of('0') == std::string::npos;
    digits.erase(0, first);
    if (scale > 0) digits.insert(digits.size() - width, 1, '.');
    return Decimal{negative && !zero ? "-" + digits : digits};
}

bool Decimal::is_finite() const { return rank_of(text_) == 0; }

int Decimal::scale() const {
    const auto point = text_.find('.');
    return point == std::string::npos ? 0 : static_cast<int>(text_.size() - point - 1);
}

Decimal Decimal::normalized() const {
    if (scale() == 0) return *this;
    std::string text = text_;
    while (text.back() == '0')
        text.pop_back();
    if (text.back() == '.') text.pop_back();
    return Decimal{std::move(text)};
}

Decimal operator+(const Decimal& a, const Decimal& b) {
    if (!a.is_finite() || !b.is_finite()) return Decimal{std::string{"NaN"}};
    Parts x = parts_of(a.text_);
    Parts y = parts_of(b.text_);
    align(x, y);
    return Decimal{text_of(x.unscaled + y.unscaled, x.scale)};
}

Decimal operator-(const Decimal& a, const Decimal& b) {
    if (!a.is_finite() || !b.is_finite()) return Decimal{std::string{"NaN"}};
    Parts x = parts_of(a.text_);
    Parts y = parts_of(b.text_);
    align(x, y);
    return Decimal{text_of(x.unscaled - y.unscaled, x.scale)};
}

Decimal operator*(const Decimal& a, const Decimal& b) {
    if (!a.is_finite() || !b.is_finite()) return Decimal{std::string{"NaN"}};
    const Parts x = parts_of(a.text_);
    const Parts y = parts_of(b.text_);
    return Decimal{text_of(x.unscaled * y.unscaled, x.scale + y.scale)};
}

Result<Decimal> Decimal::divide(const Decimal& a, const Decimal& b, int scale) {
    if (!a.is_finite() || !b.is_finite()) return Decimal{std::string{"NaN"}};
    Parts x = parts_of(a.text_);
    Parts y = parts_of(b.text_);
    if (y.unscaled == 0) return Error{ErrorKind::bad_value, "division by zero"};
    align(x, y);
    return Decimal{text_of(divide_half_up(x.unscaled * power_of_ten(scale), y.unscaled), scale)};
}

Decimal Decimal::round(int scale) const {
    if (!is_finite()) return *this;
    const Parts parts = parts_of(text_);
    if (parts.scale <= scale) {
        return Decimal{text_of(parts.unscaled * power_of_ten(scale - parts.scale), scale)};
    }
    return Decimal{
        text_of(divide_half_up(parts.unscaled, power_of_ten(parts.scale - scale)), scale)};
}

int compare(const Decimal& a, const Decimal& b) {
    const int ra = rank_of(a.text_);
    const int rb = rank_of(b.text_);
    if (ra != 0 || rb != 0) return ra - rb;
    Parts x = parts_of(a.text_);
    Parts y = parts_of(b.text_);
    align(x, y);
    return x.unscaled.compare(y.unscaled);
}

Result<std::int64_t> Decimal::to_int64() const {
    const Decimal plain = normalized();
    std::int64_t value = 0;
    const char* end = plain.text_.data() + plain.text_.size();
    const auto [stop, error] = std::from_chars(plain.text_.data(), end, value);
    if (error != std::errc{} || stop != end) {
        return Error{ErrorKind::bad_value, "not an integer"};
    }
    return value;
}

}  // namespace crossfade
