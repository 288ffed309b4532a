#include "service/load_progress.hpp"

#include "pipeline/stager.hpp"

#include <algorithm>
#include <array>

namespace crossfade {

namespace {
constexpr std::array<std::string_view, 5> kStates{"applied", "merged", "filtered", "parked",
                                                  "rejected"};
}

std::uint64_t derived_rows(const Reader& store, EntityIndex entity) {
    std::int64_t rows = 0;
    for (const std::string_view state : kStates)
        rows += read_counter(store, entity, state);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, rows));
}

void LoadProgress::advance() {
    const std::uint64_t rows = derived_rows(store_, shown_->entity);
    if (rows > shown_->rows) shown_->bar->advance(rows - shown_->rows);
    shown_->rows = std::max(shown_->rows, rows);
}

void LoadProgress::show(EntityIndex entity) {
    if (shown_ && shown_->entity != entity) finish();
    if (shown_) return advance();
    any_ = true;
    const auto total = std::max<std::int64_t>(0, read_counter(store_, entity, "source"));
    shown_ = Shown{entity,
                   &progress_.add("derive " + program_.entities[entity].name,
                                  static_cast<std::uint64_t>(total), "rows"),
                   derived_rows(store_, entity)};
    shown_->bar->advance(shown_->rows);
}

bool LoadProgress::finish() {
    if (shown_) {
        advance();
        shown_->bar->finish();
        shown_.reset();
    }
    return any_;
}

}  // namespace crossfade
