// Digests of what was last written, as DerivedRecord keeps them.
#pragma once

#include "model/value.hpp"
#include "state/records.hpp"

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace crossfade {

// StoredDigest::digest of an adopted row's column that is somebody else's: no value has it. Of a
// deferred column it ends with the first fill, which writes nothing but knows from then on what the
// bridge would have written: if that stands there, it was the bridge, in an earlier load.
inline constexpr const char* kOthers = "others";

std::string sha256(const std::string& bytes);  // 32 bytes
// The same of bytes that come in parts.
class Sha256 {
public:
    Sha256();
    void add(std::string_view bytes);
    std::string take();  // once

private:
    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> context_;
};
// Digest of a value's text: hex SHA-256, "null" for NULL. The guard of the column's next write
// compares it with column_digest() of target/canonical: for the types that an until_changed column
// may have, the two are one.
std::string text_digest(const Value& value);

void set_digest(DerivedRecord& record, std::uint32_t column, const std::string& digest);
void forget_digest(DerivedRecord& record, std::uint32_t column);
std::string find_digest(const DerivedRecord& record, std::uint32_t column);  // empty: none

}  // namespace crossfade
