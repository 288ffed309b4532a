#include "model/fingerprint.hpp"

#include "model/error.hpp"

#include "tests/support/catch.hpp"

using namespace crossfade;

namespace {
std::string hex(const Secret& secret) {
    std::string text;
    char buffer[3];
    for (const std::uint8_t byte : secret.hmac) {
        std::snprintf(buffer, sizeof buffer, "%02x", byte);
        text += buffer;
    }
    return text;
}
}  // namespace

TEST_CASE("a fingerprint is the HMAC-SHA256 of RFC 4231", "[codec]") {
    const SecretFingerprinter fingerprinter{"Jefe"};
    const char* expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    CHECK(hex(fingerprinter.fingerprint("what do ya want for nothing?")) == expected);
    fingerprinter.fingerprint("something else");
    CHECK(hex(fingerprinter.fingerprint("what do ya want for nothing?")) == expected);
}

TEST_CASE("the kind of a secret is told from its text", "[codec]") {
    const SecretFingerprinter fingerprinter{"key"};
    CHECK(fingerprinter.fingerprint("").kind == SecretKind::empty);
    for (const char* text : {"$2a$10$abc", "$2b$12$abc", "$2y$04$abc"}) {
        CHECK(fingerprinter.fingerprint(text).kind == SecretKind::bcrypt);
    }
    CHECK(fingerprinter.fingerprint("$2x$04$abc").kind == SecretKind::other);
    CHECK(fingerprinter.fingerprint("cGFzc3dvcmQ=").kind == SecretKind::other);
    CHECK(is_null(fingerprinter(std::nullopt)));
    CHECK_THROWS_AS(SecretFingerprinter{""}, Failure);
}
