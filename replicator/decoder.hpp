// What the bridge needs of a logical decoding plugin: which options the stream is started with,
// what the plugin's warnings mean, and its messages as events. The transport (slot_stream.hpp) and
// the assembler know this and no plugin.
#pragma once

#include "model/error.hpp"
#include "model/fingerprint.hpp"
#include "postgres/connection.hpp"
#include "replicator/event.hpp"
#include "replicator/relation_decoder.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossfade {

// Name and value, as START_REPLICATION and pg_logical_slot_peek_changes take them; not quoted.
using PluginOption = std::pair<std::string, std::string>;

struct PluginTraits {
    std::string name;     // as CREATE_REPLICATION_SLOT takes it
    std::string package;  // Debian's, behind "postgresql-<major>-"; empty: comes with the server
    std::string release;  // the first that knows all options, "wal2json 2.5"
    bool converts_encoding = true;  // else the database's must be UTF8
    bool tells_nan = true;          // else NaN and the infinities arrive as null
};

// One for each stream. Not thread-safe.
class Decoder {
public:
    virtual ~Decoder() = default;

    virtual PluginTraits traits() const = 0;
    // The options that decode() relies on, the list of the mapped tables among them.
    virtual std::vector<PluginOption> options() const = 0;
    // The error that a notice of the server means: the plugin left out a change. Nothing: none.
    virtual std::optional<Error> judge(const Notice& notice) const = 0;
    // One message. Throws Failure(trust) where decoding on would lose or falsify data.
    virtual StreamEvent decode(std::string_view message) = 0;
};

// The decoder of a plugin by its name; null: there is none. `relations` and `fingerprinter` outlive
// it; the fingerprinter may be null if no column is secret, or nothing is decoded.
std::unique_ptr<Decoder> make_decoder(std::string_view plugin,
                                      const std::vector<MappedRelation>& relations,
                                      const SecretFingerprinter* fingerprinter,
                                      DecoderOptions options = {});

}  // namespace crossfade
