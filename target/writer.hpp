// The one writer of the target: a batch becomes one transaction.
//
//   execute(batch)   BEGIN, origin, position, steps, SET CONSTRAINTS ALL IMMEDIATE;
//                    one round trip if nothing is refused
//     ready          the transaction is open: commit() or rollback()
//     not ready      it was rolled back
//
// Small batches go through prepared statements in a pipeline; from `merge_rows` new rows of an
// entity on, these are copied to a staging table and merged, with the same result.
#pragma once

#include "target/progress.hpp"
#include "target/runner.hpp"

namespace crossfade {

struct WriterOptions {
    std::string slot;    // names the row of crossfade.progress
    std::string origin;  // replication origin to write under; empty: none
    std::size_t merge_rows = 2000;
};

// Borrows the connection and the specs. Reads the catalog once: after DDL on the target, make a new
// writer.
//
// Failure: trust if the position is not the batch before (a second bridge, a restored target);
// conflict for deadlocks and for a commit in doubt (reconnect, read_progress); unavailable for a
// lost server. After a Failure the transaction is rolled back, or gone with the connection; a lost
// connection needs a new writer.
class TargetWriter {
public:
    TargetWriter(Connection& connection, const std::vector<TargetSpec>& specs,
                 WriterOptions options);
    ~TargetWriter();
    TargetWriter(const TargetWriter&) = delete;
    TargetWriter& operator=(const TargetWriter&) = delete;

    // `batch` as plan_batch left it, values and guards as batch.hpp says.
    BatchAnswer execute(const TargetBatch& batch);
    void commit();
    void rollback() noexcept;
    // Which other row carries what `write` wants to have in the columns of a unique key. Not inside
    // a transaction of execute().
    std::optional<Uuid> holder(const RowWrite& write, const std::set<std::uint32_t>& key);
    bool is_open() const { return open_; }

    // False if the role may not use origins; then nothing marks what we write.
    bool has_origin() const { return has_origin_; }
    const WriterCounters& counters() const { return runner_.counters(); }
    const TableStatements& table(EntityIndex entity) { return tables_.at(entity); }

private:
    bool set_up_origin();
    std::vector<Extra> beginning(const TargetBatch& batch) const;
    // The quick way; nullopt: something was refused, and the transaction was rolled back.
    std::optional<BatchAnswer> attempt(const TargetBatch& batch, const std::vector<Step>& steps,
                                       const std::vector<Extra>& begin);
    // How the new rows of an entity are written that are many: through a staging table, or
    // straight by COPY.
    enum class Bulk : std::uint8_t { merge, copy };
    using Bulks = std::map<EntityIndex, Bulk>;
    Bulks bulks_of(const TargetBatch& batch);
    RunResult attempt_bulk(const std::vector<Step>& steps, const std::vector<Extra>& begin,
                           const Bulks& bulks);

    Connection& connection_;
    WriterOptions options_;
    Tables tables_;
    Runner runner_;
    bool has_origin_ = false;
    bool may_merge_ = false;
    std::set<EntityIndex> no_copy_;  // their tables have rows of ours, or refuse COPY
    bool open_ = false;
};

}  // namespace crossfade
