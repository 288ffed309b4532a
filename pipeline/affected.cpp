#include "pipeline/affected.hpp"

#include "state/keys.hpp"

namespace crossfade {

namespace {
// WorkItem::column of an expand item whose key is a set's key rather than a row's.
constexpr std::uint32_t kSetKey = 1;
}  // namespace

void Affected::later(std::uint32_t node, const KeyBytes& key, const KeyBytes& cursor, bool set) {
    WorkItem item;
    item.kind = WorkItem::Kind::expand;
    item.node = node;
    item.key = key;
    item.cursor = cursor;
    item.column = set ? kSetKey : 0;
    rest_.push_back(std::move(item));
}

void Affected::walk(std::uint32_t id, const KeyBytes& key, const KeyBytes& cursor) {
    const Node& node = program_.nodes[id];
    if (exhausted()) return later(id, key, cursor, false);
    switch (node.kind) {
        case Node::Kind::root_row: --budget_; return emit_(node.entity, key);
        case Node::Kind::member:
        case Node::Kind::set_member: {
            const std::size_t slots = program_.indexes[node.index].key.size();
            for (std::size_t slot = 0; slot < slots; ++slot) {
                const auto at = view_.key_of(node.index, {key, static_cast<std::uint8_t>(slot)});
                if (!at) continue;
                --budget_;
                if (node.kind == Node::Kind::member)
                    emit_(node.entity, *at);
                else
                    walk_set(id, *at, cursor);
            }
            return;
        }
        case Node::Kind::lookup:
        case Node::Kind::lookup_by_root:
        case Node::Kind::parent:
        case Node::Kind::parent_by_root: return walk_edge(id, node.index, key, cursor, false);
        case Node::Kind::lookup_constant: return walk_all_roots(id, key, cursor);
        case Node::Kind::parent_of_row: return walk_feeding_rows(id, key, cursor);
    }
}

void Affected::walk_set(std::uint32_t id, const KeyBytes& key, const KeyBytes& cursor) {
    const Node& node = program_.nodes[id];
    if (node.at == kNone) return walk_all_roots(id, key, cursor);
    walk_edge(id, node.at, key, cursor, true);
}

// From the value of an edge to the rows (or roots) that refer to it, and on towards the root.
void Affected::walk_edge(std::uint32_t id, IndexId edge, const KeyBytes& key,
                         const KeyBytes& cursor, bool set) {
    const Node& node = program_.nodes[id];
    const IndexSpec& spec = program_.indexes[edge];
    if (spec.scan) return walk_scans({{id, key}}, cursor);
    if (spec.identity) {
        --budget_;
        if (view_.image(spec.relation, key)) walk(node.parent, key);
        return;
    }
    const std::string prefix = keys::index_prefix(edge, key);
    std::string last;
    const std::string from = cursor.empty() ? std::string{} : keys::behind(cursor);
    view_.reader().scan(Family::edges, prefix, from, [&](std::string_view entry, std::string_view) {
        if (exhausted()) {
            later(id, key, last, set);
            return false;
        }
        --budget_;
        last = entry;
        const Member member = keys::member_of(entry, prefix.size());
        if (spec.over_roots != kNone)
            emit_(spec.over_roots, member.row);
        else
            walk(node.parent, member.row);
        return true;
    });
}

bool Affected::scans(std::uint32_t node) const {
    const IndexId edge = program_.nodes[node].index;
    return program_.nodes[node].kind == Node::Kind::lookup && program_.indexes[edge].scan;
}

// Few rows read by very many: no edges, one pass over the relation that refers to them.
void Affected::walk_scans(const Scans& scans, const KeyBytes& cursor) {
    const RelationIndex relation =
        program_.indexes[program_.nodes[scans.front().first].index].relation;
    const std::string prefix = keys::image_prefix(relation);
    std::string last;
    const std::string from = cursor.empty() ? std::string{} : keys::behind(cursor);
    view_.reader().scan(
        Family::images, prefix, from, [&](std::string_view entry, std::string_view image) {
            if (exhausted()) {
                for (const auto& [node, key] : scans)
                    later(node, key, last, false);
                return false;
            }
            --budget_;
            last = entry;
            const KeyBytes row{entry.substr(prefix.size())};
            const auto values = view_.decode(relation, image);
            for (const auto& [node, key] : scans) {
                const IndexId edge = program_.nodes[node].index;
                for (const IndexEntry& e : index_entries(program_, edge, row, values, view_)) {
                    if (e.key == key) walk(program_.nodes[node].parent, row);
                }
            }
            return true;
        });
}

std::optional<KeyBytes> Affected::emit_roots(EntityIndex entity, const KeyBytes& cursor) {
    const std::string prefix = keys::entity_prefix(entity);
    KeyBytes last = cursor;
    std::optional<KeyBytes> rest;
    const std::string from = cursor.empty() ? std::string{} : keys::behind(cursor);
    view_.reader().scan(Family::derived, prefix, from,
                        [&](std::string_view entry, std::string_view) {
                            if (exhausted()) {
                                rest = last;
                                return false;
                            }
                            --budget_;
                            last = entry;
                            emit_(entity, KeyBytes{entry.substr(prefix.size())});
                            return true;
                        });
    return rest;
}

void Affected::walk_all_roots(std::uint32_t id, const KeyBytes& key, const KeyBytes& cursor) {
    if (const auto rest = emit_roots(program_.nodes[id].entity, cursor))
        later(id, key, *rest, false);
}

void Affected::walk_entity(EntityIndex entity, const KeyBytes& cursor) {
    const auto rest = emit_roots(entity, cursor);
    if (!rest) return;
    WorkItem& item = rest_.emplace_back();
    item.kind = WorkItem::Kind::again;
    item.entity = entity;
    item.cursor = *rest;
}

// From a root to the rows that feed it, as far as they are of the relation that the reader's row
// has.
void Affected::walk_feeding_rows(std::uint32_t id, const KeyBytes& root, const KeyBytes& cursor) {
    const Node& node = program_.nodes[id];
    if (node.index == kNone) return walk(node.parent, root);
    if (is_unresolved(root)) return walk(node.parent, unresolved_member(root).row);
    const std::string prefix = keys::index_prefix(node.index, root);
    std::string last;
    const std::string from = cursor.empty() ? std::string{} : keys::behind(cursor);
    view_.reader().scan(Family::edges, prefix, from, [&](std::string_view entry, std::string_view) {
        if (exhausted()) {
            later(id, root, last, false);
            return false;
        }
        --budget_;
        last = entry;
        walk(node.parent, keys::member_of(entry, prefix.size()).row);
        return true;
    });
}

void Affected::walk_outcome(EntityIndex entity, const KeyBytes& root) {
    for (std::uint32_t id = 0; id < program_.nodes.size(); ++id) {
        const Node& node = program_.nodes[id];
        if (node.of != entity || node.entity == kNone) continue;
        if (left_out_ == nullptr || !left_out_->contains(node.entity)) walk(id, root);
    }
    const std::string prefix = keys::stale_prefix(entity, root);
    view_.reader().scan(Family::edges, prefix, {}, [&](std::string_view entry, std::string_view) {
        const RootRef reader = keys::stale_of(entry, prefix.size());
        emit_(reader.entity, reader.root);
        return true;
    });
}

}  // namespace crossfade
