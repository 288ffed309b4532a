// Which ids stand in the target's tables, read once, before a load writes.
#pragma once

#include "model/identity.hpp"
#include "model/uuid.hpp"
#include "postgres/connection.hpp"
#include "state/store.hpp"
#include "transforms/program.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace crossfade {

// Memory: 16 bytes for each row of each table that an entity writes to.
class TargetIds {
public:
    // Throws Failure: whatever the connection throws; configuration for an id that is no uuid.
    TargetIds(const Program& program, Connection& target);
    bool stands(EntityIndex entity, const Uuid& id) const;
    const std::vector<Uuid>& of(EntityIndex entity) const;  // ascending

private:
    std::map<std::string, std::vector<Uuid>> tables_;
    std::vector<const std::vector<Uuid>*> by_entity_;
};

// Takes over, as adopt() does (service/adoption.hpp), every row that stands under the id which a
// root computes and of which the state knows nothing: the rows of an earlier state whose map is
// lost, or of a table that was copied. For entities without `adopt`, which says itself whose rows
// are whose. Gives their number. Memory: ids alone. Repeating it changes nothing.
std::uint64_t adopt_by_id(const Program& program, const TargetIds& ids, Store& store);

}  // namespace crossfade
