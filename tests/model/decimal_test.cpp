#include "model/decimal.hpp"

#include <random>

#include "tests/support/catch.hpp"

using namespace crossfade;

namespace {
std::string canonical(std::string_view text) { return Decimal::parse(text)->format(); }
Decimal number(std::string_view text) { return *Decimal::parse(text); }
}  // namespace

TEST_CASE("a decimal keeps its scale and drops what says nothing", "[model]") {
    CHECK(canonical("1.50") == "1.50");
    CHECK(canonical("007") == "7");
    CHECK(canonical("+0.10") == "0.10");
    CHECK(canonical(".5") == "0.5");
    CHECK(canonical("-0") == "0");
    CHECK(canonical("-0.00") == "0.00");
    CHECK(canonical("1e3") == "1000");
    CHECK(canonical("1.5e-3") == "0.0015");
    CHECK(canonical("1.50e1") == "15.0");
    CHECK(canonical("NaN") == "NaN");
    CHECK(canonical("-Infinity") == "-Infinity");
    CHECK(canonical("220317084803617483.000001") == "220317084803617483.000001");
}

TEST_CASE("what is not a number is refused", "[model]") {
    for (const char* text : {"", "-", ".", "1.2.3", "1e", "1e999999", "0x10", "1 ", "nan", "--1"}) {
        INFO(text);
        CHECK(Decimal::parse(text).has_error());
    }
}

TEST_CASE("decimals compare by value and NaN is greatest", "[model]") {
    CHECK(number("1.0") == number("1.00"));
    CHECK(compare(number("-2"), number("-1.5")) < 0);
    CHECK(compare(number("9.99"), number("10")) < 0);
    CHECK(compare(number("NaN"), number("Infinity")) > 0);
    CHECK(compare(number("Infinity"), number("1e1000")) > 0);
    CHECK(compare(number("-Infinity"), number("-1e1000")) < 0);
}

TEST_CASE("rounding and dividing go half away from zero", "[model]") {
    CHECK(number("2.345").round(2).format() == "2.35");
    CHECK(number("-2.345").round(2).format() == "-2.35");
    CHECK(number("2").round(2).format() == "2.00");
    CHECK(Decimal::divide(number("1"), number("3"), 5)->format() == "0.33333");
    CHECK(Decimal::divide(number("-1"), number("8"), 2)->format() == "-0.13");
    CHECK(Decimal::divide(number("1"), number("0.00"), 2).has_error());
}

TEST_CASE("a decimal is an integer when its value is one", "[model]") {
    CHECK(*number("6.0").to_int64() == 6);
    CHECK(*number("-9223372036854775808").to_int64() == std::numeric_limits<std::int64_t>::min());
    CHECK(number("9223372036854775808").to_int64().has_error());
    CHECK(number("6.5").to_int64().has_error());
    CHECK(number("NaN").to_int64().has_error());
}

TEST_CASE("sums and products agree with integers", "[model][property]") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random{seed};
    std::uniform_int_distribution<std::int64_t> any{-1'000'000'000, 1'000'000'000};
    for (int i = 0; i < 2000; ++i) {
        const std::int64_t a = any(random);
        const std::int64_t b = any(random);
        CHECK((Decimal{a} + Decimal{b}).format() == std::to_string(a + b));
        CHECK((Decimal{a} - Decimal{b}).format() == std::to_string(a - b));
        CHECK((Decimal{a} * Decimal{b}).format() == std::to_string(a * b));
    }
}
