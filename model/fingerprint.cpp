#include "model/fingerprint.hpp"

#include "model/error.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace crossfade {

namespace {
struct FreeMac {
    void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
};
struct FreeContext {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }  // wipes the key
};

void check(bool done) {
    if (!done) throw Failure{Error{ErrorKind::internal, "OpenSSL does not compute an HMAC-SHA256"}};
}
}  // namespace

struct SecretFingerprinter::State {
    std::unique_ptr<EVP_MAC, FreeMac> mac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
    std::unique_ptr<EVP_MAC_CTX, FreeContext> context{mac ? EVP_MAC_CTX_new(mac.get()) : nullptr};
};

SecretFingerprinter::SecretFingerprinter(std::string_view key) : state_{std::make_unique<State>()} {
    if (key.empty()) {
        throw Failure{Error{ErrorKind::configuration, "the key of secret fingerprints is empty"}};
    }
    check(state_->context != nullptr);
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    check(EVP_MAC_init(state_->context.get(), reinterpret_cast<const unsigned char*>(key.data()),
                       key.size(), params) == 1);
}

SecretFingerprinter::~SecretFingerprinter() = default;
SecretFingerprinter::SecretFingerprinter(SecretFingerprinter&&) noexcept = default;
SecretFingerprinter& SecretFingerprinter::operator=(SecretFingerprinter&&) noexcept = default;

Secret SecretFingerprinter::fingerprint(std::string_view value) const {
    EVP_MAC_CTX* context = state_->context.get();
    Secret secret;
    std::size_t length = 0;
    // Called without a key, EVP_MAC_init starts a new computation with the key it was given before.
    check(EVP_MAC_init(context, nullptr, 0, nullptr) == 1 &&
          EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(value.data()),
                         value.size()) == 1 &&
          EVP_MAC_final(context, secret.hmac.data(), &length, secret.hmac.size()) == 1 &&
          length == secret.hmac.size());
    if (value.empty())
        secret.kind = SecretKind::empty;
    else if (value.starts_with("$2a$") || value.starts_with("$2b$") || value.starts_with("$2y$")) {
        secret.kind = SecretKind::bcrypt;
    }
    return secret;
}

Value SecretFingerprinter::operator()(std::optional<std::string_view> value) const {
    if (!value) return Null{};
    return fingerprint(*value);
}

}  // namespace crossfade
