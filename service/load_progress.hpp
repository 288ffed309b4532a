// How far the derivation of the initial load is: a bar for each entity, by the source rows whose
// fate is known.
#pragma once

#include "state/store.hpp"
#include "telemetry/progress.hpp"
#include "transforms/program.hpp"

#include <optional>

namespace crossfade {

// Source rows of an entity that are derived.
std::uint64_t derived_rows(const Reader& store, EntityIndex entity);

class LoadProgress {
public:
    // Borrows all but the log.
    LoadProgress(const Program& program, const Reader& store, Console& console, Logger log)
        : program_{program}, store_{store}, progress_{console, std::move(log)} {}

    void show(EntityIndex entity);  // the one under way; those before it are done
    bool finish();                  // whether anything was shown

private:
    struct Shown {
        EntityIndex entity = 0;
        Progress::Bar* bar = nullptr;
        std::uint64_t rows = 0;
    };
    void advance();

    const Program& program_;
    const Reader& store_;
    Progress progress_;
    std::optional<Shown> shown_;
    bool any_ = false;
};

}  // namespace crossfade
