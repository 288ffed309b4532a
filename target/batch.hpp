// What the pipeline asks of the target in one transaction, and what the target answers.
#pragma once

#include "model/identity.hpp"
#include "model/lsn.hpp"
#include "transforms/target_spec.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

// `until_changed` columns are guarded: written only while the stored value's digest still is
// `digest`.
struct Guard {
    std::uint32_t column = 0;
    // Hex SHA-256 of the column's text form as last written ("null" for NULL); empty: write
    // unconditionally.
    std::string digest;
};

// Gives up unique values that another row of the batch takes: UPDATE ... SET columns = values WHERE
// id. A column without a guard is written in any case.
struct Vacate {
    RootRef root;
    Uuid id;
    std::vector<std::uint32_t> columns;  // into TargetSpec::columns
    std::vector<Value> values;
    std::vector<Guard> guards = {};
    // The row is written after it in this batch, and `values` may stand in another row that
    // somebody changed: the column takes what nobody has, if it can (NULL, or the id as text).
    bool unseats = false;
};

struct RowWrite {
    RootRef root;
    Uuid id;
    // A row of ours stands there: UPDATE; else INSERT, which refuses the root if there is a row.
    bool present = false;
    std::vector<Value> values;       // one per TargetSpec::columns
    std::vector<Guard> guards = {};  // for present rows
    std::uint32_t depth = 0;         // place in a self-reference: parents have a smaller one
    bool blind = false;  // what stands there is not known exactly, so the write may turn out to
                         // change nothing
    // Only these columns change (deferred fill, retire, detach); empty: the whole row.
    std::vector<std::uint32_t> only = {};
};

// A row leaves only if nothing refers to it but rows that leave in the same batch (a self-reference
// may be a circle).
struct RowDelete {
    RootRef root;
    Uuid id;
    std::uint32_t depth = 0;
    // The row stays if it is not what was last written, namely `last_written` (as
    // RowWrite::values).
    bool keep_if_changed = false;
    std::vector<Value> last_written = {};
};

// In the order of execution: vacates, writes (entities ascending, then depth ascending), deletes
// (entities descending, depth descending). plan_batch establishes that order.
struct TargetBatch {
    std::uint64_t number = 0;  // progress: UPDATE ... WHERE batch = number - 1
    EndLsn end = {};           // the position this batch brings the target to
    std::vector<Vacate> vacates = {};
    std::vector<RowWrite> writes = {};
    std::vector<RowDelete> deletes = {};
    bool loading = false;  // a chunk of the initial load: its new rows are most likely new indeed
    bool empty() const { return vacates.empty() && writes.empty() && deletes.empty(); }
};

// SQLSTATE (no_data) of a row that the target took without an error and did not write: a trigger,
// a rule or a policy keeps it out.
inline constexpr std::string_view kNotWritten = "02000";

// How the message of a refusal (23505) begins if a row that is not the bridge's stands under the
// root's id.
inline constexpr std::string_view kBornThere = "conflict: ";

// A root that the target refused; the transaction was rolled back.
struct Refusal {
    RootRef root;
    std::string sqlstate;
    // Or trigger function / column, as the server names it; for kNotWritten the trigger, rule or
    // policy. May be empty.
    std::string constraint;
    std::string table;
    std::string message;  // without row values (the server's DETAIL is left out)
};

struct BatchAnswer {
    std::vector<Refusal> refused;  // not empty: rolled back, nothing stands
    // Roots of which nothing was tried, since a row of theirs refers to a refused one.
    std::vector<RootRef> left_out = {};
    // UPDATEs that met no row: somebody deleted it; rolled back as well.
    std::vector<RootRef> missing;
    // DELETEs not done because rows still refer to it; the rest stands.
    std::vector<RootRef> referred;
    std::vector<RootRef> changed;  // DELETEs not done because somebody changed the row
    bool ready() const { return refused.empty() && missing.empty(); }
};

// Orders the three parts in place (see TargetBatch). Pure.
void plan_batch(TargetBatch& batch);

}  // namespace crossfade
