// Rows whose key another row took before they left it, inside of one source transaction:
//
//   UPDATE t SET id = id + 1   under a deferrable key       key 2 has
//   1 -> 2                                                  the row that was 1; that of 2 is here
//   2 -> 3                     which row of key 2?          the row that was 1
//
// Only a table with REPLICA IDENTITY FULL has such a key, so each change says how its row was as a
// whole, and that tells the rows of one key apart. At the commit no row is left here.
#pragma once

#include "state/store.hpp"
#include "transforms/program.hpp"

#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace crossfade {

class DisplacedRows {
public:
    using RowId = std::pair<RelationIndex, KeyBytes>;
    using Image = std::shared_ptr<const Row>;

    // Those that an earlier slice of the transaction left. Borrows `program`. Throws Failure(trust)
    // if they are of a table that the mapping reads otherwise now.
    DisplacedRows(const Program& program, const Reader& reader);

    bool empty() const { return rows_.empty(); }
    void add(const RowId& id, Image row) { rows_[id].push_back(std::move(row)); }
    // Takes out the row of this key that a change is about, by how it was before (Absent: not
    // known): one of those here, or nullptr if `current`, the row that has the key now, is not less
    // like it.
    Image take(const RowId& id, const Row& before, const Image& current);
    // Takes out the row that has the key again now that the other left it; nullptr: there is none.
    Image take_last(const RowId& id);
    void drop(RelationIndex relation);  // TRUNCATE

    // Throws Failure(trust) if a row is left: the mapping's key does not tell the rows apart.
    void require_none() const;
    // For the slices to come.
    void save(Overlay& overlay) const;

private:
    const Program& program_;
    std::map<RowId, std::vector<Image>> rows_;
    bool stored_ = false;  // the state has some
};

}  // namespace crossfade
