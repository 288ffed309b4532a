// A store that counts what is asked of the one it stands before.
#pragma once

#include "state/store.hpp"

#include <atomic>
#include <cstdint>

namespace crossfade::test {

class CountingStore : public Store {
public:
    explicit CountingStore(Store& store) : store_{store} {}

    std::optional<std::string> get(Family family, std::string_view key) const override {
        ++gets[static_cast<std::size_t>(family)];
        return store_.get(family, key);
    }
    void scan(Family family, std::string_view prefix, std::string_view from,
              const Each& each) const override {
        store_.scan(family, prefix, from, [&](std::string_view key, std::string_view value) {
            ++steps[static_cast<std::size_t>(family)];
            return each(key, value);
        });
    }
    void write(const WriteSet& set, bool sync) override { store_.write(set, sync); }

    std::uint64_t gets_of(Family family) const { return gets[static_cast<std::size_t>(family)]; }
    std::uint64_t steps_of(Family family) const { return steps[static_cast<std::size_t>(family)]; }

private:
    Store& store_;
    mutable std::array<std::atomic<std::uint64_t>, kFamilies> gets{};
    mutable std::array<std::atomic<std::uint64_t>, kFamilies> steps{};  // entries shown to scans
};

}  // namespace crossfade::test
