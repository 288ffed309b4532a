#include "model/lsn.hpp"

#include "tests/support/catch.hpp"

using namespace crossfade;

TEST_CASE("an LSN reads and prints as PostgreSQL writes it", "[model]") {
    CHECK(Lsn::parse("16/B374D848")->offset() == 0x16B374D848ULL);
    CHECK(*Lsn::parse("0/0") == Lsn{});
    CHECK(Lsn::parse("FFFFFFFF/FFFFFFFF")->offset() == ~std::uint64_t{0});
    CHECK(Lsn{0x16B374D848ULL}.format() == "16/B374D848");
    CHECK(Lsn{}.format() == "0/0");
    CHECK(Lsn{0x100000001ULL}.format() == "1/1");
}

TEST_CASE("what is not an LSN is refused", "[model]") {
    for (const char* text :
         {"", "/", "1/", "/1", "16B374D848", "1/123456789", "1/2/3", "g/1", " 1/2"}) {
        INFO(text);
        CHECK(Lsn::parse(text).has_error());
    }
}

TEST_CASE("LSNs are ordered as numbers, not as texts", "[model]") {
    CHECK(*Lsn::parse("9/0") < *Lsn::parse("10/0"));
    CHECK(EndLsn{Lsn{1}} < EndLsn{Lsn{2}});
    CHECK(CommitLsn{Lsn{2}} == CommitLsn{Lsn{2}});
}
