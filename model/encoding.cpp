#include "model/encoding.hpp"

#include <algorithm>
#include <cstring>

namespace crossfade {

namespace {
// The tag is the alternative's place in Value, except that true and the short forms have tags of
// their own. Stored on disk: append only.
enum Tag : unsigned char {
    tag_null,
    tag_absent,
    tag_false,
    tag_true,
    tag_integer,
    tag_real,
    tag_decimal,
    tag_text,
    tag_uuid,
    tag_date,
    tag_timestamp,
    tag_time,
    tag_json,
    tag_bytes,
    tag_secret
};

[[noreturn]] void corrupt() {
    throw Failure{Error{ErrorKind::internal, "encoded value is cut short or unknown"}};
}

std::uint64_t zigzag(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t unzigzag(std::uint64_t value) {
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

void append_tag(std::string& out, Tag tag) { out += static_cast<char>(tag); }

void append_integer(std::string& out, Tag tag, std::int64_t value) {
    append_tag(out, tag);
    append_varint(out, zigzag(value));
}

void append_string(std::string& out, Tag tag, std::string_view text) {
    append_tag(out, tag);
    append_text(out, text);
}

template <class Bytes>
void append_raw(std::string& out, const Bytes& bytes) {
    for (const std::uint8_t byte : bytes)
        out += static_cast<char>(byte);
}

std::string_view take_raw(std::string_view& in, std::size_t count) {
    if (in.size() < count) corrupt();
    const std::string_view taken = in.substr(0, count);
    in.remove_prefix(count);
    return taken;
}

struct Append {
    std::string& out;
    void operator()(Null) const { append_tag(out, tag_null); }
    void operator()(Absent) const { append_tag(out, tag_absent); }
    void operator()(bool v) const { append_tag(out, v ? tag_true : tag_false); }
    void operator()(std::int64_t v) const { append_integer(out, tag_integer, v); }
    void operator()(double v) const {
        append_tag(out, tag_real);
        char raw[sizeof v];
        std::memcpy(raw, &v, sizeof v);
        out.append(raw, sizeof raw);
    }
    void operator()(const Decimal& v) const { append_string(out, tag_decimal, v.format()); }
    void operator()(const std::string& v) const { append_string(out, tag_text, v); }
    void operator()(const Uuid& v) const {
        append_tag(out, tag_uuid);
        append_raw(out, v.bytes);
    }
    void operator()(Date v) const { append_integer(out, tag_date, v.days); }
    void operator()(Timestamp v) const { append_integer(out, tag_timestamp, v.micros); }
    void operator()(TimeOfDay v) const { append_integer(out, tag_time, v.micros); }
    void operator()(const Json& v) const { append_string(out, tag_json, v.text); }
    void operator()(const Bytes& v) const { append_string(out, tag_bytes, v.data); }
    void operator()(const Secret& v) const {
        append_tag(out, tag_secret);
        out += static_cast<char>(v.kind);
        append_raw(out, v.hmac);
    }
};
}  // namespace

void append_varint(std::string& out, std::uint64_t value) {
    while (value >= 0x80) {
        out += static_cast<char>(static_cast<unsigned char>(value | 0x80));
        value >>= 7;
    }
    out += static_cast<char>(value);
}

std::uint64_t take_varint(std::string_view& in) {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        const auto byte = static_cast<unsigned char>(take_raw(in, 1)[0]);
        value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80) return value;
    }
    corrupt();
}

void append_text(std::string& out, std::string_view text) {
    append_varint(out, text.size());
    out.append(text);
}

std::string take_text(std::string_view& in) { return std::string{take_raw(in, take_varint(in))}; }

void append_head_of_text(std::string& out, std::size_t size) {
    append_tag(out, tag_text);
    append_varint(out, size);
}

void append_value(std::string& out, const Value& value) { std::visit(Append{out}, value); }

Value take_value(std::string_view& in) {
    switch (static_cast<Tag>(take_raw(in, 1)[0])) {
        case tag_null: return Null{};
        case tag_absent: return Absent{};
        case tag_false: return false;
        case tag_true: return true;
        case tag_integer: return unzigzag(take_varint(in));
        case tag_real: {
            double value = 0;
            std::memcpy(&value, take_raw(in, sizeof value).data(), sizeof value);
            return value;
        }
        case tag_decimal: {
            auto decimal = Decimal::parse(take_text(in));
            if (!decimal) corrupt();
            return std::move(*decimal);
        }
        case tag_text: return take_text(in);
        case tag_uuid: {
            Uuid uuid;
            std::ranges::copy(take_raw(in, uuid.bytes.size()), uuid.bytes.begin());
            return uuid;
        }
        case tag_date: return Date{static_cast<std::int32_t>(unzigzag(take_varint(in)))};
        case tag_timestamp: return Timestamp{unzigzag(take_varint(in))};
        case tag_time: return TimeOfDay{unzigzag(take_varint(in))};
        case tag_json: return Json{take_text(in)};
        case tag_bytes: return Bytes{take_text(in)};
        case tag_secret: {
            Secret secret;
            secret.kind = static_cast<SecretKind>(take_raw(in, 1)[0]);
            std::ranges::copy(take_raw(in, secret.hmac.size()), secret.hmac.begin());
            return secret;
        }
    }
    corrupt();
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        hex += kDigits[byte >> 4U];
        hex += kDigits[byte & 15U];
    }
    return hex;
}

std::string encode_row(const Row& row) {
    std::string out;
    append_varint(out, row.size());
    for (const Value& value : row)
        append_value(out, value);
    return out;
}

Row decode_row(std::string_view bytes) {
    const std::uint64_t count = take_varint(bytes);
    if (count > bytes.size()) corrupt();  // each value takes a byte at least
    Row row;
    row.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i)
        row.push_back(take_value(bytes));
    if (!bytes.empty()) corrupt();
    return row;
}

}  // namespace crossfade
