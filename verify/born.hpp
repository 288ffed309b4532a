// The rows of the target that are not the bridge's, as a verification meets them.
#pragma once

#include "state/store.hpp"
#include "transforms/program.hpp"
#include "verify/verification.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace crossfade {

class BornRows {
public:
    // Borrows both.
    BornRows(const Program& program, const Reader& state) : program_{program}, state_{state} {}

    // A row of the entity's table; `taken`: its id is that of a root of the entity that gives no
    // row now. Entities that share a table may each meet the row.
    void add(EntityIndex entity, const Uuid& id, bool taken);
    // By table, then by id.
    std::vector<BornRow> take();

private:
    const Program& program_;
    const Reader& state_;
    std::map<std::pair<std::string, Uuid>, BornRow> rows_;
};

}  // namespace crossfade
