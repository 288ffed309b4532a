#include "transforms/functions/registry.hpp"

#include "tests/support/catch.hpp"
#include "transforms/functions/bcrypt.hpp"
#include "transforms/functions/uuid5.hpp"

#include <crypt.h>

#include <fstream>
#include <set>
#include <sstream>

using namespace crossfade;

namespace {

struct Raised : Flags {
    std::set<std::string> names;
    void raise(std::string_view flag) override { names.emplace(flag); }
};

Raised raised;

Result<Value> run(const char* name, std::vector<Value> args) {
    raised.names.clear();
    const Function* function = find_function(name);
    INFO(name);
    REQUIRE(function != nullptr);
    const auto count = static_cast<int>(args.size());
    REQUIRE(count >= function->args_min);
    REQUIRE((function->args_max < 0 || count <= function->args_max));
    return function->apply(args, raised);
}

// The result as text; NULL is "null", an error is "error: ...".
std::string show(const char* name, std::vector<Value> args) {
    const Result<Value> result = run(name, std::move(args));
    if (!result) return "error: " + result.error().message();
    return is_null(*result) ? "null" : to_display(*result);
}

Value text(const char* value) { return std::string{value}; }
Value whole(std::int64_t value) { return value; }
Value decimal(const char* value) { return *Decimal::parse(value); }

bool flagged(const char* name) { return raised.names == std::set<std::string>{name}; }

std::array<std::uint8_t, 16> salt(std::uint8_t first) {
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::uint8_t>(first + i * 17);
    return bytes;
}

}  // namespace

TEST_CASE("every function is documented and gives NULL or a value for NULL", "[functions]") {
    CHECK(function_names().size() >= 30);
    CHECK(find_function("no_such") == nullptr);
    for (const std::string& name : function_names()) {
        INFO(name);
        const Function* function = find_function(name);
        REQUIRE(function != nullptr);
        CHECK(function->name == name);
        CHECK_FALSE(function->summary.empty());
        CHECK((function->args_max < 0 || function->args_max >= function->args_min));
        Raised flags;
        const std::vector<Value> nulls(static_cast<std::size_t>(function->args_min), Value{Null{}});
        const Result<Value> result = function->apply(nulls, flags);
        const bool refuses = name == "raise" || name == "reject";
        CHECK(result.has_value() == !refuses);
    }
}

TEST_CASE("the reference describes every function", "[functions]") {
    std::ifstream stream{std::string{CROSSFADE_SOURCE_DIR} + "/docs/mapping.md"};
    std::ostringstream text;
    text << stream.rdbuf();
    for (const std::string& name : function_names()) {
        CHECK_THAT(text.str(), Catch::Matchers::ContainsSubstring("`" + name + "("));
    }
}

TEST_CASE("txt trims ASCII blanks and U+00A0, and nothing is NULL", "[functions]") {
    CHECK(show("txt", {text("  a b \t\r\n\v\f")}) == "a b");
    CHECK(show("txt", {text("\xC2\xA0 x \xC2\xA0\xC2\xA0")}) == "x");
    CHECK(show("txt", {text(" \xC2\xA0 ")}) == "null");
    CHECK(show("txt", {text("")}) == "null");
    CHECK(show("txt", {text("\xC2\xA1x\xC3\xA0")}) == "\xC2\xA1x\xC3\xA0");
    CHECK(show("txt", {text("\xE2\x80\x83x")}) == "\xE2\x80\x83x");
}

TEST_CASE("texts change by ASCII letters and count characters", "[functions]") {
    CHECK(show("lower_ascii", {text("A@B.\xC4\xB0\xE2\x84\xAA")}) == "a@b.\xC4\xB0\xE2\x84\xAA");
    CHECK(show("upper_ascii", {text("aé")}) == "Aé");
    CHECK(show("length", {text("Şəki")}) == "4");
    CHECK(show("replace", {text("a/b/c"), text("/"), text("--")}) == "a--b--c");
    CHECK(show("replace", {text("abc"), text(""), text("x")}) == "abc");
    CHECK(show("starts_with", {text("$2a$x"), text("$2a$")}) == "true");
    CHECK(show("ends_with", {text("a.b"), text(".c")}) == "false");
    CHECK(show("concat", {text("a"), Null{}, whole(7), decimal("1.50")}) == "a71.50");
    CHECK(show("substring", {text("Şəki"), whole(2), whole(2)}) == "ək");
    CHECK(show("substring", {text("Şəki"), whole(3)}) == "ki");
    CHECK(show("substring", {text("abc"), whole(9), whole(5)}).empty());
    CHECK(show("substring", {text("abc"), whole(0)}) ==
          "error: bad_value: substring counts characters from 1");
    CHECK(show("text", {whole(220317084803617483)}) == "220317084803617483");
    CHECK(show("text", {Value{Secret{}}}) == "error: bad_value: a secret has no text");
}

TEST_CASE("patterns are searched and their groups extracted", "[functions]") {
    CHECK(show("matches", {text("a@b.c"), text("^[^@\\s]+@[^@\\s]+$")}) == "true");
    CHECK(show("matches", {text("xay"), text("a")}) == "true");
    CHECK(show("matches", {text("x"), text("(")}).substr(0, 6) == "error:");
    CHECK(show("extract", {text("2023/2024_PY"), text("^(\\d+)/(\\d+)"), whole(2)}) == "2024");
    CHECK(show("extract", {text("id=7"), text("id=(\\d)")}) == "7");
    CHECK(show("extract", {text("id=7"), text("=.")}) == "=7");
    CHECK(show("extract", {text("id"), text("=(.)")}) == "null");
    CHECK(show("extract", {text("b"), text("(a)?b"), whole(1)}) == "null");
    CHECK(show("extract", {text("b"), text("b"), whole(3)}).substr(0, 6) == "error:");
}

TEST_CASE("dates are dd/mm/yyyy or yyyy-mm-dd, checked, within years", "[functions]") {
    CHECK(show("date", {text(" 1/2/2003 ")}) == "2003-02-01");
    CHECK(show("date", {text("29/02/2024")}) == "2024-02-29");
    CHECK(show("date", {text("2001-02-03")}) == "2001-02-03");
    CHECK(raised.names.empty());
    for (const char* bad :
         {"30/02/2001", "29/02/2023", "2001-2-3", "0/1/2000", "1/13/2000", "1/2/03", "x",
          "1/2/2003 x", "2001-02-03T00:00", "01/02/1899", "01/01/2101", "001/01/2000", "1//2000"}) {
        INFO(bad);
        CHECK(show("date", {text(bad)}) == "null");
        CHECK(flagged("bad_date"));
    }
    CHECK(show("date", {text("  ")}) == "null");
    CHECK(raised.names.empty());
    CHECK(show("date", {text("01/01/1850"), whole(1800), whole(1900)}) == "1850-01-01");
    CHECK(show("date", {text("01/01/1950"), whole(1800), whole(1900)}) == "null");
    CHECK(show("date", {Value{Date{0}}}) == "1970-01-01");
}

TEST_CASE("an id's digits give a date only if they are one", "[functions]") {
    const auto id_date = [](std::int64_t id) {
        return show("digits_date", {whole(id), whole(18), whole(19), whole(2015), whole(2035)});
    };
    CHECK(id_date(220317084803617483) == "2022-03-17");
    CHECK(id_date(2202230719043010785) == "2022-02-23");
    CHECK(id_date(220300015701453035) == "null");
    CHECK(id_date(2814571256895843457) == "null");
    CHECK(id_date(2610368562895842054) == "null");
    CHECK(id_date(100000000) == "null");
    CHECK(id_date(140317084803617483) == "null");
    CHECK(id_date(-220317084803617483) == "null");
}

TEST_CASE("instants go to days and back by the zone's own history", "[functions]") {
    const auto at = [](const char* instant) { return *run("timestamp", {text(instant)}); };
    const Value baku = text("Asia/Baku");
    CHECK(show("local_date", {at("2024-01-01T19:59:59.999999Z"), baku}) == "2024-01-01");
    CHECK(show("local_date", {at("2024-01-01T20:00:00Z"), baku}) == "2024-01-02");
    // Summer time until 2015: five hours ahead.
    CHECK(show("local_date", {at("2014-07-01T19:00:00Z"), baku}) == "2014-07-02");
    CHECK(show("local_date", {at("2016-07-01T19:00:00Z"), baku}) == "2016-07-01");
    CHECK(show("local_date", {at("1969-12-31T23:59:59Z"), text("UTC")}) == "1969-12-31");
    CHECK(*run("midnight", {Value{Date{16252}}, baku}) == at("2014-06-30T19:00:00Z"));
    CHECK(*run("midnight", {*run("date", {text("2022-03-17")}), baku}) ==
          at("2022-03-16T20:00:00Z"));
    // Midnight that a change of the clock skipped: the instant of the change.
    CHECK(*run("midnight", {*run("date", {text("2018-11-04")}), text("America/Sao_Paulo")}) ==
          at("2018-11-04T03:00:00Z"));
    CHECK(*run("at_zone", {at("2024-03-10T12:00:00.000001Z"), text("America/New_York")}) ==
          at("2024-03-10T16:00:00.000001Z"));
    CHECK(*run("at_zone", {at("2024-03-10T01:00:00Z"), text("America/New_York")}) ==
          at("2024-03-10T06:00:00Z"));
    CHECK(show("local_date", {Value{Timestamp{Timestamp::kInfinity}}, baku}) == "infinity");
    CHECK(*run("midnight", {Value{Date{std::numeric_limits<std::int32_t>::min()}}, baku}) ==
          Value{Timestamp{Timestamp::kMinusInfinity}});
    CHECK(show("midnight", {Value{Date{2'000'000'000}}, baku}).substr(0, 6) == "error:");
    CHECK(show("local_date", {at("2024-01-01T00:00:00Z"), text("Mars/Base")}) ==
          "error: bad_value: there is no time zone Mars/Base");
}

TEST_CASE("timestamps are ISO 8601 with an offset", "[functions]") {
    CHECK(*run("timestamp", {text("1970-01-01T00:00:00Z")}) == Value{Timestamp{0}});
    CHECK(*run("timestamp", {text("1970-01-01 04:00:00.5+04:00")}) == Value{Timestamp{500'000}});
    CHECK(*run("ts", {text("1969-12-31T23:00-01")}) == Value{Timestamp{0}});
    CHECK(show("timestamp", {text("1970-01-01T00:00:00")}).substr(0, 6) == "error:");
    CHECK(show("ts", {text("yesterday")}) == "null");
    CHECK(flagged("bad_date"));
    CHECK(*run("ts", {Value{Timestamp{5}}}) == Value{Timestamp{5}});
}

TEST_CASE("numbers are decimals with a point or a comma", "[functions]") {
    CHECK(show("num", {text(" 9,33 ")}) == "9.33");
    CHECK(show("num", {text("5.")}) == "5");
    CHECK(show("num", {text("-.50")}) == "-0.50");
    CHECK(show("num", {text("+007")}) == "7");
    CHECK(show("num", {whole(12)}) == "12");
    CHECK(show("num", {Value{0.1}}) == "0.1");
    CHECK(show("num", {text("")}) == "null");
    CHECK(raised.names.empty());
    for (const char* bad :
         {"NaN", "1e5", "-", ".", "1.2.3", "1,000.5", "abc", "0x10", "1 2", "Infinity", "--1"}) {
        INFO(bad);
        CHECK(show("num", {text(bad)}) == "null");
        CHECK(flagged("bad_number"));
    }
    CHECK(show("num", {decimal("NaN")}) == "null");
    CHECK(flagged("bad_number"));
    CHECK(show("int", {text("6,0")}) == "6");
    CHECK(show("int", {text("6,5")}) == "null");
    CHECK(flagged("bad_number"));
    CHECK(show("int", {text("99999999999999999999")}) == "null");
    CHECK(show("int", {whole(-3)}) == "-3");
    CHECK(show("flag", {whole(1)}) == "true");
    CHECK(show("flag", {whole(2)}) == "false");
    CHECK(show("flag", {Null{}}) == "false");
    CHECK(show("round", {decimal("2.345"), whole(2)}) == "2.35");
    CHECK(show("round", {decimal("-2.5")}) == "-3");
    CHECK(show("round", {whole(2), whole(2)}) == "2.00");
    CHECK(show("round", {text("2")}).substr(0, 6) == "error:");
    CHECK(show("abs", {decimal("-1.50")}) == "1.50");
    CHECK(show("abs", {whole(std::numeric_limits<std::int64_t>::min())}) == "9223372036854775808");
}

TEST_CASE("choices pass over NULL, and flags and refusals say their name", "[functions]") {
    CHECK(show("greatest", {whole(1), Null{}, decimal("1.5")}) == "1.5");
    CHECK(show("least", {Null{}, Null{}}) == "null");
    CHECK(show("least", {text("b"), text("a")}) == "a");
    CHECK(show("nullif", {whole(1), decimal("1.0")}) == "null");
    CHECK(show("nullif", {whole(1), Null{}}) == "1");
    CHECK(show("choose", {whole(2), whole(1), text("one"), whole(2), text("two"), text("more")}) ==
          "two");
    CHECK(show("choose", {whole(3), whole(1), text("one"), text("more")}) == "more");
    CHECK(show("choose", {whole(3), whole(1), text("one")}) == "null");
    CHECK(show("choose", {Null{}, Null{}, text("one"), text("more")}) == "more");
    CHECK(show("raise", {text("lost"), whole(7)}) == "7");
    CHECK(flagged("lost"));
    CHECK(show("raise", {text("lost")}) == "null");
    CHECK(show("reject", {text("bad_value: not a year")}) == "error: bad_value: not a year");
}

TEST_CASE("UUIDs of names are those of the published vectors", "[functions]") {
    // RFC 4122's namespace of URLs gives the namespace of the first pair, which gives these
    // (mapping, 1.2).
    const Uuid urls = *Uuid::parse("6ba7b811-9dad-11d1-80b4-00c04fd430c8");
    const Uuid space = uuid_v5(urls, "urn:edu-lms-bridge:v1");
    CHECK(space.format() == "549b22fb-a5c3-5d16-94b0-27e90695449f");
    const std::vector<std::pair<const char*, const char*>> vectors{
        {"accounts/220209055404181687", "c473d722-cde3-5fc2-9b9f-f6771b488f5e"},
        {"persons/220317084803617483", "26930622-86fa-52c7-98e8-c76eeb63eeb1"},
        {"students/2814571256895843457", "700fab58-96fa-52d7-9b8c-f31febfefb56"},
        {"course/220300015701453035", "d684dac1-6479-550e-a7bc-cf680ab6050a"},
        {"academic_term/2022-2023/fall", "614b2588-8e39-54c3-9acd-45b677e48451"},
        {"enrollment/220300015701453035/220215064909145438",
         "a65489fd-3715-579c-bdb9-99fe25881b06"},
        {"assessment/220300015701453035/241115334602618787",
         "13089488-2dc6-599c-9c2a-2634ac312b92"},
        {"grade/220300015701453035/241115334602618787/220215064909145438",
         "ec83c13e-2550-5f6f-8846-375269d8d171"},
        {"journal_details/220300015701453035/1", "3327b1e3-4195-5c98-afc1-bced1d2e1ab4"}};
    for (const auto& [name, uuid] : vectors)
        CHECK(uuid_v5(space, name).format() == uuid);
    CHECK(show("uuid5", {text("549b22fb-a5c3-5d16-94b0-27e90695449f"), text(vectors[0].first)}) ==
          vectors[0].second);
    CHECK(show("uuid", {text(" 549B22FB-a5c3-5d16-94b0-27e90695449f ")}) == space.format());
    CHECK(show("uuid", {text("549b22fb")}) == "null");
    CHECK(flagged("bad_uuid"));
}

TEST_CASE("a password's base64 is strict", "[functions]") {
    CHECK(show("base64_password", {text(" c2VjcmV0MTI= ")}) == "secret12");
    CHECK(show("base64_password", {text("yZlsaQ==")}) == "əli");
    CHECK(raised.names.empty());
    for (const char* bad :
         {"c2VjcmV0MTI", "c2VjcmV0MTJ=", "c2Vj cmV0", "====", "=", "AA=A", "A===", "AB==", "", "  ",
          "/w==", "AA==", "YQBi", "c2VjcmV0_w==", "7aCA", "wIA=", "YWJjZA==\xC3\xA0"}) {
        INFO(bad);
        CHECK(show("base64_password", {text(bad)}) == "null");
        CHECK(flagged("password_reset_required"));
    }
    CHECK(show("base64_password", {Null{}}) == "null");
}

TEST_CASE("bcrypt is what crypt checks, and depends on its arguments alone", "[functions]") {
    const std::string hash = *bcrypt_hash("secret12", 4, salt(1));
    CHECK(hash.size() == 60);
    CHECK(hash.starts_with("$2b$04$"));
    crypt_data data{};
    CHECK(hash == crypt_r("secret12", hash.c_str(), &data));
    CHECK(hash == *bcrypt_hash("secret12", 4, salt(1)));
    CHECK(hash != *bcrypt_hash("secret12", 4, salt(2)));
    CHECK(hash != *bcrypt_hash("secret13", 4, salt(1)));
    const std::string long_text(72, 'x');
    CHECK(*bcrypt_hash(long_text, 4, salt(1)) == *bcrypt_hash(long_text + "more", 4, salt(1)));
    CHECK(*bcrypt_hash(long_text.substr(1), 4, salt(1)) != *bcrypt_hash(long_text, 4, salt(1)));
    CHECK_FALSE(bcrypt_hash(std::string_view{"a\0b", 3}, 4, salt(1)).has_value());
    CHECK_FALSE(bcrypt_hash("a", 3, salt(1)).has_value());
    // A vector of OpenBSD's own: the salt is all zero bits of "CCCCCCCCCCCCCCCCCCCCC." decoded.
    const std::array<std::uint8_t, 16> published{0x10, 0x41, 0x04, 0x10, 0x41, 0x04, 0x10, 0x41,
                                                 0x04, 0x10, 0x41, 0x04, 0x10, 0x41, 0x04, 0x10};
    CHECK((*bcrypt_hash("U*U", 5, published)).substr(7) ==
          "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
}
