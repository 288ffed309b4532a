#include "service/open_work.hpp"

#include "model/key.hpp"
#include "pipeline/batch.hpp"
#include "pipeline/stager.hpp"
#include "pipeline/unread.hpp"
#include "service/load_progress.hpp"
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

// What a TRUNCATE leaves to be done: all roots of an entity, or all keys of an index.
OpenWork rest_of_truncate(const Program& program, const RocksStore& store, const WorkItem& item) {
    OpenWork work;
    work.changed = "TRUNCATE";
    const bool roots = item.kind == WorkItem::Kind::again;
    work.entity = roots ? program.entities[item.entity].name : program.indexes[item.node].name;
    work.walked = item.walked;
    if (item.cursor.empty()) return work;
    const auto behind =
        roots ? store.share_behind(Family::derived, keys::entity_prefix(item.entity), item.cursor)
              : store.share_behind(Family::images,
                                   keys::image_prefix(program.indexes[item.node].relation),
                                   keys::image(program.indexes[item.node].relation, item.cursor));
    if (behind) work.done = 1 - *behind;
    return work;
}

// Of a changed row, or of a root whose outcome changed.
std::string name_of(const Program& program, const Node& node, const KeyBytes& key, bool set) {
    if (node.of != kNone) return program.entities[node.of].name + " " + display_key(key);
    const MappedRelation& relation = program.relations[node.relation];
    const bool secret = std::ranges::any_of(
        relation.key, [&](std::uint32_t position) { return relation.columns[position].secret; });
    if (secret) return relation.mapping_name();
    return relation.mapping_name() + (set ? " of " : " ") + display_key(key);
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
    scan_work(store, WorkQueue::work, [&](const WorkItem& item) {
        if (item.kind == WorkItem::Kind::load && !std::exchange(loading, true))
            open.push_back(load_of(program, store, item.entity));
        if (item.kind == WorkItem::Kind::expand) open.push_back(fan_out_of(program, store, item));
        if (item.kind == WorkItem::Kind::again || item.kind == WorkItem::Kind::reindex)
            open.push_back(rest_of_truncate(program, store, item));
        return open.size() < kOpenWorkShown;
    });
    if (const std::uint64_t unread = count_unread(store)) {
        OpenWork& work = open.emplace_back();
        work.changed = std::to_string(unread) + " rows to be read again";
    }
    return open;
}

}  // namespace crossfade
