#include "pipeline/stager.hpp"

#include "model/encoding.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

std::int64_t read_counter(const Reader& reader, EntityIndex entity, std::string_view what) {
    const auto bytes = reader.get(Family::meta, keys::counter(entity, what));
    return bytes ? std::stoll(*bytes) : 0;
}

void add_to_counter(Overlay& overlay, EntityIndex entity, std::string_view what,
                    std::int64_t delta) {
    if (delta == 0) return;
    const std::int64_t value = read_counter(overlay, entity, what) + delta;
    overlay.staged().put(Family::meta, keys::counter(entity, what), std::to_string(value));
}

Stager::Stager(const Program& program, const Reader& base, Overlay& overlay,
               std::int64_t truncated_rows_max)
    : program_{program},
      base_view_{program, base},
      overlay_{overlay},
      view_{program, overlay},
      truncated_rows_max_{truncated_rows_max},
      displaced_{program, base},
      unread_{program, overlay} {
    for (EntityIndex e = 0; e < program.entities.size(); ++e) {
        for (const IndexId index : program.entities[e].member_indexes)
            feeds_[index] = e;
    }
    for (const Node& node : program.nodes) {
        if (node.kind == Node::Kind::member || node.kind == Node::Kind::set_member)
            read_as_sets_.insert(node.index);
    }
    for (const auto& [index, entity] : feeds_)
        read_as_sets_.insert(index);
}

KeyBytes Stager::key_of(RelationIndex relation, const Row& row) const {
    return program_.relations[relation].key_of(row);
}

namespace {
KeyBytes place(const KeyBytes& key, std::int64_t number) {
    KeyBytes bytes = key;
    append_key(bytes, number);
    return bytes;
}
}  // namespace

// Rows equal to each other are numbered from 0 without a gap, so how many there are is found by
// doubling and halving rather than by asking for each.
std::int64_t Stager::count_equal(RelationIndex relation, const KeyBytes& key) {
    const auto taken = [&](std::int64_t number) {
        return view_.image(relation, place(key, number)) != nullptr;
    };
    if (!taken(0)) return 0;
    std::int64_t free = 1;
    while (taken(free))
        free *= 2;
    for (std::int64_t last = free / 2; free - last > 1;) {
        const std::int64_t middle = last + (free - last) / 2;
        (taken(middle) ? last : free) = middle;
    }
    return free;
}

// Where a row with this key goes: under the first number that is free, if the table has no key.
KeyBytes Stager::free_place(RelationIndex relation, const KeyBytes& key) {
    if (!program_.relations[relation].repeats) return key;
    return place(key, count_equal(relation, key));
}

// Where the row with this key is: of several equal ones the last.
KeyBytes Stager::place_of(RelationIndex relation, const KeyBytes& key) {
    if (!program_.relations[relation].repeats) return key;
    return place(key, std::max<std::int64_t>(1, count_equal(relation, key)) - 1);
}

void Stager::put(RelationIndex relation, const KeyBytes& key, std::shared_ptr<const Row> row) {
    const RowId id{relation, key};
    auto [entry, first] = rows_.try_emplace(id);
    if (first && !emptied_.contains(relation))
        entry->second.before = base_view_.image(relation, key);
    if (row)
        overlay_.staged().put(Family::images, keys::image(relation, key), encode_row(*row));
    else
        overlay_.staged().erase(Family::images, keys::image(relation, key));
    entry->second.after = std::move(row);
    view_.forget(relation, key);
}

// A row comes to a key. Another one may have it still, in the middle of its transaction.
void Stager::arrive(RelationIndex relation, const KeyBytes& key, std::shared_ptr<const Row> row) {
    bring_back({relation, key});
    const KeyBytes place = free_place(relation, key);
    if (!program_.relations[relation].repeats) {
        if (auto other = view_.image(relation, place))
            displaced_.add({relation, place}, std::move(other));
    }
    put(relation, place, std::move(row));
}

// The row that has the key leaves it.
void Stager::leave(RelationIndex relation, const KeyBytes& place) {
    put(relation, place, displaced_.take_last({relation, place}));
}

void Stager::miss_image(const Change& change, const char* what, const KeyBytes& key) const {
    const MappedRelation& relation = program_.relations[change.relation];
    Error error{ErrorKind::trust, std::string{what} + " " + relation.mapping_name() +
                                      " meets no image of its row, key " + display_key(key)};
    error.with_hint("rows were lost on their way; load again");
    for (std::size_t i = 0; i < change.old_key.size(); ++i) {
        const std::uint32_t column = relation.key[i];
        if (!is_null(change.old_key[i]) || !relation.can_be_nan(column)) continue;
        error.with_hint("column " + relation.columns[column].name + " of table " +
                        relation.table() +
                        " may be NaN or an infinity there, which wal2json does not tell: give the "
                        "table a key without it, then load again");
    }
    throw Failure{std::move(error)};
}

void Stager::update(const Change& change) {
    Row row = change.row;
    const KeyBytes old_key = change.old_key.empty()
                                 ? key_of(change.relation, row)
                                 : program_.relations[change.relation].key_of_parts(change.old_key);
    bring_back({change.relation, old_key});
    const KeyBytes old_place = place_of(change.relation, old_key);
    auto image = view_.image(change.relation, old_place);
    const auto displaced = displaced_.take({change.relation, old_place}, change.old_row, image);
    if (displaced) image = displaced;
    if (!image) miss_image(change, "an update of", old_key);
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (is_absent(row[i])) row[i] = (*image)[i];
    }
    const KeyBytes new_key = key_of(change.relation, row);
    note_unsure(change, new_key);
    auto after = std::make_shared<const Row>(std::move(row));
    if (new_key != old_key) {
        if (!displaced) leave(change.relation, old_place);
        return arrive(change.relation, new_key, std::move(after));
    }
    if (displaced) return displaced_.add({change.relation, old_place}, std::move(after));
    put(change.relation, old_place, std::move(after));
}

void Stager::stage(const Change& change) {
    require_readable(change);
    switch (change.operation) {
        case Operation::insert: {
            Row row = change.row;
            for (Value& value : row) {
                if (is_absent(value)) value = Null{};
            }
            const KeyBytes key = key_of(change.relation, row);
            note_unsure(change, key);
            return arrive(change.relation, key, std::make_shared<const Row>(std::move(row)));
        }
        case Operation::update: return update(change);
        case Operation::remove: {
            const KeyBytes old_key =
                program_.relations[change.relation].key_of_parts(change.old_key);
            bring_back({change.relation, old_key});
            const KeyBytes key = place_of(change.relation, old_key);
            const auto image = view_.image(change.relation, key);
            if (displaced_.take({change.relation, key}, change.old_row, image)) return;
            if (!image) miss_image(change, "a delete from", key);
            return leave(change.relation, key);
        }
        case Operation::truncate: return truncate(change.relation);
    }
}

void Stager::count(EntityIndex entity, std::int64_t delta) {
    add_to_counter(overlay_, entity, "source", delta);
}

std::vector<IndexEntry> Stager::stored_entries(IndexId index, const KeyBytes& row) {
    std::vector<IndexEntry> entries;
    for (std::size_t slot = 0; slot < program_.indexes[index].key.size(); ++slot) {
        const Member member{row, static_cast<std::uint8_t>(slot)};
        if (auto key = overlay_.get(Family::members, keys::member_key(index, member))) {
            entries.push_back({std::move(*key), member.slot, false});
        }
    }
    return entries;
}

void Stager::rewrite(IndexId index, const KeyBytes& row, const std::shared_ptr<const Row>& image,
                     const std::vector<IndexEntry>& old_entries,
                     const std::vector<IndexEntry>& new_entries) {
    const IndexSpec& spec = program_.indexes[index];
    const auto contains = [](const std::vector<IndexEntry>& list, const IndexEntry& entry) {
        return std::any_of(list.begin(), list.end(), [&](const IndexEntry& e) {
            return e.slot == entry.slot && e.key == entry.key;
        });
    };
    const auto changed = [&](const IndexEntry& entry, bool added) {
        const Member member{row, entry.slot};
        if (added) {
            overlay_.staged().put(Family::edges, keys::index_entry(index, entry.key, member),
                                  spec.covers ? encode_row(*image) : std::string{});
            if (!spec.local)
                overlay_.staged().put(Family::members, keys::member_key(index, member), entry.key);
        } else {
            overlay_.staged().erase(Family::edges, keys::index_entry(index, entry.key, member));
        }
        if (read_as_sets_.contains(index)) {
            memberships_.insert({index, entry.key});
            moved_.insert({index, row});
        }
        if (const auto feed = feeds_.find(index); feed != feeds_.end())
            count(feed->second, added ? 1 : -1);
    };
    for (const IndexEntry& entry : old_entries) {
        if (contains(new_entries, entry)) continue;
        changed(entry, false);
        if (!spec.local)
            overlay_.staged().erase(Family::members, keys::member_key(index, {row, entry.slot}));
    }
    for (const IndexEntry& entry : new_entries) {
        if (!contains(old_entries, entry)) {
            changed(entry, true);
        } else if (spec.covers) {
            overlay_.staged().put(Family::edges,
                                  keys::index_entry(index, entry.key, {row, entry.slot}),
                                  encode_row(*image));
        }
    }
}

void Stager::update_local(const RowId& id, const ChangedRow& row) {
    for (IndexId index = 0; index < program_.indexes.size(); ++index) {
        const IndexSpec& spec = program_.indexes[index];
        if (spec.over_roots != kNone || spec.relation != id.first || !spec.local || spec.identity ||
            spec.scan)
            continue;
        rewrite(index, id.second, row.after,
                index_entries(program_, index, id.second, row.before, base_view_),
                index_entries(program_, index, id.second, row.after, view_));
    }
}

void Stager::update_through(IndexId index, const KeyBytes& row) {
    const auto image = view_.image(program_.indexes[index].relation, row);
    rewrite(index, row, image, stored_entries(index, row),
            index_entries(program_, index, row, image, view_));
}

void Stager::finish(Lsn birth) {
    displaced_.save(overlay_);
    settle_unsure(birth);
    std::erase_if(rows_, [](const auto& entry) {
        const ChangedRow& row = entry.second;
        return (!row.before && !row.after) ||
               (row.before && row.after && encode_row(*row.before) == encode_row(*row.after));
    });
    for (const auto& [id, row] : rows_) {
        update_local(id, row);
        const std::int64_t delta = (row.after ? 1 : 0) - (row.before ? 1 : 0);
        for (EntityIndex e = 0; e < program_.entities.size(); ++e) {
            const EntityProgram& entity = program_.entities[e];
            if (entity.root_kind == EntityProgram::RootKind::row && entity.relation == id.first)
                count(e, delta);
        }
    }
    // Keys that read other rows: those of the changed rows themselves, and of the rows that read a
    // changed one.
    std::set<std::pair<IndexId, KeyBytes>> stale;
    for (std::uint32_t n = 0; n < program_.nodes.size(); ++n) {
        const Node& node = program_.nodes[n];
        if (node.owner_index == kNone || program_.indexes[node.owner_index].local) continue;
        Affected affected{program_, view_, [&](EntityIndex, const KeyBytes& row) {
                              stale.insert({node.owner_index, row});
                          }};
        for (const auto& [id, row] : rows_) {
            if (id.first == node.relation) affected.walk(n, id.second);
        }
    }
    for (const auto& [index, row] : stale)
        update_through(index, row);
}

}  // namespace crossfade
