#include "model/value.hpp"
#include "model/civil.hpp"

#include "tests/support/catch.hpp"

using namespace crossfade;

TEST_CASE("numbers compare by value whatever their kind, and null is greatest", "[model]") {
    CHECK(compare_values(std::int64_t{2}, *Decimal::parse("2.00")) == 0);
    CHECK(compare_values(std::int64_t{2}, *Decimal::parse("2.5")) < 0);
    CHECK(compare_values(*Decimal::parse("-0.5"), std::int64_t{0}) < 0);
    CHECK(compare_values(Null{}, std::string{"zzz"}) > 0);
    CHECK(compare_values(Null{}, Null{}) == 0);
    CHECK(compare_values(std::numeric_limits<double>::quiet_NaN(), 1e308) > 0);
    CHECK(compare_values(0.0, -0.0) == 0);
}

TEST_CASE("texts compare by bytes", "[model]") {
    CHECK(compare_values(std::string{"Z"}, std::string{"a"}) < 0);
    CHECK(compare_values(std::string{"z"}, std::string{"\xC3\xA4"}) < 0);
}

TEST_CASE("values print for people", "[model]") {
    CHECK(to_display(Null{}) == "null");
    CHECK(to_display(true) == "true");
    CHECK(to_display(Date{0}) == "1970-01-01");
    CHECK(to_display(Timestamp{1'500'000}) == "1970-01-01T00:00:01.5+00:00");
    CHECK(to_display(Timestamp{Timestamp::kInfinity}) == "infinity");
    CHECK(to_display(TimeOfDay{86'400'000'000}) == "24:00:00");
    CHECK(to_display(Bytes{std::string{"\x00\xFF", 2}}) == "\\x00ff");
    CHECK(to_display(1e15) == "1e+15");
    CHECK(to_display(100000.5) == "100000.5");
}

TEST_CASE("the first and the last instants of the range print too", "[model]") {
    CHECK(to_display(Timestamp{Timestamp::kMinusInfinity + 1}) ==
          "290309-12-21T19:59:05.224193+00:00 BC");
    CHECK(to_display(Timestamp{Timestamp::kMinusInfinity + 86'400'000'000}) ==
          "290309-12-22T19:59:05.224192+00:00 BC");
    CHECK(to_display(Timestamp{Timestamp::kInfinity - 1}) == "294247-01-10T04:00:54.775806+00:00");
    CHECK(to_display(Timestamp{-1}) == "1969-12-31T23:59:59.999999+00:00");
}

TEST_CASE("a secret never prints its fingerprint", "[model]") {
    Secret secret;
    secret.hmac.fill(0xAB);
    secret.kind = SecretKind::bcrypt;
    CHECK(to_display(secret) == "(secret, bcrypt)");
}

TEST_CASE("the calendar goes both ways over PostgreSQL's range", "[model]") {
    CHECK(days_from_civil({1970, 1, 1}) == 0);
    CHECK(days_from_civil({2000, 2, 29}) == 11016);
    CHECK(format_date(Date{static_cast<std::int32_t>(days_from_civil({-43, 3, 15}))}) ==
          "0044-03-15 BC");
    CHECK(format_date(Date{static_cast<std::int32_t>(days_from_civil({294276, 12, 31}))}) ==
          "294276-12-31");
    CHECK_FALSE(is_valid({2023, 2, 29}));
    CHECK(is_valid({2024, 2, 29}));
    for (std::int64_t days = -2'500'000; days < 200'000'000; days += 9'973) {
        const CivilDate date = civil_from_days(days);
        if (days_from_civil(date) != days || !is_valid(date)) FAIL("day " << days);
    }
}
