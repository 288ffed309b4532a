// Cycles of a self-reference.
#include "transforms/derivation.hpp"

#include <set>

namespace crossfade {

std::vector<KeyBytes> cycle_of(const Program& program, EntityIndex entity, const KeyBytes& root,
                               View& view) {
    std::vector<KeyBytes> path;
    std::set<KeyBytes> seen;
    KeyBytes at = root;
    while (!at.empty() && seen.insert(at).second) {
        path.push_back(at);
        at = self_parent(program, entity, at, view);
    }
    return at == root ? path : std::vector<KeyBytes>{};
}

}  // namespace crossfade
