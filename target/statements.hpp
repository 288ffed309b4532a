// The statements that write one entity's table. Pure text: what a row becomes on the wire is bound
// here too, so that a statement and its parameters cannot drift apart.
//
// An INSERT meets no row: one that stands under the id is not ours, and the server refuses. What an
// owner means on UPDATE:
//
//   owner            UPDATE
//   bridge           new value
//   target           left out
//   trigger          left out
//   until_changed    new value if the digest of the stored one is the guard's
//   at_least         the greater of the two
//   json keys        (stored - owned keys) || patch
//
// A guard with an empty digest lets every write pass; without a guard none does.
// A blind write leaves the row alone, and with it the triggers, if by these rules no column would
// become another text. A column named in RowWrite::only is written by the same rules, but `target`
// and `trigger` are not left out there.
#pragma once

#include "postgres/copy_binary.hpp"
#include "postgres/params.hpp"
#include "target/batch.hpp"
#include "target/shape.hpp"

#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace crossfade {

struct Statement {
    std::string name;  // unique in a connection: "crossfade_3_insert"
    std::string sql;   // casts each parameter to the type of its column
};

class TableStatements {
public:
    // References both; they must outlive this. Throws Failure(trust) if a column of the spec is not
    // in the shape.
    TableStatements(EntityIndex entity, const TargetSpec& spec, const TableShape& shape);

    const Statement& insert() const { return insert_; }
    // `only` empty: the whole row. `blind`: 0 rows also if nothing changes; look() tells.
    const Statement& update(const std::vector<std::uint32_t>& only, bool blind = false);
    const Statement& vacate(const std::vector<std::uint32_t>& columns);
    // What stands after a statement of these columns, with the same parameters: whether it differs
    // from what was to be written (one boolean); no row: there is none. `vacates`: of vacate().
    const Statement& look(const std::vector<std::uint32_t>& only, bool vacates = false);
    // Locks the row; takes its id.
    const std::string& hold_sql() const { return hold_; }
    // The id of the row with these values in these columns, which are a unique key, if it is not
    // $1.
    std::string holder_sql(const std::set<std::uint32_t>& columns) const;
    // Locks the row, so that no reference to it can appear any more, and tells (one boolean)
    // whether it still is what RowDelete::last_written says; no row: it is gone. Run before
    // remove().
    const Statement& lock() const { return lock_; }
    // Does nothing while a row of any table refers to it, or, given a digest, if the row has
    // changed.
    const Statement& remove() const { return remove_; }
    // One row if remove() should have deleted it; takes the same parameters.
    const Statement& removable() const { return removable_; }

    // Rows of a table that refers to itself leave as a set, since they may refer to each other.
    bool refers_to_itself() const { return !remove_set_.sql.empty(); }
    const Statement& lock_set() const { return lock_set_; }
    // For each row of the set that is there: id, whether it left, whether it still is what its
    // digest says, whether it had to stay. A row stays if it has changed, or if a row refers to it
    // that stays or is not in the set. Run lock_set() before, with the same parameters.
    const Statement& remove_set() const { return remove_set_; }

    // Replace what `params` holds. Throw Failure(internal) on values that are never written.
    void bind_insert(const RowWrite& write, Params& params) const;
    void bind_update(const RowWrite& write, Params& params) const;
    void bind_vacate(const Vacate& vacate, Params& params) const;
    void bind_remove(const RowDelete& removal, Params& params) const;  // of lock() too
    void bind_remove_set(std::span<const RowDelete* const> removals, Params& params) const;

    // A staging table of the session for many new rows, gone at the end of the transaction: create,
    // COPY, merge. Columns whose type has no binary encoder of ours are staged as text.
    const std::string& staging_sql() const { return staging_; }
    const std::string& copy_sql() const { return copy_; }
    const std::string& merge_sql() const { return merge_; }
    // New rows straight into the table, where all columns have a binary form; else empty.
    const std::string& direct_sql() const { return direct_; }

    const TargetSpec& spec() const { return spec_; }
    const TableShape& shape() const { return shape_; }
    const ColumnShape& column(std::uint32_t index) const { return *columns_[index]; }

private:
    std::string value_sql(std::uint32_t column, const std::string& fresh,
                          const std::string& guard) const;
    void make_insert();
    void make_remove();
    void make_remove_set();
    void make_staging();
    struct Assignments {
        std::string set;          // "a = ..., b = ..."
        std::string differences;  // whether that would change the row `t`
    };
    Assignments assignments(const std::vector<std::uint32_t>& columns, bool vacates) const;
    Statement make_update(const std::vector<std::uint32_t>& columns, bool blind,
                          std::string name) const;

    EntityIndex entity_;
    const TargetSpec& spec_;
    const TableShape& shape_;
    std::vector<const ColumnShape*> columns_;
    std::string table_;  // qualified and quoted
    std::string id_;     // quoted
    std::vector<std::uint32_t> updated_;
    std::string hold_;
    Statement insert_, lock_, remove_, removable_, lock_set_, remove_set_;
    std::map<std::pair<std::vector<std::uint32_t>, bool>, Statement> updates_;
    std::map<std::vector<std::uint32_t>, Statement> vacates_;
    std::map<std::pair<std::vector<std::uint32_t>, bool>, Statement> looks_;
    std::string staging_, copy_, merge_, direct_;
};

// How values of this column are staged; `other`: as text.
WireType staged_as(const ColumnShape& column);

}  // namespace crossfade
