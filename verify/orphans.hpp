// Foreign keys of the target's tables: what a row refers to is there. The server sees to that, but
// not in a session whose session_replication_role is replica.
//
// A row that refers to nothing is no finding of its own where another one says it already: its
// column is not what the source gives, or the row it refers to is missing.
#pragma once

#include "postgres/connection.hpp"
#include "state/store.hpp"
#include "target/shape.hpp"
#include "transforms/program.hpp"
#include "verify/expected.hpp"
#include "verify/verification.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace crossfade {

class OrphanSearch {
public:
    // Borrows all; `scratch` and `state` as RowComparison has them, `target` in its transaction.
    OrphanSearch(const Program& program, const ExpectedRows& expected, const Reader& scratch,
                 const Reader& state, Connection& target, DifferenceLog& log)
        : program_{program},
          expected_{expected},
          scratch_{scratch},
          state_{state},
          target_{target},
          log_{log} {}

    // Looks through the table of an entity, once for all entities that share it. Left out are keys
    // that are NOT VALID, and those towards tables that the role may not read as a whole.
    void search(EntityIndex entity, EntityVerification& counts);

private:
    using Columns = std::vector<std::optional<std::string>>;
    void search(EntityIndex entity, const ForeignKeyShape& key, EntityVerification& counts);
    std::vector<EntityIndex> entities_of(const std::string& schema, const std::string& table) const;
    std::optional<ExpectedRow> present_row(EntityIndex entity, const Uuid& id) const;
    bool differs(const ForeignKeyShape& key, const Uuid& id, const Columns& values) const;
    bool is_missing(const ForeignKeyShape& key, const Columns& values) const;

    const Program& program_;
    const ExpectedRows& expected_;
    const Reader& scratch_;
    const Reader& state_;
    Connection& target_;
    DifferenceLog& log_;
    TableShape shape_;
    std::set<std::pair<std::string, std::string>> searched_;
};

}  // namespace crossfade
