#include "target/batch.hpp"

#include <algorithm>
#include <tuple>

namespace crossfade {

// Ties are settled by the root's key, so that equal batches lock rows in equal order.
void plan_batch(TargetBatch& batch) {
    std::ranges::stable_sort(batch.vacates, {}, [](const Vacate& vacate) {
        return std::tie(vacate.root.entity, vacate.root.root);
    });
    std::ranges::stable_sort(batch.writes, {}, [](const RowWrite& write) {
        return std::tie(write.root.entity, write.depth, write.root.root);
    });
    std::ranges::stable_sort(batch.deletes, std::ranges::greater{}, [](const RowDelete& removal) {
        return std::tie(removal.root.entity, removal.depth, removal.root.root);
    });
}

}  // namespace crossfade
