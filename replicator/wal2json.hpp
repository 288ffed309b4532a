// wal2json, format-version 2: one JSON document for each BEGIN, COMMIT, change, TRUNCATE and
// message. https://github.com/eulerto/wal2json (2.5), with include-lsn, include-xids and
// include-timestamp.
//
// What is read around: bigint and numeric are bare numbers that a double would round, so the raw
// token is taken; a bytea comes without its \x; a domain comes quoted; an unchanged TOAST value is
// left out. NaN and infinities come as null, which cannot be told from NULL here.
#pragma once

#include "replicator/decoder.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

// Decodes one message after the other; holds buffers, no state of the stream. Not thread-safe.
//
// Throws Failure(trust) where decoding on would lose or falsify data: a document that is not
// wal2json's, text that is not UTF-8, a mapped column that is missing (absent on an UPDATE it means
// Absent, if its type can be TOASTed), a value that is not of the mapped type, a change without its
// key.
class Wal2JsonDecoder final : public Decoder {
public:
    // `relations` and `fingerprinter` outlive the decoder; fingerprinter may be null if no column
    // is secret.
    Wal2JsonDecoder(const std::vector<MappedRelation>& relations,
                    const SecretFingerprinter* fingerprinter, DecoderOptions options = {});
    ~Wal2JsonDecoder() override;
    Wal2JsonDecoder(const Wal2JsonDecoder&) = delete;
    Wal2JsonDecoder& operator=(const Wal2JsonDecoder&) = delete;

    PluginTraits traits() const override;
    std::vector<PluginOption> options() const override;
    // Its words for a change it leaves out: no tuple identifier for UPDATE in table
    // "public"."orders"
    std::optional<Error> judge(const Notice& notice) const override;
    StreamEvent decode(std::string_view message) override;

private:
    class Impl;
    const std::vector<MappedRelation>& relations_;
    std::unique_ptr<Impl> impl_;
};

// The value of add-tables: blank, comma, dot, '*' and backslash in names are escaped. Pure.
std::string wal2json_table_list(const std::vector<MappedRelation>& relations);

}  // namespace crossfade
