#include "service/early_view.hpp"

#include "state/keys.hpp"

namespace crossfade {

void each_root(const Program& program, const Reader& store, EntityIndex entity,
               const std::function<void(const KeyBytes&)>& each) {
    const EntityProgram& of = program.entities[entity];
    if (of.root_kind == EntityProgram::RootKind::row) {
        const std::string prefix = keys::image_prefix(of.relation);
        store.scan(Family::images, prefix, {}, [&](std::string_view entry, std::string_view) {
            each(KeyBytes{entry.substr(prefix.size())});
            return true;
        });
        return;
    }
    for (const IndexId index : of.member_indexes) {
        const std::string prefix = keys::index_prefix(index);
        const std::size_t parts = program.indexes[index].key.front().size();
        KeyBytes last;
        store.scan(Family::edges, prefix, {}, [&](std::string_view entry, std::string_view) {
            const std::string_view whole = entry.substr(prefix.size());
            if (is_unresolved(whole)) return true;
            KeyBytes root{keys::first_parts(whole, parts)};
            if (root != last) each(root);
            last = std::move(root);
            return true;
        });
    }
}

}  // namespace crossfade
