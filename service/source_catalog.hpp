// Whether the source's mapped tables still are those that were loaded, by their catalog
// (service/table_look).
//
// Logical decoding tells rows, not tables. A table that was exchanged for another, moved, rewritten
// by ALTER TYPE ... USING or made UNLOGGED goes on as before in the stream, or not at all, with
// other values than the images have.
//
// What was seen is kept in the state (keys::kSourceCatalog), so that nothing is missed while the
// service is down, and so is how far it was seen (keys::kSourceCatalogSeen). Nothing behind that is
// confirmed to the source, so that what passed between the last look and the change can be read
// again; the error names both positions.
#pragma once

#include "model/error.hpp"
#include "model/lsn.hpp"
#include "postgres/connection.hpp"
#include "state/store.hpp"
#include "transforms/program.hpp"

#include <atomic>
#include <optional>

namespace crossfade {

// A load begins: what the tables are now is what they are to be.
void keep_catalog(const Program& program, Store& state, Connection& source);

// Throws Failure(trust) if a table is another than the state knows. Keeps what it does not know
// yet.
void check_catalog(const Program& program, Store& state, Connection& source);

// How far the catalog was seen unchanged, as the state has it; keeping it is not synced.
Lsn proven_catalog(const Reader& state);
void keep_proven_catalog(Store& state, Lsn proven);

// For a CatalogWatch. Borrows program and state, and only reads them.
class SourceCatalog {
public:
    SourceCatalog(const Program& program, const Reader& state) : program_{program}, state_{state} {}

    // What changed, as an error of trust. `fresh`: a new connection. Until the state has a catalog
    // nothing is looked at. Throws Failure as the connection does.
    std::optional<Error> look(Connection& source, bool fresh);

    // Up to here the catalog was seen unchanged by look(). From any thread.
    Lsn proven() const { return Lsn{proven_}; }

private:
    const Program& program_;
    const Reader& state_;
    std::atomic<std::uint64_t> proven_{0};
};

}  // namespace crossfade
