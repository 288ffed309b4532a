#include "model/json.hpp"

#include <random>

#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"

using namespace crossfade;

namespace {
std::string canonical(std::string_view text) { return canonical_json(text)->text; }

class RandomJson {
public:
    explicit RandomJson(std::uint64_t seed) : random_{seed} {}

    std::string operator()(int depth = 0) {
        switch (below(depth > 3 ? 5 : 7)) {
            case 0: return "null";
            case 1: return below(2) == 0 ? "true" : "false";
            case 2:
            case 3: return number();
            case 4: return text();
            case 5: return list(depth, '[', ']', false);
            default: return list(depth, '{', '}', true);
        }
    }

private:
    std::uint64_t below(std::uint64_t bound) {
        return std::uniform_int_distribution<std::uint64_t>{0, bound - 1}(random_);
    }
    std::string blanks() { return std::string(below(3), below(2) == 0 ? ' ' : '\n'); }
    std::string number() {
        static constexpr const char* kNumbers[] = {"0",        "-0",
                                                   "-0.0",     "1.50",
                                                   "1e3",      "1.5E-3",
                                                   "-12.0e+2", "220317084803617483",
                                                   "0.000",    "123456789012345678901234567890.10",
                                                   "1e-7",     "10e0"};
        return kNumbers[below(std::size(kNumbers))];
    }
    std::string text() {
        static constexpr const char* kPieces[] = {"a",
                                                  "b",
                                                  "\\u0061",
                                                  "\\\"",
                                                  "\\\\",
                                                  "\\/",
                                                  "\\n",
                                                  "\\u001f",
                                                  "\\u007f",
                                                  "\x7F",
                                                  "\\ud83d\\ude00",
                                                  "\\u00e4",
                                                  "\xC3\xA4",
                                                  "\xE2\x80\xA8",
                                                  "\\b",
                                                  "\\t",
                                                  " "};
        std::string out = "\"";
        for (auto count = below(4); count > 0; --count)
            out += kPieces[below(std::size(kPieces))];
        return out + "\"";
    }
    std::string list(int depth, char open, char close, bool object) {
        std::string out = open + blanks();
        for (auto count = below(4), i = count; i > 0; --i) {
            if (i != count) out += "," + blanks();
            if (object) out += text() + blanks() + ":" + blanks();
            out += (*this)(depth + 1) + blanks();
        }
        return out + close;
    }

    std::mt19937_64 random_;
};

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text)
        out += c == '\'' ? "''" : std::string(1, c);
    return out + "'";
}
}  // namespace

TEST_CASE("documents take jsonb's form", "[model]") {
    CHECK(canonical(" { \"bb\":1,\"a\" : [ 1,2 ],\"a\":null } ") == "{\"a\": null, \"bb\": 1}");
    CHECK(canonical("[]") == "[]");
    CHECK(canonical("{}") == "{}");
    CHECK(canonical("[1.50, 1e3, -0, 1E-2]") == "[1.50, 1000, 0, 0.01]");
    CHECK(canonical("\"\\u0041\\/\\u001F\"") == "\"A/\\u001f\"");
    CHECK(canonical("220317084803617483") == "220317084803617483");
}

TEST_CASE("what jsonb refuses is an error with its offset", "[model]") {
    for (const char* text :
         {"", "{", "[1,]", "{\"a\":}", "{\"a\" 1}", "01", "1.", "1e", "+1", "nul", "\"\\u0000\"",
          "\"\\ud800\"", "\"\\udc00\"", "\"a\nb\"", "\"\\x\"", "1 2", "\"abc"}) {
        INFO(text);
        CHECK(canonical_json(text).has_error());
    }
    CHECK(canonical_json("[1, x]").error().message() == "invalid json at offset 4");
    CHECK(canonical_json(std::string(100'000, '[')).has_error());
}

TEST_CASE("objects are built sorted by length, then bytes, the last of a repeated key winning",
          "[model]") {
    CHECK(json_object({{"bb", "1"}, {"c", "2"}, {"a", "3"}, {"c", "4"}}).text ==
          "{\"a\": 3, \"c\": 4, \"bb\": 1}");
    CHECK(json_array({"1", "\"x\""}).text == "[1, \"x\"]");
    CHECK(json_array({}).text == "[]");
}

TEST_CASE("values stand in documents as PostgreSQL puts them there", "[model]") {
    CHECK(json_scalar(Null{}) == "null");
    CHECK(json_scalar(std::int64_t{7}) == "7");
    CHECK(json_scalar(*Decimal::parse("1.50")) == "1.50");
    CHECK(json_scalar(*Decimal::parse("NaN")) == "\"NaN\"");
    CHECK(json_scalar(1e20) == "100000000000000000000");
    CHECK(json_scalar(Timestamp{0}) == "\"1970-01-01T00:00:00+00:00\"");
    CHECK(json_scalar(Json{"[1]"}) == "[1]");
    CHECK(json_scalar(std::string{"a\"b"}) == "\"a\\\"b\"");
}

TEST_CASE("any document prints as PostgreSQL prints it", "[model][property][postgres]") {
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    RandomJson random{seed};
    const auto& cluster = test::Cluster::shared();
    for (int round = 0; round < 10; ++round) {
        std::string query = "SELECT string_agg(j::jsonb::text, E'\\x01' ORDER BY n) FROM (VALUES ";
        std::string expected;
        for (int i = 0; i < 100; ++i) {
            const std::string text = random();
            query += (i > 0 ? ", (" : "(") + std::to_string(i) + ", " + quoted(text) + ")";
            expected += (i > 0 ? "\x01" : "") + canonical(text);
            CHECK(canonical(canonical(text)) == canonical(text));
        }
        CHECK(cluster.value("postgres", query + ") v(n, j)") == expected);
    }
}
