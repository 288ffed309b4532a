// The part of Stager that is about values which are to be read again.
#include "pipeline/stager.hpp"

#include <algorithm>

namespace crossfade {

namespace {
std::string row_of(const MappedRelation& relation, const KeyBytes& key) {
    return "the row of " + relation.table() + " with key " + display_key(key);
}

bool is_same_value(const Value& a, const Value& b) { return compare_values(a, b) == 0; }

// The row can be shown as it was read: it had these values before as well.
bool stays(const MappedRelation& relation, const Row& row, const Row& read, const Row* before) {
    if (before == nullptr || read.empty()) return false;
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (!is_null(row[i]) || !relation.can_be_nan(i)) continue;
        if (i >= before->size() || !is_same_value((*before)[i], read[i])) return false;
    }
    return true;
}
}  // namespace

// A key cannot be looked up by a value that is not told, and a row without a key cannot be read
// again.
void Stager::require_readable(const Change& change) const {
    const MappedRelation& relation = program_.relations[change.relation];
    const auto stop = [&](std::uint32_t column, const char* what) {
        throw Failure{
            Error{ErrorKind::trust, std::string{what} + " " + relation.columns[column].name +
                                        " of table " + relation.table() +
                                        " arrives as null, which may be NaN or an infinity"}
                .with_hint("wal2json does not tell them: give the table a key without such a "
                           "column, or leave the column out of the mapping, then load again")};
    };
    for (const std::uint32_t column : change.unsure) {
        if (relation.repeats) stop(column, "the table has no key, and column");
        if (std::ranges::count(relation.key, column)) stop(column, "key column");
    }
}

// A change comes to a row that is unread: what is kept of it is what the change begins with.
void Stager::bring_back(const RowId& id) {
    auto unread = unread_.take(id);
    if (!unread) return;
    put(id.first, id.second, std::make_shared<const Row>(unread->row));
    unsure_.insert_or_assign(id, std::move(*unread));
}

void Stager::note_unsure(const Change& change, const KeyBytes& key) {
    if (!change.unsure.empty()) unsure_.try_emplace({change.relation, key});
}

void Stager::settle_unsure(Lsn birth) {
    for (const auto& [id, earlier] : unsure_) {
        const MappedRelation& relation = program_.relations[id.first];
        const auto image = view_.image(id.first, id.second);
        // Of a row that is displaced for now, a later change will come.
        if (!image || !rows_.contains(id) || !lacks_values(relation, *image)) continue;
        const auto read = reads_.find(id);
        UnreadRow unread;
        if (read != reads_.end()) {
            if (read->second.sure) {
                take_read(id, *image, read->second.values);
                continue;
            }
            unread = {birth, read->second.until, {}, read->second.values};
        } else if (earlier) {
            unread = *earlier;  // the key had another row meanwhile, and this one again
        } else {
            throw Failure{Error{ErrorKind::internal,
                                row_of(relation, id.second) + " was to be read again and was not"}};
        }
        unread.row = *image;
        const auto before = rows_.at(id).before;
        if (stays(relation, *image, unread.values, before.get())) {
            put(id.first, id.second,
                std::make_shared<const Row>(with_values(*image, unread.values)));
        } else {
            if (earlier) unread.birth = std::min(unread.birth, earlier->birth);
            put(id.first, id.second, before);
        }
        unread_.put(id, unread);
    }
}

void Stager::take_read(const RowId& id, const Row& row, const Row& values) {
    const MappedRelation& relation = program_.relations[id.first];
    if (values.empty()) {
        throw Failure{Error{ErrorKind::trust, row_of(relation, id.second) +
                                                  " is not on the source, and nothing said that "
                                                  "it went"}
                          .with_hint("rows were lost on their way; load again")};
    }
    put(id.first, id.second, std::make_shared<const Row>(with_values(row, values)));
}

void Stager::settle_unread(const RowId& id, const Row& values) {
    if (const auto unread = unread_.take(id)) take_read(id, unread->row, values);
}

}  // namespace crossfade
