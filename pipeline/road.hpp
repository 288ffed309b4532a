// The road from a batch to its commit: derive, target, intent, COMMIT, settle; and what a start
// finds of a road that was cut off.
//
//   derive -> TargetWriter::execute -> intent (synced) -> TargetWriter::commit -> settle
//                  | refused: derive again without the refused roots
//
// Durable in this order: intent, target, state. A batch that asks nothing of the target is written
// to the state alone. After a crash the target's batch number decides: it is the intent's number:
// the intent is applied; it is the one before: the intent is dropped; anything else is an error of
// trust.
#pragma once

#include "pipeline/batch.hpp"
#include "target/progress.hpp"
#include "target/writer.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace crossfade {

struct RoadCounters {
    std::uint64_t batches = 0, transactions = 0, changes = 0, writes = 0, deletes = 0, vacates = 0,
                  refused = 0;
};

class Road {
public:
    // Borrows both. recover() first.
    Road(const Program& program, Store& store, BatchLimits limits);

    // Brings state and target together. `progress` is what the target says; nullopt only if nothing
    // was ever committed. Throws Failure(trust) when they cannot have come from each other.
    void recover(const std::optional<TargetProgress>& progress);

    // All of these throw Failure of the world (then nothing of the batch is known to stand:
    // reconnect, recover, repeat) or of trust. Transactions, or parts of them, that were applied
    // before are passed over.
    void apply(TargetWriter& writer, const std::vector<SourceTransaction>& transactions);
    bool work(TargetWriter& writer);  // one chunk of the queue; false: it is empty
    void fill(TargetWriter& writer, const std::vector<std::pair<WorkItem, Value>>& values);
    void derive_roots(TargetWriter& writer, const std::vector<RootRef>& roots);  // repair, retry
    // The source has come to `end` and nothing was in flight.
    void idle(EndLsn end);

    const Position& position() const { return position_; }
    const RoadCounters& counters() const { return counters_; }
    // The unique keys of the target by entity and name: positions of their columns in the entity's
    // TargetSpec. A refusal by one that a claim covers means that a row born on the target holds
    // the value, for among our own rows claims decide.
    std::map<std::pair<EntityIndex, std::string>, std::set<std::uint32_t>> unique_keys;
    std::function<void(const Refusal&)> on_refusal = [](const Refusal&) {};

private:
    std::optional<std::uint32_t> claim_of(const Refusal& refusal) const;
    bool unseat_holder(TargetWriter& writer, Batch& batch, const TargetBatch& attempt,
                       const Refusal& refusal) const;
    void settle_claims(TargetWriter& writer, Batch& batch, const TargetBatch& attempt,
                       BatchAnswer& answer) const;
    void commit(TargetWriter& writer, Batch& batch, Position next);
    BatchAnswer execute(TargetWriter& writer, Batch& batch, const Position& next, bool& wrote);

    const Program& program_;
    Store& store_;
    BatchLimits limits_;
    LoadAhead ahead_;
    Position position_;
    RoadCounters counters_;
};

}  // namespace crossfade
