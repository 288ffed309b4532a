// One batch on the road: changes or work in, a TargetBatch out, and the state's changes for the
// intent.
//
//   stage / add_work -> derive -> (the target executes) -> refuse -> derive again ... -> accept ->
//   changes()
//
// Nothing is written to the store here. Two layers lie over it: what the source changed (staged
// once), and what derivation makes of it (thrown away and made anew when the target refuses a
// root).
#pragma once

#include "pipeline/deriver.hpp"
#include "pipeline/load_ahead.hpp"
#include "pipeline/position.hpp"
#include "pipeline/stager.hpp"
#include "pipeline/work_queue.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace crossfade {

struct BatchLimits {
    std::int64_t inline_entries = 2'000;  // edges walked per changed row, and rows removed one by
                                          // one by a TRUNCATE, before the rest becomes work
    std::size_t chunk_roots = 1'000;      // roots derived in one batch of work
    std::int64_t chunk_entries = 20'000;  // edges or rows walked in one batch of work
    bool ask_again = true;  // Deriver::Input; false where there is no target that could refuse
    std::size_t load_roots = 20'000;  // roots of a load derived in one batch
    unsigned load_threads = 1;        // that derive them
};

class Batch {
public:
    // Chunks of a load are taken from `ahead`, if there is one.
    Batch(const Program& program, const Store& store, BatchLimits limits,
          LoadAhead* ahead = nullptr);
    // Entities from this one on are derived later in any case: outcomes are not carried to them.
    void loaded_until(EntityIndex entity);

    // What the source says of rows of the changes to come.
    void read_again(RowReads reads) { stager_.read_again(std::move(reads)); }
    // Source changes, in order; then once close(birth). `birth` dates the work they cause.
    // `ends`: with the last of them a source transaction ends.
    void stage(const std::vector<Change>& changes, bool ends = true);
    void close(EndLsn birth);

    // Instead of changes: rows that were unread, as they were read. Up to a chunk; those whose
    // time has come, or that are in `exact`, a reading of the source as of lsn(). False: none.
    bool settle_unread(const RowReads* exact);

    // Takes items off the front of the queue and adds their roots, up to a chunk. False: nothing is
    // queued.
    bool add_work();
    // After add_work(): what is left of the load whose next chunk this is.
    const std::optional<WorkItem>& rest_of_load() const { return rest_of_load_; }
    bool loading() const { return input_.prepared.second != nullptr; }
    // Derives one root again and writes its row whatever the state believes to stand there: repair,
    // retry.
    void add_root(const RootRef& root);
    // Fills a deferred column: the value that belongs there. NULL: its `until` value; absent: the
    // root was gone, and there was nothing to compute.
    void fill(const WorkItem& item, const Value& value);

    TargetBatch derive();  // call again after refuse()
    void refuse(
        const BatchAnswer& answer);  // refused and missing roots of the attempt just rolled back
    // A row born on the target holds the unique value: the root takes its fallback. False: it does
    // not carry the claim.
    bool lose_claim(const RootRef& root, std::uint32_t claim);
    // A row carries a unique value that another root takes, and the state does not know: its root
    // has not written it yet, or somebody put the value there. That root joins the batch, and gives
    // up its unique values first. What it has instead may stand in another row, too: the next time
    // it takes what nobody has. False: it did so already.
    bool unseat(const RootRef& root);
    bool clear_unique(const RootRef& root);  // the second step, of a root that has done the first
    void accept(const BatchAnswer& answer);  // rows that were not deleted after all
    // All changes of the state, for the intent. After accept().
    WriteSet changes(const Position& position);

    EndLsn lsn() const { return lsn_; }

private:
    void find_dirty();
    void take(const WorkItem& item, Affected& affected);
    Affected::Scans same_pass(const WorkItem& item, const Affected& affected);
    void take_load(const WorkItem& item);
    void take_reindex(const WorkItem& item);
    void queue_readers_of_emptied();
    void find_unloaded();
    void enqueue(Overlay& overlay, std::vector<WorkItem>& items, Lsn birth);

    const Program& program_;
    const Store& store_;
    BatchLimits limits_;
    LoadAhead* ahead_;
    LoadChunk chunk_;
    std::optional<WorkItem> rest_of_load_;
    Overlay staged_;
    Overlay derived_;
    Stager stager_;
    Deriver::Input input_;
    std::unique_ptr<Deriver> deriver_;
    Lsn birth_;
    EndLsn lsn_;
    std::vector<std::pair<WorkItem, Value>> fills_;
    std::size_t roots_ = 0;
};

}  // namespace crossfade
