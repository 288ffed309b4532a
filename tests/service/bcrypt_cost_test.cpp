#include "service/bcrypt_cost.hpp"

#include "tests/support/catch.hpp"

using namespace crossfade;

TEST_CASE("the configured cost replaces that of every bcrypt of the mapping", "[cli]") {
    Findings findings;
    auto mapping = read_mapping(CROSSFADE_SOURCE_DIR "/tests/mappings/shop.yaml", findings);
    REQUIRE(mapping.has_value());
    std::string before;
    const auto body = [&]() -> const Expr& {
        for (const Macro& macro : mapping->macros) {
            if (macro.name == "password_of") return *macro.body;
        }
        FAIL("the mapping has no macro password_of");
        throw std::logic_error{"unreachable"};
    };
    before = to_text(body());
    REQUIRE(before.find("bcrypt(base64_password(p), 4)") != std::string::npos);
    replace_bcrypt_cost(*mapping, 9);
    std::string expected = before;
    const std::string old_call = "bcrypt(base64_password(p), 4)";
    expected.replace(expected.find(old_call), old_call.size(), "bcrypt(base64_password(p), 9)");
    CHECK(to_text(body()) == expected);
}
