#include "pipeline/unread.hpp"

#include "model/encoding.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

namespace {

// Rows are stored by position: of these columns.
std::string column_list(const MappedRelation& relation) {
    std::string names;
    for (const MappedColumn& column : relation.columns)
        append_text(names, column.name);
    return names;
}

UnreadRow decode_unread(const MappedRelation& relation, std::string_view bytes) {
    UnreadRow unread;
    unread.birth = Lsn{take_varint(bytes)};
    unread.until = Lsn{take_varint(bytes)};
    if (take_text(bytes) != column_list(relation)) {
        throw Failure{Error{ErrorKind::trust, "the mapping reads other columns of " +
                                                  relation.table() +
                                                  " while rows of it are to be read again"}
                          .with_hint("bring the old mapping back until `crossfade wait` ends")};
    }
    unread.row = decode_row(take_text(bytes));
    unread.values = decode_row(take_text(bytes));
    return unread;
}

std::string encode_unread(const MappedRelation& relation, const UnreadRow& unread) {
    std::string bytes;
    append_varint(bytes, unread.birth.offset());
    append_varint(bytes, unread.until.offset());
    append_text(bytes, column_list(relation));
    append_text(bytes, encode_row(unread.row));
    append_text(bytes, encode_row(unread.values));
    return bytes;
}

std::optional<RelationIndex> relation_named(const Program& program, std::string_view table) {
    for (RelationIndex r = 0; r < program.relations.size(); ++r) {
        if (program.relations[r].table() == table) return r;
    }
    return std::nullopt;
}

std::string table_prefix(const MappedRelation& relation) {
    std::string prefix;
    append_text(prefix, relation.table());
    return prefix;
}

}  // namespace

bool lacks_values(const MappedRelation& relation, const Row& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (is_null(row[i]) && relation.can_be_nan(i)) return true;
    }
    return false;
}

Row with_values(const Row& row, const Row& values) {
    Row result = row;
    for (std::size_t i = 0; i < result.size() && i < values.size(); ++i) {
        if (is_null(result[i]) && !is_absent(values[i])) result[i] = values[i];
    }
    return result;
}

std::map<RowId, std::uint32_t> unsure_rows(const Program& program,
                                           const std::vector<SourceTransaction>& transactions) {
    std::map<RowId, std::uint32_t> rows;
    for (const SourceTransaction& transaction : transactions) {
        for (const Change& change : transaction.changes) {
            const MappedRelation& relation = program.relations[change.relation];
            if (change.unsure.empty() || relation.repeats) continue;
            rows[{change.relation, relation.key_of(change.row)}] = transaction.xid;
        }
    }
    return rows;
}

UnreadRows::UnreadRows(const Program& program, Overlay& overlay)
    : program_{program}, overlay_{overlay}, any_{first_unread(overlay).has_value()} {}

std::string UnreadRows::name(const RowId& id) const {
    return table_prefix(program_.relations[id.first]) + id.second;
}

std::optional<UnreadRow> UnreadRows::take(const RowId& id) {
    if (!any_) return std::nullopt;
    const std::string row = name(id);
    const auto bytes = overlay_.get(Family::meta, keys::unread(row));
    if (!bytes) return std::nullopt;
    UnreadRow unread = decode_unread(program_.relations[id.first], *bytes);
    overlay_.staged().erase(Family::meta, keys::unread(row));
    overlay_.staged().erase(Family::meta, keys::unread_at(unread.birth, row));
    return unread;
}

void UnreadRows::put(const RowId& id, const UnreadRow& row) {
    any_ = true;
    const std::string place = name(id);
    overlay_.staged().put(Family::meta, keys::unread(place),
                          encode_unread(program_.relations[id.first], row));
    overlay_.staged().put(Family::meta, keys::unread_at(row.birth, place), {});
}

void UnreadRows::drop(RelationIndex relation) {
    if (!any_) return;
    const std::string prefix = keys::unread(table_prefix(program_.relations[relation]));
    std::vector<KeyBytes> rows;
    overlay_.scan(Family::meta, prefix, {}, [&](std::string_view key, std::string_view) {
        rows.emplace_back(key.substr(prefix.size()));
        return true;
    });
    for (const KeyBytes& key : rows)
        take({relation, key});
}

void scan_unread(const Program& program, const Reader& reader,
                 const std::function<bool(const RowId& id, const UnreadRow& row)>& each) {
    reader.scan(Family::meta, keys::kUnreadAt, {}, [&](std::string_view key, std::string_view) {
        const std::string_view place = keys::unread_of(key).second;
        std::string_view rest = place;
        const auto relation = relation_named(program, take_text(rest));
        const auto bytes = reader.get(Family::meta, keys::unread(place));
        // Of a table that is not mapped any more, or taken off meanwhile.
        if (!relation || !bytes) return true;
        return each({*relation, KeyBytes{rest}},
                    decode_unread(program.relations[*relation], *bytes));
    });
}

bool drop_unmapped(const Program& program, Overlay& overlay) {
    std::vector<std::string> places;
    overlay.scan(Family::meta, keys::kUnreadAt, {}, [&](std::string_view key, std::string_view) {
        std::string_view rest = keys::unread_of(key).second;
        if (!relation_named(program, take_text(rest))) places.emplace_back(key);
        return true;
    });
    for (const std::string& place : places) {
        overlay.staged().erase(Family::meta, keys::unread(keys::unread_of(place).second));
        overlay.staged().erase(Family::meta, place);
    }
    return !places.empty();
}

std::optional<Lsn> first_unread(const Reader& reader) {
    std::optional<Lsn> birth;
    reader.scan(Family::meta, keys::kUnreadAt, {}, [&](std::string_view key, std::string_view) {
        birth = keys::unread_of(key).first;
        return false;
    });
    return birth;
}

std::uint64_t count_unread(const Reader& reader) {
    std::uint64_t count = 0;
    reader.scan(Family::meta, keys::kUnreadAt, {}, [&](std::string_view, std::string_view) {
        ++count;
        return true;
    });
    return count;
}

}  // namespace crossfade
