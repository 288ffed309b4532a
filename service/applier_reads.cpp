// The part of Applier that reads rows of the source again.
#include "service/applier.hpp"

namespace crossfade {

// Nothing: the source cannot be asked now. The stream waits for it, work does not.
std::optional<RowReads> Applier::read_again(const std::vector<SourceTransaction>& batch) {
    if (Clock::now() < read_retry_.at) return std::nullopt;
    try {
        // Behind a batch that ends in the middle of a transaction, or before others that wait,
        // more is known to come.
        const bool whole = pending_.empty() && batch.back().last_slice;
        RowReads reads = row_reader_.read(batch, whole ? seen_ : Lsn{});
        read_retry_ = {};
        return reads;
    } catch (const Failure& failure) {
        if (next_step(failure.error().kind()) != NextStep::retry) throw;
        if (!target_stop_.begun()) back_off(read_retry_, failure.error());
        return std::nullopt;
    }
}

// Rows whose time has come. At the point of a hold the snapshot that was exported there tells of
// all, whatever is behind it.
bool Applier::settle_unread() {
    if (!first_unread(store_)) return false;
    if (road_.settle_unread(*writer_)) return true;
    if (snapshot_.empty() || !at_point() || Clock::now() < read_retry_.at) return false;
    std::vector<RowId> rows;
    scan_unread(program_, store_, [&](const RowId& id, const UnreadRow&) {
        rows.push_back(id);
        return rows.size() < config_.work.chunk_roots;
    });
    RowReads reads;
    try {
        reads = row_reader_.read_in(snapshot_, rows);
        read_retry_ = {};
    } catch (const Failure& failure) {
        // Also a snapshot that is gone with its client, whose hold ends at the latest in its time.
        if (!target_stop_.begun()) back_off(read_retry_, failure.error());
        return false;
    }
    return road_.settle_unread(*writer_, &reads);
}

}  // namespace crossfade
