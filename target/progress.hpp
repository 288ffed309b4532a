// The position of the target, kept in the target: table crossfade.progress, one row for each slot
// that feeds it. Changed in the same transaction as the rows, it says after any crash what stands.
#pragma once

#include "model/lsn.hpp"
#include "postgres/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace crossfade {

struct TargetProgress {
    std::uint64_t batch = 0;
    EndLsn end;
    std::string source_system;  // system_identifier of the source, decimal
    bool operator==(const TargetProgress&) const = default;
};

// All throw Failure as Connection does, and take part in the transaction that is open on it, if
// any.

// Creates schema and table if they are not there.
void ensure_progress(Connection& connection);
// nullopt: no row for this slot, or no table.
std::optional<TargetProgress> read_progress(Connection& connection, const std::string& slot);
// The row that ends a load: progress(0, S). Throws Failure(trust) if there is one already.
void insert_progress(Connection& connection, const std::string& slot,
                     const TargetProgress& progress);
// UPDATE ... WHERE slot = $1 AND batch = $2 - 1; parameters: slot, batch, lsn. 0 rows: see
// progress_moved.
const std::string& advance_progress_sql();
// The Failure(trust) that stands for 0 rows.
[[noreturn]] void progress_moved(const std::string& slot, std::uint64_t batch);
// Removes the slot's row, and table and schema once nothing is left in them; the schema only if the
// role may create it again. True if there was a row.
bool drop_progress(Connection& connection, const std::string& slot);

}  // namespace crossfade
