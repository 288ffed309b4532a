// The position of the target, kept in the target: table crossfade.progress, one row for each slot
// that feeds it (target/schema makes it). Changed in the same transaction as the rows, it says
// after any crash what stands.
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

// nullopt: no row for this slot, or no table. Throws Failure(trust) if the schema has another
// format.
std::optional<TargetProgress> read_progress(Connection& connection, const std::string& slot);
// The row that ends a load: progress(0, S). Throws Failure(trust) if there is one already.
void insert_progress(Connection& connection, const std::string& slot,
                     const TargetProgress& progress);
// UPDATE ... WHERE slot = $1 AND batch = $2 - 1; parameters: slot, batch, lsn. 0 rows: see
// progress_moved.
const std::string& advance_progress_sql();
// The Failure(trust) that stands for 0 rows.
[[noreturn]] void progress_moved(const std::string& slot, std::uint64_t batch);
// Removes the slot's row, of this format or an older one, and what drop_schema_if_empty removes.
// True if there was a row.
bool drop_progress(Connection& connection, const std::string& slot);

}  // namespace crossfade
