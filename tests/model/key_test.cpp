#include "model/key.hpp"

#include <algorithm>

#include "tests/model/random_value.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using crossfade::test::RandomValue;

namespace {
int sign(int value) { return (value > 0) - (value < 0); }

// string::compare compares as unsigned bytes, as RocksDB does.
int order_of_bytes(const std::string& a, const std::string& b) { return sign(a.compare(b)); }

int order_of_tuples(const std::vector<Value>& a, const std::vector<Value>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (const int order = compare_values(a[i], b[i]); order != 0) return sign(order);
    }
    return 0;
}

Value number(std::string_view text) { return *Decimal::parse(text); }
}  // namespace

TEST_CASE("the bytes of keys are ordered as their tuples", "[model][property]") {
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    RandomValue random{seed};
    for (int i = 0; i < 50'000; ++i) {
        const auto arity = 1 + random.below(3);
        std::vector<Value> a;
        std::vector<Value> b;
        for (std::uint64_t column = 0; column < arity; ++column) {
            a.push_back(random());
            b.push_back(random.below(3) == 0 ? a.back() : random());
        }
        const KeyBytes x = encode_key(a);
        const KeyBytes y = encode_key(b);
        if (order_of_bytes(x, y) != order_of_tuples(a, b)) {
            FAIL(display_key(x) << " against " << display_key(y));
        }
        if (x != y && (x.starts_with(y) || y.starts_with(x))) FAIL("prefix: " << display_key(x));
    }
}

TEST_CASE("decimals near one another keep their order as keys", "[model][property]") {
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    RandomValue random{seed};
    for (int i = 0; i < 50'000; ++i) {
        const Value a = random.decimal();
        const Value b = random.below(2) == 0 ? Value{random.integer()} : Value{random.decimal()};
        if (order_of_bytes(encode_key(a), encode_key(b)) != sign(compare_values(a, b))) {
            FAIL(to_display(a) << " against " << to_display(b));
        }
    }
}

TEST_CASE("a decoded key equals what was encoded", "[model][property]") {
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    RandomValue random{seed};
    for (int i = 0; i < 20'000; ++i) {
        const std::vector<Value> values{random(), random(), random()};
        const auto decoded = decode_key(encode_key(values));
        REQUIRE(decoded.size() == values.size());
        if (order_of_tuples(values, decoded) != 0) FAIL(display_key(encode_key(values)));
    }
}

TEST_CASE("an integer and a decimal of the same value are the same key", "[model]") {
    CHECK(encode_key(Value{std::int64_t{6}}) == encode_key(number("6.000")));
    CHECK(encode_key(Value{std::int64_t{-1}}) == encode_key(number("-1.0")));
    CHECK(encode_key(number("1.50")) == encode_key(number("1.5")));
    CHECK(encode_key(number("6.5")) != encode_key(Value{std::int64_t{6}}));
}

TEST_CASE("numbers at the seams of the encoding are in order", "[model]") {
    const std::vector<std::string> ascending{"-Infinity",
                                             "-1e30",
                                             "-9223372036854775809",
                                             "-9223372036854775808.5",
                                             "-9223372036854775808",
                                             "-9223372036854775807.5",
                                             "-1.5",
                                             "-1",
                                             "-0.99",
                                             "-0.5",
                                             "-0.01",
                                             "0",
                                             "0.01",
                                             "0.1",
                                             "0.10001",
                                             "0.11",
                                             "1",
                                             "1.5",
                                             "9223372036854775807",
                                             "9223372036854775807.5",
                                             "9223372036854775808",
                                             "99999999999999999999",
                                             "100000000000000000000",
                                             "Infinity",
                                             "NaN"};
    for (std::size_t i = 1; i < ascending.size(); ++i) {
        INFO(ascending[i - 1] << " < " << ascending[i]);
        CHECK(encode_key(number(ascending[i - 1])) < encode_key(number(ascending[i])));
    }
    for (const std::string& text : ascending) {
        const auto back = decode_key(encode_key(number(text)));
        INFO(text);
        CHECK(compare_values(back.at(0), number(text)) == 0);
    }
}

TEST_CASE("a 64-bit id takes nine bytes", "[model]") {
    CHECK(encode_key(Value{std::int64_t{220317084803617483}}).size() == 9);
}

TEST_CASE("descending keys are in the opposite order", "[model]") {
    const auto descending = [](const Value& value) {
        KeyBytes out;
        append_key_descending(out, value);
        return out;
    };
    CHECK(descending(std::int64_t{2}) < descending(std::int64_t{1}));
    CHECK(descending(std::string{"ab"}) < descending(std::string{"a"}));
    CHECK(descending(Null{}) < descending(std::int64_t{1}));  // DESC puts nulls first
}

TEST_CASE("keys print their parts", "[model]") {
    const std::vector<Value> parts{std::int64_t{1}, Null{}, std::string{"x"}};
    CHECK(display_key(encode_key(parts)) == "1/%00/x");
    CHECK(display_key(encode_key(Value{std::int64_t{220317084803617483}})) == "220317084803617483");
}

TEST_CASE("a key's name tells its parts apart, whatever they hold", "[model]") {
    const auto name = [](const std::vector<std::string>& texts) {
        std::vector<Value> parts;
        for (const std::string& text : texts)
            parts.emplace_back(text);
        return display_key(encode_key(parts));
    };
    CHECK(name({"a/b", "c"}) == "a%2Fb/c");
    CHECK(name({"a", "b/c"}) == "a/b%2Fc");
    CHECK(name({"50%", ""}) == "50%25/");
    CHECK(name({"a%2Fb", "c"}) == "a%252Fb/c");
    CHECK(name({"", "null"}) == "/null");
    CHECK(name({"tab\t", "del\x7F"}) == "tab%09/del%7F");
    CHECK(name({"logins/220"}) == "logins/220");  // one part: nothing to tell apart
    CHECK(name({"?login/5"}) == "%3Flogin/5");    // not the name of a root without a key
    CHECK(name({"why?", "?"}) == "why?/?");
    CHECK(display_key(encode_key(Value{Null{}})) == "%00");
}

TEST_CASE("a part of a key's name reads back as what was written", "[model]") {
    CHECK(read_key_part("%00") == Value{Null{}});
    CHECK(read_key_part("a%2fb%25") == Value{std::string{"a/b%"}});
    CHECK(read_key_part("") == Value{std::string{}});
    for (const char* wrong : {"%", "%2", "a%2", "%GG", "%-1", "50% off"})
        CHECK_FALSE(read_key_part(wrong).has_value());
}

TEST_CASE("bytes that are no key are refused", "[model]") {
    CHECK_THROWS_AS(decode_key("\x77"), Failure);
    CHECK_THROWS_AS(decode_key("\x12\x00"), Failure);
    CHECK_THROWS_AS(decode_key(std::string{"\x20"
                                           "abc"}),
                    Failure);
    CHECK_THROWS_AS(encode_key(Value{Absent{}}), Failure);
    const std::string whole = encode_key(number("12345678901234567890123.45"));
    for (std::size_t length = 1; length < whole.size(); ++length) {
        CHECK_THROWS_AS(decode_key(whole.substr(0, length)), Failure);
    }
}
