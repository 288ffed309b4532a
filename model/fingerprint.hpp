// What a secret column is turned into before its value goes anywhere: an HMAC-SHA256 and the kind
// of value it was.
#pragma once

#include "model/value.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace crossfade {

// Keeps the key in memory that is wiped at the end. One per thread: a computation reuses its
// context.
class SecretFingerprinter {
public:
    explicit SecretFingerprinter(
        std::string_view key);  // throws Failure(configuration) on an empty key
    ~SecretFingerprinter();
    SecretFingerprinter(SecretFingerprinter&&) noexcept;
    SecretFingerprinter& operator=(SecretFingerprinter&&) noexcept;

    // kind: empty for "", bcrypt for texts that begin with $2a$, $2b$ or $2y$, else other. Null
    // stays Null.
    Secret fingerprint(std::string_view value) const;
    Value operator()(std::optional<std::string_view> value) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace crossfade
