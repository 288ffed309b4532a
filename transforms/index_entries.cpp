#include "transforms/program.hpp"

#include <algorithm>

namespace crossfade {

namespace {
constexpr char kUnresolved = static_cast<char>(0xFF);
}

bool is_unresolved(std::string_view root) { return !root.empty() && root.front() == kUnresolved; }

KeyBytes unresolved_root(const IndexSpec& index, const Member& member) {
    KeyBytes root(1, kUnresolved);
    for (int shift = 24; shift >= 0; shift -= 8)
        root += static_cast<char>((index.tag >> shift) & 0xFF);
    root += static_cast<char>(member.slot);
    return root + member.row;
}

Member unresolved_member(std::string_view root) {
    return {KeyBytes{root.substr(6)}, static_cast<std::uint8_t>(root.at(5))};
}

IndexId unresolved_index(const Program& program, std::string_view root) {
    std::uint32_t tag = 0;
    for (std::size_t i = 1; i <= 4; ++i)
        tag = (tag << 8) | static_cast<std::uint8_t>(root.at(i));
    const auto found = std::ranges::find(program.indexes, tag, &IndexSpec::tag);
    if (found == program.indexes.end()) {
        throw Failure{
            Error{ErrorKind::trust, "the state has a root of an index that the mapping lost"}
                .with_hint("bring the old mapping back, or `crossfade drop --state` and load "
                           "again: rows keep their ids")};
    }
    return static_cast<IndexId>(found - program.indexes.begin());
}

std::vector<IndexEntry> index_entries(const Program& program, IndexId index,
                                      const KeyBytes& row_key,
                                      const std::shared_ptr<const Row>& row, View& view) {
    std::vector<IndexEntry> entries;
    if (!row) return entries;
    const IndexSpec& spec = program.indexes[index];
    const bool nulls = spec.keeps_null || spec.null_parts;
    if (!spec.columns.empty()) {
        IndexEntry entry;
        for (const std::uint32_t column : spec.columns) {
            if (is_null((*row)[column]) && !nulls) return entries;
            append_key(entry.key, (*row)[column]);
        }
        entries.push_back(std::move(entry));
        return entries;
    }
    FlagSet flags;
    Frame frame{view, flags, spec.rows, spec.values};
    for (std::size_t slot = 0; slot < spec.key.size(); ++slot) {
        frame.rows[0] = {spec.relation, row_key, static_cast<std::uint8_t>(slot), row};
        const Member self{row_key, static_cast<std::uint8_t>(slot)};
        IndexEntry entry;
        entry.slot = self.slot;
        try {
            if (!spec.filter.empty() && !is_true(spec.filter[slot](frame))) continue;
            bool resolved = true;
            for (const RowEval& required : spec.required)
                resolved = resolved && required(frame).row != nullptr;
            bool null = false;
            for (const Eval& part : spec.key[slot]) {
                if (!resolved) break;
                const Value value = part(frame);
                null = null || is_null(value);
                append_key(entry.key, value);
            }
            if (null && !nulls) continue;
            entry.unresolved = !resolved;
        } catch (const Reject&) {
            entry.unresolved = true;  // derive() evaluates it again and tells the reason
        }
        if (entry.unresolved && !spec.keeps_null) continue;  // only groups park such a row
        if (entry.unresolved) entry.key = unresolved_root(spec, self);
        entries.push_back(std::move(entry));
    }
    return entries;
}

}  // namespace crossfade
