#include "postgres/codec.hpp"

#include "postgres/connection.hpp"
#include "postgres/copy.hpp"
#include "postgres/copy_binary.hpp"
#include "postgres/copy_text.hpp"

#include <random>

#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"

using namespace crossfade;

namespace {
struct Sample {
    std::string type;  // as in SQL
    std::vector<std::string> texts;
};

const std::vector<Sample> kSamples{
    {"bool", {"true", "false"}},
    {"int2", {"0", "-32768", "32767"}},
    {"int4", {"0", "-2147483648", "2147483647"}},
    {"int8", {"0", "220317084803617483", "-9223372036854775808", "9223372036854775807"}},
    {"float4", {"0", "1e+06", "0.1", "-0", "NaN", "Infinity", "3.4028235e+38", "1e-45"}},
    {"float8",
     {"0", "1e+15", "0.30000000000000004", "NaN", "-Infinity", "1.7976931348623157e+308", "5e-324",
      "123456.789"}},
    {"numeric",
     {"0", "0.00", "1.50", "-1.5", "NaN", "Infinity", "-Infinity", "10000", "0.0001",
      "12345678901234567890123.4567800", "-0.000000000123", "1e100", "100000000.00000001"}},
    {"text",
     {"", "a b", "tab\there", "line\nbreak", "back\\slash", "\\N", "\xC3\xA4\xE2\x80\xA8",
      "\x01\x7F", "\r"}},
    {"uuid", {"4f1c0a2e-0000-5abc-8def-0123456789ab"}},
    {"date",
     {"2024-02-29", "0044-03-15 BC", "infinity", "-infinity", "5874897-12-31", "4713-01-01 BC"}},
    {"timestamp",
     {"2024-02-29 23:59:59.999999", "0044-03-15 12:00:00 BC", "infinity", "-infinity",
      "294246-12-31 00:00:00", "4713-11-24 00:00:00 BC", "1969-12-31 23:59:59.5"}},
    {"timestamptz",
     {"2024-02-29 23:59:59.999999+05", "0044-03-15 12:00:00+00 BC", "infinity", "-infinity",
      "1999-12-31 23:00:00-09:30"}},
    {"time", {"00:00:00", "24:00:00", "12:34:56.7"}},
    {"jsonb", {"{\"b\": 1, \"aa\": [1.50, \"x\\u001f\"]}", "null", "\"\"", "1e3"}},
    {"bytea", {"\\x", "\\x00ff5c"}},
};

Connection open() {
    return Connection::open({test::Cluster::shared().conninfo(), "codec", "source"});
}

Type type_in(const std::string& sql_type) { return type_of(sql_type); }
}  // namespace

TEST_CASE("every type goes from the server's text to a value and back as a parameter",
          "[postgres]") {
    auto connection = open();
    for (const Sample& sample : kSamples) {
        for (const std::string& text : sample.texts) {
            INFO(sample.type << " " << text);
            const auto shown =
                connection.exec("SELECT $1::" + sample.type + "::text", Params{{text}});
            const auto value = parse_value(type_in(sample.type), shown.text(0, 0));
            REQUIRE(value.has_value());
            CHECK_FALSE(std::holds_alternative<std::string>(*value) != (sample.type == "text"));
            const auto back = connection.exec("SELECT $1::" + sample.type + "::text",
                                              Params{{format_value(*value)}});
            CHECK(back.text(0, 0) == shown.text(0, 0));
        }
    }
}

TEST_CASE("every type goes out by text COPY and in by binary COPY unchanged", "[postgres]") {
    auto connection = open();
    for (const Sample& sample : kSamples) {
        INFO(sample.type);
        connection.exec(
            "DROP TABLE IF EXISTS pg_temp.origin, pg_temp.copied;"
            "CREATE TEMP TABLE origin (n int, v " +
            sample.type + ", z " + sample.type +
            ");"
            "CREATE TEMP TABLE copied (LIKE origin)");
        for (std::size_t i = 0; i < sample.texts.size(); ++i) {
            connection.exec("INSERT INTO origin VALUES ($1, $2, NULL)",
                            Params{{std::to_string(i)}, {sample.texts[i]}});
        }
        std::string binary{kCopyBinaryHeader};
        std::string buffer;
        copy_out(connection, "COPY origin TO STDOUT", [&](std::string_view line) {
            append_tuple_header(binary, 3);
            const auto columns = split_copy_line(
                line, buffer, [&](std::size_t column, std::optional<std::string_view> text) {
                    const WireType wire = column == 0 ? WireType::int4 : wire_type_of(sample.type);
                    const Type type = column == 0 ? Type::integer : type_in(sample.type);
                    const Value value = text ? *parse_value(type, *text) : Value{Null{}};
                    REQUIRE(append_binary_field(binary, value, wire).has_value());
                });
            REQUIRE(columns == 3);
        });
        binary += kCopyBinaryTrailer;
        CopyIn in{connection, "COPY copied FROM STDIN (FORMAT binary)"};
        in.put(binary);
        REQUIRE(*in.finish() == sample.texts.size());
        CHECK(connection
                  .exec("SELECT count(*) FROM origin o JOIN copied c USING (n) WHERE o.v::text IS "
                        "DISTINCT FROM c.v::text"
                        " OR c.z IS NOT NULL")
                  .integer(0, 0) == 0);
    }
}

TEST_CASE("decimals of any shape go in by binary COPY unchanged", "[postgres][property]") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random{seed};
    auto connection = open();
    connection.exec("CREATE TEMP TABLE numbers (t text, v numeric)");
    std::string binary{kCopyBinaryHeader};
    for (int i = 0; i < 3000; ++i) {
        std::string text = random() % 2 == 0 ? "-" : "";
        for (auto digits = 1 + random() % 14; digits > 0; --digits)
            text += static_cast<char>('0' + (random() % 3 == 0 ? random() % 10 : 0));
        if (random() % 2 == 0) {
            text += '.';
            for (auto digits = 1 + random() % 10; digits > 0; --digits)
                text += static_cast<char>('0' + (random() % 3 == 0 ? random() % 10 : 0));
        }
        const Decimal decimal = *Decimal::parse(text);
        append_tuple_header(binary, 2);
        REQUIRE(append_binary_field(binary, decimal.format(), WireType::text).has_value());
        REQUIRE(append_binary_field(binary, decimal, WireType::numeric).has_value());
    }
    binary += kCopyBinaryTrailer;
    CopyIn in{connection, "COPY numbers FROM STDIN (FORMAT binary)"};
    in.put(binary);
    REQUIRE(*in.finish() == 3000);
    CHECK(connection.exec("SELECT count(*) FROM numbers WHERE t <> v::text").integer(0, 0) == 0);
}

TEST_CASE("a field converts as an assignment that loses nothing", "[codec]") {
    std::string out;
    const auto field = [&](const Value& value, WireType type) {
        out.clear();
        return append_binary_field(out, value, type).has_value();
    };
    CHECK(field(*Decimal::parse("6.0"), WireType::int4));
    CHECK(out == std::string{"\0\0\0\x04\0\0\0\x06", 8});
    CHECK_FALSE(field(*Decimal::parse("6.5"), WireType::int4));
    CHECK(out.empty());
    CHECK_FALSE(field(std::int64_t{40000}, WireType::int2));
    CHECK(field(std::string{"17"}, WireType::int8));
    CHECK_FALSE(field(std::string{"x"}, WireType::uuid));
    CHECK(field(std::int64_t{5}, WireType::text));
    CHECK(field(std::int64_t{5}, WireType::jsonb));
    CHECK(field(Date{0}, WireType::timestamp));
    CHECK_FALSE(field(1e300, WireType::float4));
    CHECK_THROWS_AS(append_binary_field(out, Secret{}, WireType::text), Failure);
    CHECK_THROWS_AS(append_binary_field(out, Absent{}, WireType::text), Failure);
}

TEST_CASE("texts that are not of the type are errors that do not quote them", "[codec]") {
    const std::vector<std::pair<Type, std::string>> wrong{
        {Type::integer, "1.5"},
        {Type::integer, ""},
        {Type::integer, "9223372036854775808"},
        {Type::boolean, "yes"},
        {Type::real, "1x"},
        {Type::decimal, "1,5"},
        {Type::uuid, "x"},
        {Type::date, "2023-02-29"},
        {Type::date, "0000-01-01"},
        {Type::date, "03/04/2024"},
        {Type::timestamp, "2024-01-01"},
        {Type::timestamptz, "2024-01-01 25:00:00+00"},
        {Type::timestamp, "294276-12-31 00:00:00"},
        {Type::timestamp, "999999-01-01 00:00:00 BC"},
        {Type::time, "24:00:01"},
        {Type::bytes, "00ff"},
        {Type::bytes, "\\x0"},
        {Type::bytes, "\\xzz"}};
    for (const auto& [type, text] : wrong) {
        INFO(to_string(type) << " " << text);
        const auto value = parse_value(type, text);
        REQUIRE(value.has_error());
        CHECK(value.error().kind() == ErrorKind::bad_value);
        if (!text.empty()) CHECK(value.error().format().find(text) == std::string::npos);
    }
}

TEST_CASE("a json that jsonb cannot hold travels as it is", "[codec]") {
    CHECK(std::get<Json>(*parse_value(Type::json, "{\"b\":1,\"a\":2}")).text ==
          "{\"a\": 2, \"b\": 1}");
    CHECK(std::get<Json>(*parse_value(Type::json, "\"\\u0000\"")).text == "\"\\u0000\"");
    // Of a column of type json the text is the value.
    const MappedColumn kept{.name = "j", .type = Type::json, .keeps_text = true};
    const std::string text = R"({"a" :1,"a":1e3})";
    CHECK(std::get<Json>(*parse_value(kept, text)).text == text);
}

TEST_CASE("what is escaped for COPY splits into the same fields", "[codec]") {
    const std::vector<std::string> texts{"", "a", "\\N", "\t\n\r\\", "\\\\N", "x\ty"};
    std::string line;
    for (const std::string& text : texts) {
        append_copy_field(line, text);
        line += '\t';
    }
    append_copy_null(line);
    line += '\n';
    std::string buffer;
    std::vector<std::optional<std::string>> fields;
    split_copy_line(line, buffer, [&](std::size_t, std::optional<std::string_view> text) {
        fields.push_back(text ? std::optional<std::string>{*text} : std::nullopt);
    });
    REQUIRE(fields.size() == texts.size() + 1);
    for (std::size_t i = 0; i < texts.size(); ++i)
        CHECK(fields[i] == texts[i]);
    CHECK_FALSE(fields.back());
}
