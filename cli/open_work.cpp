#include "cli/open_work.hpp"

#include "cli/load_progress.hpp"
#include "model/key.hpp"
#include "pipeline/batch.hpp"
#include "pipeline/stager.hpp"
#include "state/keys.hpp"

#include <algorithm>
#include <utility>

namespace crossfade {

namespace {
OpenWork load_of(const Program& program, const Reader& store, EntityIndex entity) {
    OpenWork work;
    work.changed = "initial load";
    work.entity = program.entities[entity].name;
    work.walked = derived_rows(store, entity);
    const auto source = static_cast<double>(read_counter(store, entity, "source"));
    if (source > 0) work.done = std::min(1.0, static_cast<double>(work.walked) / source);
    return work;
}

// Of a changed row, or of a root whose outcome changed.
std::string name_of(const Program& program, const Node& node, const KeyBytes& key, bool set) {
    if (node.of != kNone) return program.entities[node.of].name + " " + display_key(key);
    const MappedRelation& relation = program.relations[node.relation];
    const bool secret = std::ranges::any_of(
        relation.key, [&](std::uint32_t position) { return relation.columns[position].secret; });
    if (secret) return relation.name;
    return relation.name + (set ? " of " : " ") + display_key(key);
}

OpenWork fan_out_of(const Program& program, const RocksStore& store, const WorkItem& item) {
    const Node& node = program.nodes.at(item.node);
    OpenWork work;
    work.changed = name_of(program, node, item.key, item.column != 0);
    if (node.entity != kNone) work.entity = program.entities[node.entity].name;
    work.walked = item.walked;
    const IndexId edge = node.kind == Node::Kind::set_member ? node.at : node.index;
    if (item.cursor.empty() || edge == kNone) return work;
    const IndexSpec& spec = program.indexes[edge];
    const auto behind =
        spec.scan
            ? store.share_behind(Family::images, keys::image_prefix(spec.relation), item.cursor)
            : store.share_behind(Family::edges, keys::index_prefix(edge, item.key), item.cursor);
    if (behind) work.done = 1 - *behind;
    return work;
}
}  // namespace

std::vector<OpenWork> read_open_work(const Program& program, const RocksStore& store) {
    std::vector<OpenWork> open;
    bool loading = false;
    store.scan(Family::work, {}, {}, [&](std::string_view key, std::string_view bytes) {
        const WorkItem item = WorkItem::decode(key, bytes);
        if (item.kind == WorkItem::Kind::deferred) return false;
        if (item.kind == WorkItem::Kind::load && !std::exchange(loading, true))
            open.push_back(load_of(program, store, item.entity));
        if (item.kind == WorkItem::Kind::expand) open.push_back(fan_out_of(program, store, item));
        return open.size() < kOpenWorkShown;
    });
    return open;
}

}  // namespace crossfade
