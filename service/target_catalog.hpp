// Whether the target's tables still are those that the bridge began to write to: the same as
// service/source_catalog for the other side, by the tables' catalog (service/table_look) and by
// what the target asks of their rows: NOT NULL, generated columns, collations, unique indexes,
// CHECK, EXCLUDE and foreign keys, rules, BEFORE triggers, policies, partitions.
//
// What the target asks no longer, new columns that need not be written, indexes that are not
// unique, GRANT, ANALYZE and VACUUM FULL are no findings; nor is what a load takes off and puts
// back (target/deferred_indexes), which counts as being there all the time. Partitions may come,
// and not go. The text of a function is not looked at.
//
//   finding                                   the way out
//   rows may be lost or other than written    another load
//   what is asked of rows is more or another  take it off again, or adapt the mapping; what still
//                                             differs then: crossfade check --accept-target
//
// What was seen is kept in the state (keys::kTargetCatalog).
#pragma once

#include "model/error.hpp"
#include "postgres/connection.hpp"
#include "state/store.hpp"
#include "transforms/program.hpp"

#include <optional>
#include <string>
#include <vector>

namespace crossfade {

// All of them need schema crossfade, and a connection in no transaction; they throw Failure as the
// connection does.

// A load begins: what the tables are now is what they are to be.
void keep_target_catalog(const Program& program, Store& state, Connection& target);

// Throws Failure(trust) if a table is another than the state knows. Keeps what it does not know
// yet.
void check_target_catalog(const Program& program, Store& state, Connection& target);

// Takes the tables as they are, gives what is new of them. Throws Failure(trust), having kept
// nothing, if rows may be lost.
std::vector<std::string> accept_target_catalog(const Program& program, Store& state,
                                               Connection& target);

// For a CatalogWatch. Borrows program and state, and only reads them.
class TargetCatalog {
public:
    TargetCatalog(const Program& program, const Reader& state) : program_{program}, state_{state} {}

    // What changed, as an error of trust. `fresh`: a new connection. Until the state has a catalog
    // of the target nothing is looked at.
    std::optional<Error> look(Connection& target, bool fresh);

private:
    const Program& program_;
    const Reader& state_;
    std::string seen_;  // up to here nothing had changed; of the watch's thread
};

}  // namespace crossfade
