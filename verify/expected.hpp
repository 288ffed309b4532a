// The rows that should stand on the target. Every root is derived anew from the images of the
// source's snapshot, by the pipeline's own batches. In place of the target stands one that accepts
// what the real one accepted.
//
// Entities are taken one after the other, parents first. Each step goes on until no work of the
// entity is queued any more:
//
//   load(e)    every root, in chunks
//   seed(e)    the rows that stand by history; these are derived again, with the roots that read
//              them and those that want the same unique value
//   refuse(e)  roots that the target refused although they are not written any more
//
// Work that a batch queues for a later entity is dropped: that entity is derived as a whole when
// its turn comes.
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

    // The root of the entity that would have this id and gives no row now. The first call for an
    // entity computes the ids of all of these. Not of roots for which a row was adopted: that one
    // was there before.
    std::optional<KeyBytes> idle_root(EntityIndex entity, const Uuid& id);

private:
    void note_idle(EntityIndex entity);
    void enqueue(std::vector<WorkItem> items);
    void drain(EntityIndex entity, const OnRoots& on_roots);
    void refuse(EntityIndex entity, const OnRoots& on_roots);
    void run(Batch& batch, EntityIndex entity, const OnRoots& on_roots);
    BatchAnswer answer(const TargetBatch& batch, std::set<RootRef>& refused) const;
    void keep(const TargetBatch& batch);
    void clear_of_others(WriteSet& set, const RowWrite& write) const;
    void mark_standing(const std::vector<RootRef>& roots);

    const Program& program_;
    Store& scratch_;
    History& history_;
    std::unique_ptr<RocksStore> rows_;
    std::set<EntityIndex> noted_idle_;
    std::uint64_t sequence_ = 0;
};

}  // namespace crossfade
