#include "tests/pipeline/model_reload.hpp"

#include "pipeline/map_file.hpp"
#include "pipeline/shape_things.hpp"
#include "pipeline/stager.hpp"
#include "pipeline/work_queue.hpp"
#include "state/keys.hpp"
#include "tests/state/temporary_directory.hpp"

namespace crossfade::test {

namespace {
using Kind = ShapeThing::Kind;

const NumberMap* map_of(const Program& program, const StateNumbers& numbers,
                        const ShapeThing& thing) {
    switch (thing.kind) {
        case Kind::relation: return &numbers.relations;
        case Kind::index: return &numbers.indexes;
        case Kind::node: return &numbers.nodes;
        case Kind::entity: return &numbers.entities;
        case Kind::claim: return &numbers.claims;
        case Kind::target_column: return &numbers.target_columns[program.find_entity(thing.owner)];
        case Kind::parent: return &numbers.parents[program.find_entity(thing.owner)];
        case Kind::rule:
        case Kind::look_up:
        case Kind::column: break;
    }
    return nullptr;
}

std::string things(const Program& program, const std::vector<ShapeThing>& shape,
                   const std::optional<StateNumbers>& numbers) {
    Things result;
    std::map<Scope, std::uint32_t> next;
    for (const ShapeThing& thing : shape) {
        const std::uint32_t ordinal = next[scope_of(thing)]++;
        const NumberMap* const map = numbers ? map_of(program, *numbers, thing) : nullptr;
        result.push_back({thing, map != nullptr ? map->number(ordinal) : ordinal, false});
    }
    return encode_things(result);
}

void set_shape(MemoryStore& store, std::string things) {
    WriteSet set;
    set.put(Family::meta, std::string{keys::kMappingShape}, std::move(things));
    store.write(set, true);
}

void load_source(const Program& program, MemoryStore& store, const SourceRows& source) {
    Overlay staged{store};
    Stager stager{program, store, staged};
    for (const auto& [relation, rows] : source) {
        for (const auto& [key, row] : rows) {
            Change change;
            change.relation = relation;
            change.row = row;
            stager.stage(change);
        }
    }
    stager.finish();
    store.write(staged.staged(), true);
}
}  // namespace

std::unique_ptr<MemoryStore> reload(const Program& program, const std::vector<ShapeThing>& shape,
                                    const MemoryStore& before,
                                    const std::optional<StateNumbers>& numbers,
                                    const SourceRows& source, const ModelTarget& target,
                                    std::uint64_t lsn) {
    TemporaryDirectory folder;
    MemoryStore old = before;
    set_shape(old, things(program, shape, numbers));
    write_map(old, folder / "map");

    auto state = std::make_unique<MemoryStore>();
    set_shape(*state, things(program, shape, std::nullopt));
    load_source(program, *state, source);
    const ReadMap map = read_map(
        program, *state, folder / "map",
        [&](EntityIndex entity, const Uuid& id) { return target.table(entity).contains(id); });
    WriteSet set;
    Position position;
    position.applied = EndLsn{Lsn{lsn}};
    write_position(set, position);
    enqueue_load(program, *state, set, Lsn{lsn});
    for (const RootRef& root : map.gone)
        enqueue_root(*state, set, root, Lsn{lsn});
    state->write(set, true);
    return state;
}

}  // namespace crossfade::test
