#include "service/target_ids.hpp"

#include "pipeline/claims.hpp"
#include "pipeline/state_view.hpp"
#include "postgres/copy.hpp"
#include "postgres/copy_text.hpp"
#include "postgres/quote.hpp"
#include "service/early_view.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

namespace {
constexpr std::size_t kIdWriteBytes = std::size_t{1} << 20;

std::vector<Uuid> read_ids(Connection& target, const TargetSpec& spec) {
    const std::string id = quote_identifier(spec.id_column);
    std::vector<Uuid> ids;
    std::string buffer;
    copy_out(target,
             "COPY (SELECT " + id + "::text FROM " + quote_table(spec.schema, spec.table) +
                 " WHERE " + id + " IS NOT NULL) TO STDOUT",
             [&](std::string_view line) {
                 split_copy_line(line, buffer, [&](std::size_t, auto field) {
                     const auto parsed = Uuid::parse(field.value_or(""));
                     if (!parsed) {
                         throw Failure{Error{ErrorKind::configuration,
                                             "column " + spec.id_column + " of " + spec.schema +
                                                 "." + spec.table + " is no uuid"}};
                     }
                     ids.push_back(*parsed);
                 });
             });
    std::ranges::sort(ids);
    return ids;
}

// The columns of a row of ours of which nothing says any more who wrote what stands there.
AdoptedRow own_row(const EntityProgram& entity, const Uuid& id) {
    AdoptedRow row{id, {}};
    for (std::uint32_t i = 0; i < entity.target.columns.size(); ++i) {
        if (entity.target.columns[i].owner == Owner::until_changed) row.others.insert(i);
    }
    return row;
}

// Ids of rows that no root of the state has, of whichever entity that writes to the table.
std::vector<Uuid> unknown_ids(const Program& program, const TargetIds& ids, EntityIndex entity,
                              const Reader& store) {
    std::vector<Uuid> unknown;
    for (const Uuid& id : ids.of(entity)) {
        // What a root computes is a UUID of version 5; rows born on the target have others.
        const bool computed = (id.bytes[6] >> 4) == 5;
        if (computed && !root_of_row(program, store, entity, id)) unknown.push_back(id);
    }
    return unknown;
}
}  // namespace

TargetIds::TargetIds(const Program& program, Connection& target) {
    for (const EntityProgram& entity : program.entities) {
        const std::string table =
            quote_table(entity.target.schema, entity.target.table) + "." + entity.target.id_column;
        const auto [known, first] = tables_.try_emplace(table);
        if (first) known->second = read_ids(target, entity.target);
        by_entity_.push_back(&known->second);
    }
}

bool TargetIds::stands(EntityIndex entity, const Uuid& id) const {
    return std::ranges::binary_search(of(entity), id);
}

const std::vector<Uuid>& TargetIds::of(EntityIndex entity) const { return *by_entity_.at(entity); }

std::uint64_t adopt_by_id(const Program& program, const TargetIds& ids, Store& store) {
    std::uint64_t adopted = 0;
    WriteSet set;
    StateView state{program, store};
    for (EntityIndex e = 0; e < program.entities.size(); ++e) {
        const EntityProgram& entity = program.entities[e];
        if (entity.adopt) continue;
        const std::vector<Uuid> unknown = unknown_ids(program, ids, e, store);
        if (unknown.empty()) continue;
        EarlyView early{program, state, e, true};
        each_root(program, store, e, [&](const KeyBytes& root) {
            const Uuid id = derive(program, e, root, early).computed;
            if (!std::ranges::binary_search(unknown, id)) return;
            if (const auto record = state.record(e, root); record && record->present) return;
            const std::string place = keys::adopted(e, id);
            if (!store.get(Family::meta, place)) ++adopted;
            set.put(Family::meta, place, encode_adopted(own_row(entity, id)));
            set.put(Family::meta, keys::adopter(e, id), root);
            if (set.bytes() < kIdWriteBytes) return;
            store.write(set, false);
            set.clear();
        });
    }
    store.write(set, true);
    return adopted;
}

}  // namespace crossfade
