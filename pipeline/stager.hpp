// Takes source changes into the staged state: images first, then the indexes that read them, then
// the counts. Says which rows and which keys of indexes changed; what that means for roots is the
// business of Affected.
//
// For example, order 7 goes from shop 3 to shop 4, and index 5 is "orders by shop_id":
//
//   stage(change)   rows()          (orders, 7): before {id 7, shop 3}, after {id 7, shop 4}
//                   Family::images  (orders, 7) -> {id 7, shop 4}
//   finish()        Family::edges   index 5: entry (3, 7) erased, entry (4, 7) put
//                   memberships()   (5, 3) and (5, 4), if a group or a set reads index 5
//                   moved()         (5, 7), if a group or a set reads index 5
#pragma once

#include "pipeline/affected.hpp"
#include "pipeline/displaced.hpp"
#include "pipeline/unread.hpp"

#include <map>
#include <set>

namespace crossfade {

struct ChangedRow {
    std::shared_ptr<const Row> before;  // null: it did not exist
    std::shared_ptr<const Row> after;
};

class Stager {
public:
    using RowId = crossfade::RowId;

    // Of a TRUNCATE up to so many rows are removed one by one; more of them as a whole, and what
    // that means for roots and for keys of other rows becomes work.
    static constexpr std::int64_t kTruncatedRowsMax = 2'000;
    Stager(const Program& program, const Reader& base, Overlay& overlay,
           std::int64_t truncated_rows_max = kTruncatedRowsMax);

    // What the source says of rows of these changes (unsure_rows); before stage().
    void read_again(RowReads reads) { reads_ = std::move(reads); }
    // In the order of the source. Throws Failure(trust) on a change that meets no image, or lacks a
    // value it must have.
    void stage(const Change& change);
    // Between two transactions. Throws Failure(trust) if two rows have one key.
    void end_transaction() { displaced_.require_none(); }
    // Instead of changes: a row that was unread is what was read of it.
    void settle_unread(const RowId& id, const Row& values);
    // After the last change of the batch: brings the indexes up to date. What is not known of a row
    // becomes work of this birth.
    void finish(Lsn birth = {});
    // Instead of changes: makes the entries of an index of computed keys anew, of up to `rows_max`
    // rows behind `cursor`. Where it stopped; nothing: that was the last row.
    std::optional<KeyBytes> reindex(IndexId index, const KeyBytes& cursor, std::size_t rows_max);

    const std::map<RowId, ChangedRow>& rows() const { return rows_; }
    // Keys of set and group indexes under which a member came or went.
    const std::set<std::pair<IndexId, KeyBytes>>& memberships() const { return memberships_; }
    // Rows that came to stand under another key of such an index.
    const std::set<std::pair<IndexId, KeyBytes>>& moved() const { return moved_; }
    // Relations emptied as a whole; rows() has those inserted afterwards.
    const std::set<RelationIndex>& emptied() const { return emptied_; }
    StateView& view() { return view_; }

private:
    void put(RelationIndex relation, const KeyBytes& key, std::shared_ptr<const Row> row);
    void arrive(RelationIndex relation, const KeyBytes& key, std::shared_ptr<const Row> row);
    void leave(RelationIndex relation, const KeyBytes& place);
    void update(const Change& change);
    [[noreturn]] void miss_image(const Change& change, const char* what, const KeyBytes& key) const;
    void require_readable(const Change& change) const;
    void bring_back(const RowId& id);
    void note_unsure(const Change& change, const KeyBytes& key);
    void settle_unsure(Lsn birth);
    void take_read(const RowId& id, const Row& row, const Row& values);
    void truncate(RelationIndex relation);
    void empty_as_a_whole(RelationIndex relation);
    void count_anew(EntityIndex entity, RelationIndex emptied);
    void update_local(const RowId& id, const ChangedRow& row);
    void update_through(IndexId index, const KeyBytes& row);
    void rewrite(IndexId index, const KeyBytes& row, const std::shared_ptr<const Row>& image,
                 const std::vector<IndexEntry>& old_entries,
                 const std::vector<IndexEntry>& new_entries);
    std::vector<IndexEntry> stored_entries(IndexId index, const KeyBytes& row);
    void count(EntityIndex entity, std::int64_t delta);
    KeyBytes key_of(RelationIndex relation, const Row& row) const;
    std::int64_t count_equal(RelationIndex relation, const KeyBytes& key);
    KeyBytes free_place(RelationIndex relation, const KeyBytes& key);
    KeyBytes place_of(RelationIndex relation, const KeyBytes& key);

    const Program& program_;
    StateView base_view_;
    Overlay& overlay_;
    StateView view_;
    std::int64_t truncated_rows_max_;
    DisplacedRows displaced_;
    UnreadRows unread_;
    RowReads reads_;
    // Rows of the batch that may lack a value, and what was kept of those that were unread.
    std::map<RowId, std::optional<UnreadRow>> unsure_;
    std::map<RowId, ChangedRow> rows_;
    std::set<RelationIndex> emptied_;
    std::set<std::pair<IndexId, KeyBytes>> memberships_;
    std::set<std::pair<IndexId, KeyBytes>> moved_;
    std::map<IndexId, EntityIndex> feeds_;  // member index -> entity, for the counts
    std::set<IndexId> read_as_sets_;
};

// Counters (keys::counter). When a table is emptied as a whole, those of the entities it feeds
// begin anew, and their counter keys::kEpoch goes up by one: a root counts in them once its record
// has that epoch, and is pending until then.
std::int64_t read_counter(const Reader& reader, EntityIndex entity, std::string_view what);
void add_to_counter(Overlay& overlay, EntityIndex entity, std::string_view what,
                    std::int64_t delta);

}  // namespace crossfade
