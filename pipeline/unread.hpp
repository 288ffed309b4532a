// Values that the stream does not tell: a plugin may write NaN and the infinities as null, so that
// a null may be each of the three or NULL. Such a row is read again by its key, in a snapshot of
// the source taken behind the change (service/row_reader), and its value counts if nothing changed
// the row in between. docs/decisions/0013-values-read-again.md says why that is enough.
//
// For example t(id, n): transaction 71 sets n = NaN, and 72 comes later.
//
//   the snapshot shows             the row
//   written by 71, n = NaN         is taken in with NaN
//   written by 72, n = 5           is unread: kept aside here, its image stays as it was before.
//                                  72 arrives, brings 5, and the row is unread no longer
//   written by 90, n = NaN         is unread. 90 is a savepoint of 71, or a later transaction: the
//                                  row is taken in with NaN when the stream has come to where the
//                                  snapshot was taken and no change of the row came with it
//   no row with that key           is unread: its removal, or its move to another key, will come
//
// Unread rows are open work: settled_lsn stands before them.
#pragma once

#include "model/key.hpp"
#include "model/lsn.hpp"
#include "state/store.hpp"
#include "transforms/program.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace crossfade {

using RowId = std::pair<RelationIndex, KeyBytes>;

// What the source said of a row.
struct RowRead {
    // Its columns that can be NaN, the others Absent. Empty: no row has the key.
    Row values;
    bool sure = false;  // nothing changed the row between its last change known here and then
    Lsn until;          // else it is once the stream has come to here without such a change
};
using RowReads = std::map<RowId, RowRead>;

// The rows to be read for these transactions, each with the transaction that changed it last. Pure.
std::map<RowId, std::uint32_t> unsure_rows(const Program& program,
                                           const std::vector<SourceTransaction>& transactions);

// Whether a column that can be NaN has NULL, and the row with these columns as they were read.
bool lacks_values(const MappedRelation& relation, const Row& row);
Row with_values(const Row& row, const Row& values);

struct UnreadRow {
    Lsn birth;   // as of work
    Lsn until;   // RowRead::until
    Row row;     // as it came, with NULL for what is not known
    Row values;  // RowRead::values
};

// Those of a state, by key. Throws Failure(trust) if one is of a table that the mapping reads
// otherwise now.
class UnreadRows {
public:
    // Borrows both; what changes is staged in the overlay.
    UnreadRows(const Program& program, Overlay& overlay);
    std::optional<UnreadRow> take(const RowId& id);
    void put(const RowId& id, const UnreadRow& row);
    void drop(RelationIndex relation);  // TRUNCATE

private:
    std::string name(const RowId& id) const;
    const Program& program_;
    Overlay& overlay_;
    bool any_;
};

// In the order of their births, until `each` returns false.
void scan_unread(const Program& program, const Reader& reader,
                 const std::function<bool(const RowId& id, const UnreadRow& row)>& each);
// Takes off those of tables that the mapping does not read any more; false: there are none.
bool drop_unmapped(const Program& program, Overlay& overlay);
// The birth of the oldest.
std::optional<Lsn> first_unread(const Reader& reader);
std::uint64_t count_unread(const Reader& reader);

}  // namespace crossfade
