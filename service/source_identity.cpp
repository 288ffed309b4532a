#include "service/source_identity.hpp"

#include "state/keys.hpp"

namespace crossfade {

// "7301234567890123456/1"
SourceIdentity read_source_identity(const Reader& reader) {
    SourceIdentity found;
    const auto bytes = reader.get(Family::meta, keys::kSourceIdentity);
    if (!bytes) return found;
    const auto slash = bytes->find('/');
    found.system_identifier = std::stoull(bytes->substr(0, slash));
    found.timeline = static_cast<std::uint32_t>(std::stoul(bytes->substr(slash + 1)));
    return found;
}

void write_source_identity(WriteSet& set, const SourceIdentity& identity) {
    set.put(Family::meta, std::string{keys::kSourceIdentity},
            std::to_string(identity.system_identifier) + "/" + std::to_string(identity.timeline));
}

}  // namespace crossfade
