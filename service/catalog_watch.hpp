// Looks at the catalog of the source's mapped tables, on a thread and a connection of its own,
// every second and at each start: whether each table still is the one that was loaded.
//
// Logical decoding tells rows, not tables. A table that was exchanged for another by RENAME, moved
// to another schema, rewritten by ALTER TYPE ... USING, made UNLOGGED, or whose columns exchanged
// their names, goes on as before in the stream, or not at all, with other values than the images
// have. GRANT, ANALYZE, VACUUM FULL, TRUNCATE and new indexes or columns are no such changes.
//
// What was seen is kept in the state (keys::kSourceCatalog), so that nothing is missed
// while the service is down. What came through between the last look and the change is not told
// apart: the error names the positions.
#pragma once

#include "model/error.hpp"
#include "postgres/connection.hpp"
#include "state/store.hpp"
#include "transforms/program.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace crossfade {

// A load begins: what the tables are now is what they are to be.
void keep_catalog(const Program& program, Store& state, Connection& source);

// Throws Failure(trust) if a table is another than the state knows. Keeps what it does not know
// yet.
void check_catalog(const Program& program, Store& state, Connection& source);

class CatalogWatch {
public:
    // `source`: options of the watch's own connection. `wake` is called once, on the watch's
    // thread, when a change was found. Borrows program and state. Until the state has a catalog
    // nothing is looked at.
    CatalogWatch(const Program& program, Store& state, ConnectionOptions source,
                 std::function<void()> wake,
                 std::chrono::milliseconds period = std::chrono::milliseconds{1'000});
    ~CatalogWatch();
    CatalogWatch(const CatalogWatch&) = delete;
    CatalogWatch& operator=(const CatalogWatch&) = delete;

    // The error of trust with which the service ends. Stays once it is there.
    std::optional<Error> changed() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace crossfade
