// A Store in the memory of this process, for tests and for previews that must leave no trace. Not
// safe to write while another thread reads; nothing survives it, whatever `sync` says.
#pragma once

#include "state/store.hpp"

namespace crossfade {

class MemoryStore : public Store {
public:
    std::optional<std::string> get(Family family, std::string_view key) const override;
    void scan(Family family, std::string_view prefix, std::string_view from,
              const Each& each) const override;
    void write(const WriteSet& set, bool sync) override;

private:
    using Entries = std::map<std::string, std::string, std::less<>>;
    const Entries& at(Family family) const { return entries_[static_cast<std::size_t>(family)]; }
    std::array<Entries, kFamilies> entries_;
};

}  // namespace crossfade
