#include "verify/born.hpp"

#include "state/keys.hpp"

namespace crossfade {

namespace {
constexpr unsigned kVersionByte = 6;
constexpr unsigned kComputed = 5;  // RFC 9562, section 5.5: a name's SHA-1

bool is_computed(const Uuid& id) { return (id.bytes[kVersionByte] >> 4U) == kComputed; }
}  // namespace

void BornRows::add(EntityIndex entity, const Uuid& id, bool taken) {
    const EntityProgram& program = program_.entities[entity];
    const std::string table = program.target.schema + "." + program.target.table;
    BornRow& row =
        rows_.try_emplace({table, id}, BornRow{entity, program.name, id, is_computed(id)})
            .first->second;
    // An adopted row that its root has not written yet is neither's.
    if (taken || state_.get(Family::meta, keys::adopter(entity, id))) row.unknown = false;
}

std::vector<BornRow> BornRows::take() {
    std::vector<BornRow> rows;
    for (auto& [id, row] : rows_)
        rows.push_back(std::move(row));
    rows_.clear();
    return rows;
}

}  // namespace crossfade
