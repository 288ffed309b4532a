// Takes source changes into the staged state: images first, then the indexes that read them, then
// the counts. Tells which rows and which index keys changed; what that means for roots is
// Affected's business.
#pragma once

#include "pipeline/affected.hpp"

#include <map>
#include <set>

namespace crossfade {

struct ChangedRow {
    std::shared_ptr<const Row> before;  // null: it did not exist
    std::shared_ptr<const Row> after;
};

class Stager {
public:
    using RowId = std::pair<RelationIndex, KeyBytes>;

    Stager(const Program& program, const Reader& base, Overlay& overlay);

    // In the order of the source. Throws Failure(trust) on a change that meets no image, or lacks a
    // value it must have.
    void stage(const Change& change);
    // After the last change of the batch: brings the indexes up to date.
    void finish();

    const std::map<RowId, ChangedRow>& rows() const { return rows_; }
    // Keys of set and group indexes under which a member came or went.
    const std::set<std::pair<IndexId, KeyBytes>>& memberships() const { return memberships_; }
    // Rows that came to stand under another key of such an index.
    const std::set<std::pair<IndexId, KeyBytes>>& moved() const { return moved_; }
    StateView& view() { return view_; }

private:
    void put(RelationIndex relation, const KeyBytes& key, std::shared_ptr<const Row> row);
    void update(const Change& change);
    void truncate(RelationIndex relation);
    void update_local(const RowId& id, const ChangedRow& row);
    void update_through(IndexId index, const KeyBytes& row);
    void rewrite(IndexId index, const KeyBytes& row, const std::shared_ptr<const Row>& image,
                 const std::vector<IndexEntry>& old_entries,
                 const std::vector<IndexEntry>& new_entries);
    std::vector<IndexEntry> stored_entries(IndexId index, const KeyBytes& row);
    void count(EntityIndex entity, std::int64_t delta);
    KeyBytes key_of(RelationIndex relation, const Row& row) const;
    KeyBytes free_place(RelationIndex relation, const KeyBytes& key);
    KeyBytes place_of(RelationIndex relation, const KeyBytes& key);

    const Program& program_;
    StateView base_view_;
    Overlay& overlay_;
    StateView view_;
    std::map<RowId, ChangedRow> rows_;
    std::set<std::pair<IndexId, KeyBytes>> memberships_;
    std::set<std::pair<IndexId, KeyBytes>> moved_;
    std::map<IndexId, EntityIndex> feeds_;  // member index -> entity, for the counts
    std::set<IndexId> read_as_sets_;
};

// Counters in the meta family: "count/<entity>/<what>".
std::string counter_key(EntityIndex entity, std::string_view what);
std::int64_t read_counter(const Reader& reader, EntityIndex entity, std::string_view what);
void add_to_counter(Overlay& overlay, EntityIndex entity, std::string_view what,
                    std::int64_t delta);

}  // namespace crossfade
