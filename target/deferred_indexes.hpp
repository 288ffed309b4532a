// load.defer_indexes: what only slows an initial load down is taken off the entities' tables and
// put back behind it: foreign keys of these tables, and indexes that nothing is unique by. What is
// unique stays, since refusals by it decide claims.
//
// What is off is written down on the target (crossfade.deferred_ddl) in the transaction that takes
// it off, and crossed out in the one that puts it back; so a kill, at any moment, loses nothing.
#pragma once

#include "postgres/connection.hpp"
#include "transforms/target_spec.hpp"

#include <functional>
#include <string>
#include <vector>

namespace crossfade {

// The names of those of the tables that are not the role's to change, "schema.table", with their
// owners' roles; nothing may be deferred while there are any.
struct ForeignTable {
    std::string table;  // quoted
    std::string owner;  // quoted
};
std::vector<ForeignTable> tables_of_others(Connection& target,
                                           const std::vector<TargetSpec>& specs);

// Takes off what can be, for the bridge of this slot; returns how many. Throws Failure.
std::size_t take_off_indexes(Connection& target, const std::string& slot,
                             const std::vector<TargetSpec>& specs);

// Puts back everything that this slot's load took off, one statement a transaction; `each` is told
// the name of what comes next. Returns how many. Throws Failure(trust) with the statement if the
// server refuses one, since a foreign key that does not hold any more is for a person to decide;
// what is left stays written down.
std::size_t put_back_indexes(Connection& target, const std::string& slot,
                             const std::function<void(const std::string&)>& each = {});

// Refreshes what the planner knows of the tables. False: the role may not, autovacuum will.
bool analyze_tables(Connection& target, const std::vector<TargetSpec>& specs);

}  // namespace crossfade
