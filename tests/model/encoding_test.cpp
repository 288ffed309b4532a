#include "model/encoding.hpp"

#include "tests/model/random_value.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;

namespace {
// == of double is false for NaN and true for -0, so bytes are compared.
bool same(const Row& a, const Row& b) {
    return encode_row(a) == encode_row(b) && a.size() == b.size();
}
}  // namespace

TEST_CASE("a row decodes to what was encoded", "[model][property]") {
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    test::RandomValue random{seed};
    for (int i = 0; i < 20'000; ++i) {
        Row row{Absent{}, Json{"{}"}, Secret{}};
        for (auto count = random.below(6); count > 0; --count)
            row.push_back(random());
        const Row back = decode_row(encode_row(row));
        if (!same(row, back)) FAIL("row " << i);
        for (std::size_t c = 0; c < row.size(); ++c)
            REQUIRE(row[c].index() == back[c].index());
    }
}

TEST_CASE("a decimal keeps its scale and a small integer is small", "[model]") {
    std::string bytes;
    append_value(bytes, *Decimal::parse("1.500"));
    std::string_view in = bytes;
    CHECK(std::get<Decimal>(take_value(in)).format() == "1.500");
    CHECK(in.empty());
    CHECK(encode_row({std::int64_t{-1}}).size() == 3);
}

TEST_CASE("an encoded row that is cut short is refused", "[model]") {
    const std::string whole =
        encode_row({std::string{"abc"}, std::int64_t{1} << 40, Uuid{}, 1.5, Secret{}});
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CHECK_THROWS_AS(decode_row(whole.substr(0, length)), Failure);
    }
    CHECK_THROWS_AS(decode_row(whole + "x"), Failure);
    CHECK_THROWS_AS(decode_row("\x01\x7F"), Failure);
}
