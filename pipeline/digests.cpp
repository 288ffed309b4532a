#include "pipeline/digests.hpp"

#include "model/encoding.hpp"
#include "transforms/evaluate.hpp"

#include <openssl/sha.h>

namespace crossfade {

std::string sha256(const std::string& bytes) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
    return {reinterpret_cast<const char*>(digest), sizeof digest};
}

std::string text_digest(const Value& value) {
    if (is_null(value)) return "null";
    return to_hex(sha256(std::get<std::string>(text_of(value))));
}

void set_digest(DerivedRecord& record, std::uint32_t column, const std::string& digest) {
    for (StoredDigest& stored : record.digests) {
        if (stored.column == column) {
            stored.digest = digest;
            return;
        }
    }
    record.digests.push_back({column, digest});
}

void forget_digest(DerivedRecord& record, std::uint32_t column) {
    std::erase_if(record.digests,
                  [&](const StoredDigest& stored) { return stored.column == column; });
}

std::string find_digest(const DerivedRecord& record, std::uint32_t column) {
    for (const StoredDigest& stored : record.digests) {
        if (stored.column == column) return stored.digest;
    }
    return {};
}

}  // namespace crossfade
