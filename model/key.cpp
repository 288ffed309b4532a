#include "model/key.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

// Numbers. A number between the bounds of int64 is a tag and 64 bits, big-endian: 63 bits of its
// floor (minus the least int64, for negative ones) and one bit that says whether a fraction
// follows. So an integer takes 9 bytes, and 1 < 1.5 < 2 holds. A fraction is pairs of digits, each
// a byte of 1 + pair, closed by 0.
//   0x10  beyond int64, negative   the bytes of 0x13 for its absolute value, complemented
//   0x11  negative                 64 bits, as above
//   0x12  zero or positive         64 bits, as above
//   0x13  beyond int64, positive   count of integer digits (4 bytes), pairs, fraction;
//                                  Infinity counts 0xFFFFFFFE digits, NaN 0xFFFFFFFF
namespace crossfade {

namespace {
constexpr char kFalse = 0x01, kTrue = 0x02;
constexpr char kBelow = 0x10, kNegative = 0x11, kPositive = 0x12, kBeyond = 0x13, kReal = 0x14;
constexpr char kText = 0x20, kUuid = 0x30, kDate = 0x40, kTimestamp = 0x41, kTime = 0x42;
constexpr char kJson = 0x50, kBytes = 0x51, kSecret = 0x60;
constexpr char kNull = static_cast<char>(0xFE);
constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;
constexpr std::uint32_t kInfiniteDigits = 0xFFFFFFFE, kNanDigits = 0xFFFFFFFF;

[[noreturn]] void corrupt_key() {
    throw Failure{Error{ErrorKind::internal, "bytes that are no encoded key"}};
}

template <class U>
void append_big_endian(std::string& out, U value) {
    for (int shift = static_cast<int>(sizeof(U)) * 8 - 8; shift >= 0; shift -= 8) {
        out += static_cast<char>(static_cast<unsigned char>(value >> shift));
    }
}

std::string_view take_key_bytes(std::string_view& in, std::size_t count) {
    if (in.size() < count) corrupt_key();
    const std::string_view taken = in.substr(0, count);
    in.remove_prefix(count);
    return taken;
}

template <class U>
U take_big_endian(std::string_view& in) {
    U value = 0;
    for (const char c : take_key_bytes(in, sizeof(U))) {
        value = static_cast<U>((value << 8) | static_cast<unsigned char>(c));
    }
    return value;
}

std::uint64_t flipped(std::int64_t value) { return static_cast<std::uint64_t>(value) ^ kSignBit; }
std::int64_t unflipped(std::uint64_t value) { return static_cast<std::int64_t>(value ^ kSignBit); }

void append_escaped(std::string& out, std::string_view text) {
    for (;;) {
        const auto zero = text.find('\0');
        out.append(text.substr(0, zero));
        if (zero == std::string_view::npos) break;
        out.append("\x00\xFF", 2);
        text.remove_prefix(zero + 1);
    }
    out.append("\x00\x01", 2);
}

std::string take_escaped(std::string_view& in) {
    std::string text;
    for (;;) {
        const auto zero = in.find('\0');
        if (zero == std::string_view::npos || zero + 1 >= in.size()) corrupt_key();
        text.append(in.substr(0, zero));
        const char next = in[zero + 1];
        in.remove_prefix(zero + 2);
        if (next == '\x01') return text;
        if (next != '\xFF') corrupt_key();
        text += '\0';
    }
}

void append_pairs(std::string& out, std::string_view digits, int base) {
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        out += static_cast<char>(base + (digits[i] - '0') * 10 + (digits[i + 1] - '0'));
    }
}

void append_fraction(std::string& out, std::string digits) {
    if (digits.size() % 2 != 0) digits += '0';
    append_pairs(out, digits, 1);
    out += '\0';
}

void append_pair_digits(std::string& digits, int pair) {
    if (pair < 0 || pair > 99) corrupt_key();
    digits += static_cast<char>('0' + pair / 10);
    digits += static_cast<char>('0' + pair % 10);
}

std::string take_fraction(std::string_view& in) {
    std::string digits;
    for (;;) {
        const auto byte = static_cast<unsigned char>(take_key_bytes(in, 1)[0]);
        if (byte == 0) break;
        append_pair_digits(digits, byte - 1);
    }
    while (!digits.empty() && digits.back() == '0')
        digits.pop_back();
    return digits;
}

// 1 - 0.digits, digits not all zero.
std::string complement_fraction(std::string digits) {
    for (char& c : digits)
        c = static_cast<char>('0' + ('9' - c));
    for (auto i = digits.rbegin(); i != digits.rend(); ++i) {
        if (*i != '9') {
            ++*i;
            break;
        }
        *i = '0';
    }
    while (!digits.empty() && digits.back() == '0')
        digits.pop_back();
    return digits;
}

void complement(std::string& out, std::size_t from) {
    for (std::size_t i = from; i < out.size(); ++i)
        out[i] = static_cast<char>(~out[i]);
}

void append_floor(std::string& out, std::int64_t floor, bool fraction) {
    out += floor < 0 ? kNegative : kPositive;
    const std::uint64_t offset = flipped(floor) & ~kSignBit;
    append_big_endian(out, (offset << 1) | (fraction ? 1U : 0U));
}

void append_beyond(std::string& out, bool negative, std::uint32_t count, std::string digits,
                   std::string fraction) {
    out += negative ? kBelow : kBeyond;
    const std::size_t start = out.size();
    append_big_endian(out, count);
    if (digits.size() % 2 != 0) digits.insert(0, 1, '0');
    append_pairs(out, digits, 0);
    if (count < kInfiniteDigits) append_fraction(out, std::move(fraction));
    if (negative) complement(out, start);
}

void append_decimal(std::string& out, const Decimal& value) {
    if (!value.is_finite()) {
        const bool nan = value.format() == "NaN";
        append_beyond(out, !nan && value.is_negative(), nan ? kNanDigits : kInfiniteDigits, {}, {});
        return;
    }
    const Decimal plain = value.normalized();
    if (const auto integer = plain.to_int64()) {
        append_floor(out, *integer, false);
        return;
    }
    const bool negative = plain.is_negative();
    std::string whole = plain.format().substr(negative ? 1 : 0);
    std::string fraction;
    if (const auto point = whole.find('.'); point != std::string::npos) {
        fraction = whole.substr(point + 1);
        whole.resize(point);
    }
    const auto integer = Decimal::parse((negative ? "-" : "") + whole)->to_int64();
    const bool least = integer && *integer == std::numeric_limits<std::int64_t>::min();
    if (!integer || (negative && least)) {  // the floor of -2^63 - 0.5 does not fit
        const auto count = static_cast<std::uint32_t>(whole.size());
        append_beyond(out, negative, count, std::move(whole), std::move(fraction));
        return;
    }
    append_floor(out, negative ? *integer - 1 : *integer, true);
    append_fraction(out, negative ? complement_fraction(std::move(fraction)) : std::move(fraction));
}

Value decimal_of(const std::string& text) {
    const auto decimal = Decimal::parse(text);
    if (!decimal) corrupt_key();
    return *decimal;
}

Value take_floor(std::string_view& in, bool negative) {
    const auto bits = take_big_endian<std::uint64_t>(in);
    const std::int64_t floor = unflipped((bits >> 1) | (negative ? 0 : kSignBit));
    if ((bits & 1U) == 0) return floor;
    const std::string fraction = take_fraction(in);
    if (fraction.empty()) corrupt_key();
    if (!negative) return decimal_of(std::to_string(floor) + "." + fraction);
    const std::string whole = std::to_string(floor + 1);  // floor + 1 <= 0
    return decimal_of((whole.front() == '-' ? "" : "-") + whole + "." +
                      complement_fraction(fraction));
}

Value take_beyond(std::string_view& in, bool negative) {
    // The bytes of this value alone are to be complemented, but its length is known only after it
    // was read. So a copy is complemented and read.
    std::string copy{in};
    if (negative) complement(copy, 0);
    std::string_view rest = copy;
    const auto count = take_big_endian<std::uint32_t>(rest);
    std::string text = negative ? "-" : "";
    if (count == kNanDigits)
        text = "NaN";
    else if (count == kInfiniteDigits)
        text += "Infinity";
    else {
        std::string digits;
        for (const char c : take_key_bytes(rest, (std::size_t{count} + 1) / 2)) {
            append_pair_digits(digits, static_cast<unsigned char>(c));
        }
        text += count % 2 != 0 ? digits.substr(1) : digits;
        if (const std::string fraction = take_fraction(rest); !fraction.empty()) {
            text += "." + fraction;
        }
    }
    in.remove_prefix(in.size() - rest.size());
    return decimal_of(text);
}

// The bits of a double ordered as its values: negative ones complemented, the others with the sign
// bit set.
std::uint64_t ordered_bits(double value) {
    if (std::isnan(value)) return ~std::uint64_t{0};
    if (value == 0) value = 0;  // -0
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}

double real_of(std::uint64_t bits) {
    if (bits == ~std::uint64_t{0}) return std::numeric_limits<double>::quiet_NaN();
    bits = (bits & kSignBit) != 0 ? bits & ~kSignBit : ~bits;
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

struct AppendPart {
    std::string& out;
    void operator()(Null) const { out += kNull; }
    void operator()(Absent) const {
        throw Failure{Error{ErrorKind::internal, "a value that was not sent is part of a key"}};
    }
    void operator()(bool v) const { out += v ? kTrue : kFalse; }
    void operator()(std::int64_t v) const { append_floor(out, v, false); }
    void operator()(double v) const {
        out += kReal;
        append_big_endian(out, ordered_bits(v));
    }
    void operator()(const Decimal& v) const { append_decimal(out, v); }
    void operator()(const std::string& v) const {
        out += kText;
        append_escaped(out, v);
    }
    void operator()(const Uuid& v) const {
        out += kUuid;
        for (const std::uint8_t byte : v.bytes)
            out += static_cast<char>(byte);
    }
    void operator()(Date v) const {
        out += kDate;
        append_big_endian(out, static_cast<std::uint32_t>(v.days) ^ 0x80000000U);
    }
    void operator()(Timestamp v) const {
        out += kTimestamp;
        append_big_endian(out, flipped(v.micros));
    }
    void operator()(TimeOfDay v) const {
        out += kTime;
        append_big_endian(out, flipped(v.micros));
    }
    void operator()(const Json& v) const {
        out += kJson;
        append_escaped(out, v.text);
    }
    void operator()(const Bytes& v) const {
        out += kBytes;
        append_escaped(out, v.data);
    }
    void operator()(const Secret& v) const {
        out += kSecret;
        for (const std::uint8_t byte : v.hmac)
            out += static_cast<char>(byte);
        out += static_cast<char>(v.kind);
    }
};
}  // namespace

void append_key(KeyBytes& out, const Value& value) { std::visit(AppendPart{out}, value); }

KeyBytes encode_key(std::span<const Value> values) {
    KeyBytes out;
    out.reserve(values.size() * 10);
    for (const Value& value : values)
        append_key(out, value);
    return out;
}

void append_key_descending(KeyBytes& out, const Value& value) {
    const std::size_t start = out.size();
    append_key(out, value);
    complement(out, start);
}

Value take_key_value(std::string_view& bytes) {
    switch (take_key_bytes(bytes, 1)[0]) {
        case kNull: return Null{};
        case kFalse: return false;
        case kTrue: return true;
        case kBelow: return take_beyond(bytes, true);
        case kNegative: return take_floor(bytes, true);
        case kPositive: return take_floor(bytes, false);
        case kBeyond: return take_beyond(bytes, false);
        case kReal: return real_of(take_big_endian<std::uint64_t>(bytes));
        case kText: return take_escaped(bytes);
        case kUuid: {
            Uuid uuid;
            std::ranges::copy(take_key_bytes(bytes, 16), uuid.bytes.begin());
            return uuid;
        }
        case kDate: {
            const auto bits = take_big_endian<std::uint32_t>(bytes) ^ 0x80000000U;
            return Date{static_cast<std::int32_t>(bits)};
        }
        case kTimestamp: return Timestamp{unflipped(take_big_endian<std::uint64_t>(bytes))};
        case kTime: return TimeOfDay{unflipped(take_big_endian<std::uint64_t>(bytes))};
        case kJson: return Json{take_escaped(bytes)};
        case kBytes: return Bytes{take_escaped(bytes)};
        case kSecret: {
            Secret secret;
            std::ranges::copy(take_key_bytes(bytes, 32), secret.hmac.begin());
            secret.kind = static_cast<SecretKind>(take_key_bytes(bytes, 1)[0]);
            return secret;
        }
        default: corrupt_key();
    }
}

std::vector<Value> decode_key(std::string_view bytes) {
    std::vector<Value> values;
    while (!bytes.empty())
        values.push_back(take_key_value(bytes));
    return values;
}

}  // namespace crossfade
