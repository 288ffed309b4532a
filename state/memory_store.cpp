#include "state/memory_store.hpp"

namespace crossfade {

std::optional<std::string> MemoryStore::get(Family family, std::string_view key) const {
    const auto found = at(family).find(key);
    if (found == at(family).end()) return std::nullopt;
    return found->second;
}

void MemoryStore::scan(Family family, std::string_view prefix, std::string_view from,
                       const Each& each) const {
    const Entries& entries = at(family);
    for (auto entry = entries.lower_bound(from > prefix ? from : prefix);
         entry != entries.end() && std::string_view{entry->first}.starts_with(prefix); ++entry) {
        if (!each(entry->first, entry->second)) return;
    }
}

void MemoryStore::write(const WriteSet& set, bool) {
    for (std::size_t family = 0; family < kFamilies; ++family) {
        for (const std::string& prefix : set.erased_prefixes(static_cast<Family>(family))) {
            std::erase_if(entries_[family],
                          [&](const auto& entry) { return entry.first.starts_with(prefix); });
        }
        for (const auto& [key, value] : set.entries(static_cast<Family>(family))) {
            if (value) {
                entries_[family].insert_or_assign(key, *value);
            } else {
                entries_[family].erase(key);
            }
        }
    }
}

}  // namespace crossfade
