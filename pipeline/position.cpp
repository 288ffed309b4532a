#include "pipeline/position.hpp"

#include "model/encoding.hpp"
#include "state/keys.hpp"

namespace crossfade {

Position read_position(const Reader& reader) {
    Position position;
    const auto bytes = reader.get(Family::meta, keys::kPosition);
    if (!bytes) return position;
    std::string_view in = *bytes;
    position.batch = take_varint(in);
    position.applied = EndLsn{Lsn{take_varint(in)}};
    position.partial_commit = CommitLsn{Lsn{take_varint(in)}};
    position.partial_changes = take_varint(in);
    return position;
}

void write_position(WriteSet& set, const Position& position) {
    std::string bytes;
    append_varint(bytes, position.batch);
    append_varint(bytes, position.applied.lsn.offset());
    append_varint(bytes, position.partial_commit.lsn.offset());
    append_varint(bytes, position.partial_changes);
    set.put(Family::meta, std::string{keys::kPosition}, std::move(bytes));
}

}  // namespace crossfade
