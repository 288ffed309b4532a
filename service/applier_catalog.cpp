// The part of Applier that follows the catalogs of both servers.
#include "service/applier.hpp"

namespace crossfade {

void Applier::require_same_tables() {
    if (const auto changed = source_watch_.changed()) throw Failure{*changed};
    if (const auto changed = target_watch_.changed()) throw Failure{*changed};
}

// A table of the target that is another may refuse a batch before the watch looks again.
void Applier::halt(const Failure& failure) {
    if (failure.error().kind() == ErrorKind::trust) throw Failure{failure.error()};
    try {
        disconnect();
        target_.emplace(Connection::open(target_connection("apply")));
        check_target_catalog(program_, store_, *target_);
    } catch (const Failure& other) {
        if (other.error().kind() == ErrorKind::trust) throw;
    }
    throw Failure{failure.error()};
}

// What is confirmed cannot be read again. So nothing is that may have passed while a table was
// another, which a look finds only later.
void Applier::keep_proven() {
    const Lsn proven = source_catalog_.proven();
    if (proven <= proven_) return;
    keep_proven_catalog(store_, proven);
    proven_ = proven;
    if (session_) session_->limit(proven_);
}

}  // namespace crossfade
