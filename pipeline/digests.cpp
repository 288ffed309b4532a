#include "pipeline/digests.hpp"

#include "transforms/evaluate.hpp"

#include <openssl/sha.h>

namespace crossfade {

namespace {
std::string hex(const unsigned char* bytes, std::size_t size) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
        text += digits[bytes[i] >> 4];
        text += digits[bytes[i] & 15];
    }
    return text;
}
}  // namespace

std::string sha256(const std::string& bytes) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
    return {reinterpret_cast<const char*>(digest), sizeof digest};
}

std::string column_digest(const Value& value) {
    if (is_null(value)) return "null";
    const std::string digest = sha256(std::get<std::string>(text_of(value)));
    return hex(reinterpret_cast<const unsigned char*>(digest.data()), digest.size());
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

std::string find_digest(const DerivedRecord& record, std::uint32_t column) {
    for (const StoredDigest& stored : record.digests) {
        if (stored.column == column) return stored.digest;
    }
    return {};
}

}  // namespace crossfade
