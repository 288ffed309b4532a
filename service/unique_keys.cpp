#include "service/unique_keys.hpp"

#include "postgres/target_catalog.hpp"

#include <algorithm>

namespace crossfade {

UniqueKeys read_unique_keys(Connection& target, const std::vector<TargetSpec>& specs) {
    UniqueKeys found;
    for (EntityIndex e = 0; e < specs.size(); ++e) {
        const auto table = read_target_table(target, specs[e].schema, specs[e].table);
        if (!table) continue;
        for (const UniqueKey& key : table->unique_keys) {
            std::set<std::uint32_t> columns;
            for (std::uint32_t c = 0; c < specs[e].columns.size(); ++c) {
                const auto& names = key.columns;
                if (std::ranges::find(names, specs[e].columns[c].name) != names.end())
                    columns.insert(c);
            }
            if (columns.size() == key.columns.size()) found[{e, key.name}] = columns;
        }
    }
    return found;
}

}  // namespace crossfade
