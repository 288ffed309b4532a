// The rows that should stand on the target: every root derived anew from the images of the source's
// snapshot, through the pipeline's own batches, towards a target that accepts what the real one
// accepted.
//
// Entities are taken one after the other, parents first, each until nothing of it is queued any
// more:
//
//   load(e)    every root, in chunks
//   plant(e)   the rows that stand by history; these, their readers and rivals again
//   refuse(e)  roots that the target refused although they are not written any more
//
// What a batch queues for entities that come later is dropped: they are derived in whole, in their
// turn.
#pragma once

#include "pipeline/batch.hpp"
#include "state/rocks_store.hpp"
#include "verify/history.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace crossfade {

// One row that should stand. Without values it stands by history: only that it is there can be
// said.
struct ExpectedRow {
    Uuid id;
    KeyBytes root;
    std::vector<Value> values;  // per column of TargetSpec; of deferred columns not to be used
    bool stands_by_history() const { return values.empty(); }
};

class ExpectedRows {
public:
    // Makes its own store in the directory, which must be empty. Borrows the rest; `scratch` holds
    // the images and indexes of the snapshot and takes the records.
    ExpectedRows(const Program& program, Store& scratch, History& history,
                 const std::filesystem::path& directory);

    // Called with the number of roots derived, after each chunk.
    using OnRoots = std::function<void(EntityIndex entity, std::uint64_t roots)>;
    void derive(const OnRoots& on_roots);

    // Rows of an entity in the order of their ids; a Cursor over `store()` and this decodes them.
    const Reader& store() const { return *rows_; }
    static std::string prefix(EntityIndex entity);
    static ExpectedRow decode(std::string_view suffix, std::string_view bytes);

private:
    void enqueue(std::vector<WorkItem> items);
    void drain(EntityIndex entity, const OnRoots& on_roots);
    void refuse(EntityIndex entity, const OnRoots& on_roots);
    void run(Batch& batch, EntityIndex entity, const OnRoots& on_roots);
    BatchAnswer answer(const TargetBatch& batch, std::set<RootRef>& refused) const;
    void keep(const TargetBatch& batch);
    void mark_standing(const std::vector<RootRef>& roots);

    const Program& program_;
    Store& scratch_;
    History& history_;
    std::unique_ptr<RocksStore> rows_;
    std::uint64_t sequence_ = 0;
};

}  // namespace crossfade
