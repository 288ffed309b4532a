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

Sha256::Sha256() : context_{EVP_MD_CTX_new()} {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
        throw Failure{Error{ErrorKind::internal, "no SHA-256"}};
}

void Sha256::add(std::string_view bytes) {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

std::string Sha256::take() {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    EVP_DigestFinal_ex(context_.get(), digest, nullptr);
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
