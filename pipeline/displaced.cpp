#include "pipeline/displaced.hpp"

#include "model/encoding.hpp"
#include "model/error.hpp"
#include "pipeline/root_name.hpp"
#include "state/keys.hpp"

#include <algorithm>
#include <cmath>

namespace crossfade {

namespace {
std::string table_of(const MappedRelation& relation) { return relation.table(); }

// Images are rows by position: of these columns.
std::string columns_of(const MappedRelation& relation) {
    std::string names;
    for (const MappedColumn& column : relation.columns)
        append_text(names, column.name);
    return names;
}

// A plugin may tell NaN and the infinities as null.
bool is_told_alike(const Value& value, const Value& told) {
    const auto* real = std::get_if<double>(&value);
    const auto* decimal = std::get_if<Decimal>(&value);
    const bool finite =
        (real == nullptr || std::isfinite(*real)) && (decimal == nullptr || decimal->is_finite());
    if (!finite && is_null(told)) return true;
    return encode_row({value}) == encode_row({told});
}

std::size_t unlike(const Row& row, const Row& before) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < row.size() && i < before.size(); ++i) {
        if (!is_absent(before[i]) && !is_told_alike(row[i], before[i])) ++count;
    }
    return count;
}
}  // namespace

DisplacedRows::DisplacedRows(const Program& program, const Reader& reader) : program_{program} {
    const auto bytes = reader.get(Family::meta, keys::kDisplaced);
    if (!bytes) return;
    stored_ = true;
    std::string_view in = *bytes;
    for (std::uint64_t left = take_varint(in); left > 0; --left) {
        const std::string table = take_text(in);
        const std::string columns = take_text(in);
        KeyBytes key = take_text(in);
        Row row = decode_row(take_text(in));
        const auto relation = std::ranges::find(program.relations, table, table_of);
        if (relation == program.relations.end() || columns_of(*relation) != columns) {
            throw Failure{Error{ErrorKind::trust, "the mapping reads other columns of " + table +
                                                      " in the middle of a large transaction"}
                              .with_hint("bring the old mapping back until it is applied")};
        }
        const auto index = static_cast<RelationIndex>(relation - program.relations.begin());
        add({index, std::move(key)}, std::make_shared<const Row>(std::move(row)));
    }
}

DisplacedRows::Image DisplacedRows::take(const RowId& id, const Row& before, const Image& current) {
    const auto entry = rows_.find(id);
    if (entry == rows_.end()) return nullptr;
    auto& rows = entry->second;
    const auto nearest =
        std::ranges::min_element(rows, {}, [&](const Image& row) { return unlike(*row, before); });
    if (current && unlike(*current, before) <= unlike(**nearest, before)) return nullptr;
    Image row = *nearest;
    rows.erase(nearest);
    if (rows.empty()) rows_.erase(entry);
    return row;
}

DisplacedRows::Image DisplacedRows::take_last(const RowId& id) {
    const auto entry = rows_.find(id);
    if (entry == rows_.end()) return nullptr;
    Image row = std::move(entry->second.back());
    entry->second.pop_back();
    if (entry->second.empty()) rows_.erase(entry);
    return row;
}

void DisplacedRows::drop(RelationIndex relation) {
    std::erase_if(rows_, [&](const auto& entry) { return entry.first.first == relation; });
}

void DisplacedRows::require_none() const {
    if (rows_.empty()) return;
    const RowId& id = rows_.begin()->first;
    const std::string table = table_of(program_.relations[id.first]);
    throw Failure{
        Error{ErrorKind::trust, "two rows of " + table + " have the key " + display_key(id.second)}
            .with_hint("`key` of this table in the mapping must name columns that tell its rows "
                       "apart; correct it and load again")};
}

void DisplacedRows::save(Overlay& overlay) const {
    const std::string name{keys::kDisplaced};
    if (rows_.empty()) {
        if (stored_) overlay.staged().erase(Family::meta, name);
        return;
    }
    std::string list;
    std::uint64_t count = 0;
    for (const auto& [id, rows] : rows_) {
        const MappedRelation& relation = program_.relations[id.first];
        for (const Image& row : rows) {
            append_text(list, table_of(relation));
            append_text(list, columns_of(relation));
            append_text(list, id.second);
            append_text(list, encode_row(*row));
            ++count;
        }
    }
    std::string bytes;
    append_varint(bytes, count);
    overlay.staged().put(Family::meta, name, bytes + list);
}

}  // namespace crossfade
