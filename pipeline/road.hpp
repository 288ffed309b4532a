// The way of one batch to its commit, and what a start makes of a batch that was cut off.
//
//   derive -> TargetWriter::execute -> intent (synced) -> TargetWriter::commit -> state
//                  | refused: derive again without the refused roots
//
// Durable in this order: intent, target, state. A batch that asks nothing of the target is written
// to the state alone. For example, state and target are at batch 41, applied up to 0/48470E40, and
// a transaction arrives that ends at 0/484F2678:
//
//   step      what stands afterwards                              a start after a kill here
//   execute   an open transaction of the target, in it            begins again at 0/48470E40
//             crossfade.progress = (42, 0/484F2678)
//   intent    in the state, synced: what batch 42 changes there   target at 41: drops the intent
//   COMMIT    target: batch 42                                    target at 42: applies it
//   state     state: batch 42, applied up to 0/484F2678; synced   applies it again, if this write
//             with the next intent                                was not on disk yet
//
// A target at any other number than 41 or 42 is an error of trust. The slot is told 0/484F2678 last
// (replicator/slot_stream).
#pragma once

#include "pipeline/batch.hpp"
#include "pipeline/refused_claims.hpp"
#include "target/progress.hpp"
#include "target/writer.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace crossfade {

// Brings state and target together: an intent that was left open is applied if it stands on the
// target, else dropped. `progress` is what the target says; nullopt only if nothing was ever
// committed. Throws Failure(trust) when the two cannot have come from each other. The store may be
// in its own numbers: an intent is kept in those.
void settle_intent(Store& store, const std::optional<TargetProgress>& progress);

class Road {
public:
    // Borrows both. recover() first.
    Road(const Program& program, Store& store, BatchLimits limits);

    // settle_intent(), and goes on from there.
    void recover(const std::optional<TargetProgress>& progress);

    // All of these throw Failure of the world (then nothing of the batch is known to stand:
    // reconnect, recover, repeat) or of trust. Transactions, or parts of them, that were applied
    // before are passed over.
    // `reads`: what the source says of unsure_rows().
    void apply(TargetWriter& writer, const std::vector<SourceTransaction>& transactions,
               RowReads reads = {});
    // Rows that were unread and are known by now (Batch::settle_unread); false: there are none.
    bool settle_unread(TargetWriter& writer, const RowReads* exact = nullptr);
    bool work(TargetWriter& writer);  // one chunk of the queue; false: it is empty
    void fill(TargetWriter& writer, const std::vector<std::pair<WorkItem, Value>>& values);
    void derive_roots(TargetWriter& writer, const std::vector<RootRef>& roots);  // repair, retry
    // Takes over a row that no root has or gives, and lets it leave as the mapping says of rows
    // whose root went. Says what became of it: kRemoved, kKept, or why neither.
    static constexpr std::string_view kRemoved = "removed";
    static constexpr std::string_view kKept = "kept";
    std::string take_unknown(TargetWriter& writer, EntityIndex entity, const Uuid& id);
    // The source has come to `end` and nothing was in flight.
    void idle(EndLsn end);

    const Position& position() const { return position_; }
    // Of the target. A refusal by one that a claim covers is settled among the claims.
    UniqueKeys unique_keys;
    std::function<void(const Refusal&)> on_refusal = [](const Refusal&) {};

private:
    void commit(TargetWriter& writer, Batch& batch, Position next);
    void settle(TargetWriter& writer, WriteSet set, const Position& next);
    BatchAnswer execute(TargetWriter& writer, Batch& batch, const Position& next, bool& wrote);

    const Program& program_;
    Store& store_;
    BatchLimits limits_;
    LoadAhead ahead_;
    Position position_;
};

}  // namespace crossfade
