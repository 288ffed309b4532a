#include "replicator/decoder.hpp"

#include "replicator/wal2json.hpp"

namespace crossfade {

std::unique_ptr<Decoder> make_decoder(std::string_view plugin,
                                      const std::vector<MappedRelation>& relations,
                                      const SecretFingerprinter* fingerprinter,
                                      DecoderOptions options) {
    if (plugin == "wal2json")
        return std::make_unique<Wal2JsonDecoder>(relations, fingerprinter, std::move(options));
    return nullptr;
}

}  // namespace crossfade
