// A target in memory that is as strict as PostgreSQL: primary keys, non-deferrable unique keys
// checked after every statement, foreign keys, guarded deletes, and a rule that refuses some rows.
#pragma once

#include "pipeline/refused_claims.hpp"
#include "target/batch.hpp"
#include "transforms/program.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace crossfade::test {

class ModelTarget {
public:
    using Table = std::map<Uuid, std::vector<Value>>;

    explicit ModelTarget(const Program& program)
        : program_{program}, tables_(program.entities.size()) {
        for (const EntityProgram& entity : program.entities)
            names_.push_back(entity.target.schema + "." + entity.target.table);
    }

    // As the real one: nothing stands unless the answer is ready. Throws std::logic_error on what
    // would be a bug of the engine: a unique or foreign key violated, a write that changes nothing.
    BatchAnswer execute(const TargetBatch& batch);
    // Entities that write to one table have equal columns.
    const Table& table(EntityIndex entity) const { return tables_[place(entity)]; }
    // Somebody deletes a row behind the bridge's back, if nothing refers to it.
    bool steal(EntityIndex entity, const Uuid& id);
    // Somebody exchanges what two rows of an entity's table have in the column of a claim. From
    // then on a unique key that one of them violates is a refusal, until the bridge wrote it.
    bool exchange(std::uint32_t claim, const Uuid& first, const Uuid& second);
    // As of the real one, for refusals by the key of a claim.
    UniqueKeys unique_keys() const;
    std::optional<Uuid> holder(const RowWrite& write, const std::set<std::uint32_t>& key) const;

private:
    struct Violation {
        std::string constraint;
    };
    void vacate(const Vacate& vacate);
    void write(const RowWrite& write, BatchAnswer& answer);
    void remove(EntityIndex entity, const TargetBatch& batch, BatchAnswer& answer);
    // Throws Violation of a key that somebody's change is behind.
    void check_keys(EntityIndex entity, const Uuid& id, const std::string& what) const;
    bool by_hand(EntityIndex entity, const Uuid& id) const {
        return by_hand_.contains({place(entity), id});
    }
    // By rows other than those that leave with it.
    bool referred(EntityIndex entity, const Uuid& id, const std::set<Uuid>& leaving = {}) const;

    std::size_t place(EntityIndex entity) const {
        return static_cast<std::size_t>(std::ranges::find(names_, names_[entity]) - names_.begin());
    }
    Table& rows(EntityIndex entity) { return tables_[place(entity)]; }

    const Program& program_;
    std::vector<Table> tables_;       // at the place of the first entity that writes to it
    std::vector<std::string> names_;  // of the table, by entity
    std::set<std::pair<std::size_t, Uuid>> by_hand_;
};

}  // namespace crossfade::test
