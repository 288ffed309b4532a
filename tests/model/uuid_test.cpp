#include "model/uuid.hpp"

#include "tests/support/catch.hpp"

using namespace crossfade;

TEST_CASE("a UUID reads in either case and prints in lower case", "[model]") {
    const auto uuid = Uuid::parse("4F1C0a2e-0000-5abc-8DEF-0123456789ab");
    REQUIRE(uuid.has_value());
    CHECK(uuid->format() == "4f1c0a2e-0000-5abc-8def-0123456789ab");
    CHECK(uuid->bytes[0] == 0x4f);
    CHECK(uuid->bytes[15] == 0xab);
    CHECK(*Uuid::parse(uuid->format()) == *uuid);
}

TEST_CASE("what is not a UUID is refused", "[model]") {
    for (const char* text :
         {"", "4f1c0a2e", "4f1c0a2e-0000-5abc-8def-0123456789a",
          "4f1c0a2e-0000-5abc-8def-0123456789abc", "4f1c0a2e00000-5abc-8def-0123456789ab",
          "4f1c0a2g-0000-5abc-8def-0123456789ab"}) {
        INFO(text);
        CHECK(Uuid::parse(text).has_error());
    }
}
