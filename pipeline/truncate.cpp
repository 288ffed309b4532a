// The part of Stager that is about TRUNCATE. docs/decisions/0012-truncate.md says why it is enough.
#include "pipeline/stager.hpp"

#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

void Stager::truncate(RelationIndex relation) {
    displaced_.drop(relation);
    unread_.drop(relation);
    std::vector<KeyBytes> all;
    const std::string prefix = keys::image_prefix(relation);
    const auto rows_max = static_cast<std::size_t>(truncated_rows_max_);
    overlay_.scan(Family::images, prefix, {}, [&](std::string_view entry, std::string_view) {
        all.emplace_back(entry.substr(prefix.size()));
        return all.size() <= rows_max;
    });
    if (all.size() > rows_max) return empty_as_a_whole(relation);
    for (const KeyBytes& key : all)
        put(relation, key, nullptr);
}

// Images and whatever index holds rows of the relation go at once, so that nobody reads a row that
// is gone. Changes of its rows earlier in the batch are no matter any more.
void Stager::empty_as_a_whole(RelationIndex relation) {
    for (EntityIndex e = 0; e < program_.entities.size(); ++e)
        count_anew(e, relation);
    overlay_.staged().erase_prefix(Family::images, keys::image_prefix(relation));
    for (IndexId index = 0; index < program_.indexes.size(); ++index) {
        const IndexSpec& spec = program_.indexes[index];
        if (spec.over_roots != kNone || spec.relation != relation) continue;
        overlay_.staged().erase_prefix(Family::edges, keys::index_prefix(index));
        overlay_.staged().erase_prefix(Family::members, keys::index_prefix(index));
    }
    std::erase_if(rows_, [&](const auto& row) { return row.first.first == relation; });
    emptied_.insert(relation);
    view_.forget_all();
}

// The counters of an entity that the relation feeds begin anew: its roots count again as they are
// derived. The source keeps the rows of other relations that feed it.
void Stager::count_anew(EntityIndex entity, RelationIndex emptied) {
    const EntityProgram& program = program_.entities[entity];
    const auto& relations = program.member_relations;
    std::int64_t left = 0;
    if (program.root_kind == EntityProgram::RootKind::row) {
        if (program.relation != emptied) return;
    } else {
        if (!std::ranges::count(relations, emptied)) return;
        for (std::size_t i = 0; i < relations.size(); ++i) {
            if (relations[i] == emptied) continue;
            const std::string prefix = keys::index_prefix(program.member_indexes[i]);
            overlay_.scan(Family::edges, prefix, {}, [&](std::string_view, std::string_view) {
                ++left;
                return true;
            });
        }
    }
    const auto set = [&](std::string_view what, std::int64_t value) {
        overlay_.staged().put(Family::meta, keys::counter(entity, what), std::to_string(value));
    };
    for (const char* what : {"applied", "merged", "filtered", "parked", "rejected"})
        set(what, 0);
    set("source", left);
    set(keys::kEpoch, read_counter(overlay_, entity, keys::kEpoch) + 1);
}

std::optional<KeyBytes> Stager::reindex(IndexId index, const KeyBytes& cursor,
                                        std::size_t rows_max) {
    const RelationIndex relation = program_.indexes[index].relation;
    const std::string prefix = keys::image_prefix(relation);
    std::vector<KeyBytes> rows;
    bool more = false;
    const std::string from =
        cursor.empty() ? std::string{} : keys::behind(keys::image(relation, cursor));
    overlay_.scan(Family::images, prefix, from, [&](std::string_view entry, std::string_view) {
        more = rows.size() == rows_max;
        if (!more) rows.emplace_back(entry.substr(prefix.size()));
        return !more;
    });
    for (const KeyBytes& row : rows)
        update_through(index, row);
    return more ? std::optional{rows.back()} : std::nullopt;
}

}  // namespace crossfade
