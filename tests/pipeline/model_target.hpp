// A target in memory that is as strict as PostgreSQL: primary keys, non-deferrable unique keys
// checked after every statement, foreign keys, guarded deletes, and a rule that refuses some rows.
#pragma once

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

private:
    void vacate(const Vacate& vacate);
    void write(const RowWrite& write, BatchAnswer& answer);
    void remove(EntityIndex entity, const TargetBatch& batch, BatchAnswer& answer);
    void check_keys(EntityIndex entity, const Uuid& id, const std::string& what) const;
    // By rows other than those that leave with it.
    bool referred(EntityIndex entity, const Uuid& id, const std::set<Uuid>& leaving = {}) const;

    std::size_t place(EntityIndex entity) const {
        return static_cast<std::size_t>(std::ranges::find(names_, names_[entity]) - names_.begin());
    }
    Table& rows(EntityIndex entity) { return tables_[place(entity)]; }

    const Program& program_;
    std::vector<Table> tables_;       // at the place of the first entity that writes to it
    std::vector<std::string> names_;  // of the table, by entity
};

}  // namespace crossfade::test
