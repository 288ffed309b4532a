#include "target/canonical.hpp"

#include "model/civil.hpp"
#include "model/encoding.hpp"
#include "model/json.hpp"
#include "model/key_form.hpp"
#include "postgres/quote.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>

namespace crossfade {

namespace {

[[noreturn]] void not_writable(const ColumnShape& column) {
    throw Failure{Error{ErrorKind::internal,
                        "column " + column.name + " was given a value that cannot be written"}};
}

std::string hex_sha256(std::string_view text) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string numeric_text(const Decimal& value, const ColumnShape& column) {
    if (column.modifier < 4 || !value.is_finite()) return value.format();
    // The scale is an 11-bit signed number in the low bits of the modifier (numeric.c).
    const std::int32_t scale = (((column.modifier - 4) & 0x7FF) ^ 1024) - 1024;
    if (scale >= 0) return value.round(scale).format();
    // A negative scale rounds left of the point: divide, round, multiply.
    Decimal unit{1};
    for (std::int32_t i = 0; i < -scale; ++i)
        unit = unit * Decimal{10};
    return (Decimal::divide(value, unit, 0).value() * unit).format();
}

bool is_real(const ColumnShape& column) {
    return column.base == "float4" || column.base == "float8";
}

// As the column holds it.
double real_of(double value, const ColumnShape& column) {
    return column.base == "float4" ? static_cast<double>(static_cast<float>(value)) : value;
}

// Numbers go by the type of the column, whatever kind of number they are.
std::string number_text(const Value& value, const ColumnShape& column) {
    std::string plain = std::holds_alternative<double>(value) ? format_real(std::get<double>(value))
                        : std::holds_alternative<Decimal>(value)
                            ? std::get<Decimal>(value).format()
                            : std::to_string(std::get<std::int64_t>(value));
    if (column.base == "numeric") {
        auto decimal = Decimal::parse(plain);
        return decimal ? numeric_text(*decimal, column) : plain;
    }
    if (is_real(column)) return format_real(real_of(std::strtod(plain.c_str(), nullptr), column));
    return plain;
}

// Rounds to the digits of the fraction that the modifier of a time type allows, half away from
// zero.
std::int64_t round_micros(std::int64_t micros, const ColumnShape& column) {
    if (column.modifier < 0 || column.modifier >= 6) return micros;
    std::int64_t unit = 1;
    for (std::int32_t i = column.modifier; i < 6; ++i)
        unit *= 10;
    const std::int64_t half = micros < 0 ? -unit / 2 : unit / 2;
    return (micros + half) / unit * unit;
}

constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
// PostgreSQL counts from 2000-01-01, and so "away from zero" is away from there.
constexpr std::int64_t kServerEpoch = 10957 * kMicrosPerDay;

// The text as a column of a character type keeps it.
std::string character_text(const std::string& text, const ColumnShape& column) {
    if (column.base == "bpchar") return text.substr(0, text.find_last_not_of(' ') + 1);
    if (column.base != "varchar" || column.modifier < 4) return text;
    // Blanks at the end that are too many are cut off; anything else that is too long is refused.
    const auto characters = [](std::string_view part) {
        return std::count_if(part.begin(), part.end(), [](char c) { return (c & 0xC0) != 0x80; });
    };
    const std::size_t kept = text.find_last_not_of(' ') + 1;
    const auto room = column.modifier - 4 - characters(std::string_view{text}.substr(0, kept));
    if (room < 0) return text;
    return text.substr(0, kept + static_cast<std::size_t>(room));
}

// A jsonb does not keep how its document was written. What cannot be read, the server refused.
std::string json_text(const std::string& text, const ColumnShape& column) {
    if (column.base != "jsonb") return text;
    auto document = canonical_json(text);
    if (!document) return text;
    return std::move(document->text);
}

std::string timestamp_text(Timestamp timestamp, const ColumnShape& column) {
    const bool endless =
        timestamp.micros == Timestamp::kInfinity || timestamp.micros == Timestamp::kMinusInfinity;
    if (column.base == "date") {
        if (endless) return format_timestamp(timestamp, ' ', "");
        std::int64_t days = timestamp.micros / kMicrosPerDay;
        if (timestamp.micros % kMicrosPerDay < 0) --days;
        return format_date(Date{static_cast<std::int32_t>(days)});
    }
    // What lies before this is no timestamp of PostgreSQL's, and would overflow.
    constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min() + 2 * kServerEpoch;
    if (!endless && timestamp.micros >= kEarliest) {
        timestamp.micros = round_micros(timestamp.micros - kServerEpoch, column) + kServerEpoch;
    }
    return format_timestamp(timestamp, ' ', column.base == "timestamptz" ? "+00" : "");
}

std::string date_text(Date date, const ColumnShape& column) {
    const bool endless = date.days == std::numeric_limits<std::int32_t>::max() ||
                         date.days == std::numeric_limits<std::int32_t>::min();
    if (endless || (column.base != "timestamp" && column.base != "timestamptz")) {
        return format_date(date);
    }
    return timestamp_text(Timestamp{date.days * kMicrosPerDay}, column);
}

// What is digested of a value: its canonical text, and of a real number its bits. Servers and
// std::to_chars differ in the shortest digits of some, where these lie on the bound between two
// numbers.
std::optional<std::string> digest_text(const Value& value, const ColumnShape& column) {
    auto text = canonical_text(value, column);
    if (!text || !is_real(column)) return text;
    const auto bits = std::bit_cast<std::uint64_t>(std::strtod(text->c_str(), nullptr));
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8)
        bytes.push_back(static_cast<char>(bits >> shift));
    return to_hex(bytes);
}

std::string digest_text_sql(std::string_view alias, const TargetColumn& column,
                            const ColumnShape& shape) {
    if (!is_real(shape)) return column_text_sql(alias, column);
    return "encode(float8send(" + std::string{alias} + "." + quote_identifier(column.name) +
           "::float8), 'hex')";
}

// Owner at_least is compared too, by another rule.
bool must_be_equal(const TargetColumn& column) {
    return column.owner == Owner::bridge || column.owner == Owner::until_changed;
}

const ColumnShape& shape_of(const TableShape& shape, const TargetColumn& column) {
    const ColumnShape* found = shape.find(column.name);
    if (found == nullptr) {
        throw Failure{Error{ErrorKind::trust, "table " + shape.table + " has no column " +
                                                  column.name + " any more"}};
    }
    return *found;
}

// at_least: the stored value has not fallen below the expected one. Both are canonical texts of one
// type; the kind of the expected value says how they are ordered.
bool is_at_least(const std::optional<std::string>& stored, const std::optional<std::string>& text,
                 const Value& expected) {
    if (!text) return true;
    if (!stored) return false;
    if (*stored == *text || *stored == "infinity") return true;
    const bool number = std::holds_alternative<std::int64_t>(expected) ||
                        std::holds_alternative<Decimal>(expected) ||
                        std::holds_alternative<double>(expected);
    if (number) {
        const auto a = Decimal::parse(*stored);
        const auto b = Decimal::parse(*text);
        return a && b && compare(*a, *b) >= 0;
    }
    // Dates and timestamps of four-digit years order as their texts do.
    return *stored >= *text;
}

}  // namespace

namespace {
// A text that the column's type reads as a number, a moment ... of its own; nothing: it stays one.
std::optional<Value> typed_value(const std::string& text, const ColumnShape& column) {
    const auto kind = key_kind(column.base);
    if (!kind) return std::nullopt;
    auto typed = typed_text(*kind, text);
    return typed && std::holds_alternative<std::string>(*typed) ? std::nullopt : typed;
}

// A text that stays one, as the type writes it: of an interval it is not what is equal.
std::string written_text(const std::string& text, const ColumnShape& column) {
    if (column.base == "jsonb") return json_text(text, column);
    const auto kind = key_kind(column.base);
    const bool plain = kind == KeyKind::bits || kind == KeyKind::hardware;
    if (!plain && kind != KeyKind::address) return character_text(text, column);
    const auto typed = typed_text(*kind, text);
    std::string written = typed ? std::get<std::string>(*typed) : text;
    // The cast of an address to text shows the mask of a single host, its output does not.
    if (plain || written.find('/') != std::string::npos) return written;
    return written + (written.find(':') == std::string::npos ? "/32" : "/128");
}
}  // namespace

std::optional<std::string> canonical_text(const Value& value, const ColumnShape& column) {
    struct Visitor {
        const ColumnShape& column;
        const Value& value;
        using Text = std::optional<std::string>;
        Text operator()(Null) const { return std::nullopt; }
        Text operator()(Absent) const { not_writable(column); }
        Text operator()(const Secret&) const { not_writable(column); }
        Text operator()(bool flag) const { return flag ? "true" : "false"; }
        Text operator()(std::int64_t) const { return number_text(value, column); }
        Text operator()(double) const { return number_text(value, column); }
        Text operator()(const Decimal&) const { return number_text(value, column); }
        Text operator()(const std::string& text) const {
            if (const auto typed = typed_value(text, column)) return canonical_text(*typed, column);
            return written_text(text, column);
        }
        Text operator()(const Uuid& uuid) const { return uuid.format(); }
        Text operator()(Date date) const { return date_text(date, column); }
        Text operator()(Timestamp timestamp) const { return timestamp_text(timestamp, column); }
        Text operator()(TimeOfDay time) const {
            return format_time(TimeOfDay{round_micros(time.micros, column)});
        }
        Text operator()(const Json& json) const { return json_text(json.text, column); }
        Text operator()(const Bytes& bytes) const { return "\\x" + to_hex(bytes.data); }
    };
    return std::visit(Visitor{column, value}, value);
}

std::string column_digest(const Value& value, const ColumnShape& column) {
    const auto text = digest_text(value, column);
    return text ? hex_sha256(*text) : "null";
}

std::string column_text_sql(std::string_view alias, const TargetColumn& column) {
    const std::string name = std::string{alias} + "." + quote_identifier(column.name);
    if (column.kind != ColumnSpec::Kind::json) return name + "::text";
    std::string keys;
    for (const std::string& key : column.json_keys) {
        keys += (keys.empty() ? "" : ", ") + quote_literal(key);
    }
    // A document that is not an object holds none of our keys; it reads as the empty object.
    return "(SELECT coalesce(jsonb_object_agg(k, v), '{}')::text FROM jsonb_each(CASE "
           "jsonb_typeof(" +
           name + ") WHEN 'object' THEN " + name + " END) AS owned (k, v) WHERE k = ANY (ARRAY[" +
           keys + "]::text[]))";
}

std::string column_digest_sql(std::string_view alias, const TargetColumn& column,
                              const ColumnShape& shape) {
    return "coalesce(encode(sha256(convert_to(" + digest_text_sql(alias, column, shape) +
           ", 'UTF8')), 'hex'), 'null')";
}

// Each column contributes 'n' for NULL or 't', the length of its text in bytes, ':' and the text.
std::string row_digest(const TargetSpec& spec, const TableShape& shape,
                       const std::vector<Value>& values) {
    std::string text;
    for (std::size_t i = 0; i < spec.columns.size(); ++i) {
        if (!must_be_equal(spec.columns[i])) continue;
        const auto column = digest_text(values.at(i), shape_of(shape, spec.columns[i]));
        text += column ? "t" + std::to_string(column->size()) + ":" + *column : "n";
    }
    return hex_sha256(text);
}

std::string row_digest_sql(std::string_view alias, const TargetSpec& spec,
                           const TableShape& shape) {
    std::string text = "''";
    for (const TargetColumn& column : spec.columns) {
        if (!must_be_equal(column)) continue;
        text += " || (SELECT coalesce('t' || octet_length(c) || ':' || c, 'n') FROM (SELECT " +
                digest_text_sql(alias, column, shape_of(shape, column)) + ") AS x (c))";
    }
    return "encode(sha256(convert_to(" + text + ", 'UTF8')), 'hex')";
}

namespace {

std::string selected_columns(const TargetSpec& spec) {
    std::string sql = "SELECT t." + quote_identifier(spec.id_column) + "::text";
    for (const TargetColumn& column : spec.columns)
        sql += ", " + column_text_sql("t", column);
    return sql + " FROM " + quote_table(spec.schema, spec.table) + " AS t WHERE ";
}

}  // namespace

std::string select_rows_sql(const TargetSpec& spec) {
    const std::string id = "t." + quote_identifier(spec.id_column);
    return selected_columns(spec) + id + " = ANY ($1::uuid[]) ORDER BY " + id;
}

std::string scan_rows_sql(const TargetSpec& spec) {
    const std::string id = "t." + quote_identifier(spec.id_column);
    return selected_columns(spec) + "($1::uuid IS NULL OR " + id + " > $1::uuid) ORDER BY " + id +
           " LIMIT $2::bigint";
}

namespace {

// Of real numbers the bits: one number may have two texts (digest_text), and 0 is not -0.
bool is_same(const std::optional<std::string>& stored, const std::optional<std::string>& text,
             const ColumnShape& column) {
    if (stored == text) return true;
    if (!stored || !text || !is_real(column)) return false;
    const auto bits = [&](const std::string& number) {
        return std::bit_cast<std::uint64_t>(real_of(std::strtod(number.c_str(), nullptr), column));
    };
    return bits(*stored) == bits(*text);
}

}  // namespace

std::vector<std::uint32_t> differing_columns(
    const TargetSpec& spec, const TableShape& shape, const std::vector<Value>& expected,
    const std::vector<std::optional<std::string>>& stored) {
    std::vector<std::uint32_t> differing;
    for (std::uint32_t i = 0; i < spec.columns.size(); ++i) {
        const TargetColumn& column = spec.columns[i];
        if (column.owner == Owner::target || column.owner == Owner::trigger) continue;
        const ColumnShape& type = shape_of(shape, column);
        const auto text = canonical_text(expected.at(i), type);
        const bool good = column.owner == Owner::at_least
                              ? is_at_least(stored.at(i), text, expected.at(i))
                              : is_same(stored.at(i), text, type);
        if (!good) differing.push_back(i);
    }
    return differing;
}

}  // namespace crossfade
