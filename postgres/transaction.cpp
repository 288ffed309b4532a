#include "postgres/transaction.hpp"

namespace crossfade {

Transaction::Transaction(Connection& connection, const std::string& begin)
    : connection_{connection} {
    connection_.exec(begin);
    open_ = true;
}

Transaction::~Transaction() { rollback(); }

Result<CommitOutcome> Transaction::commit() {
    open_ = false;
    const ServerSession::Wait waiting{connection_.session()};
    const ResultPtr result{PQexec(connection_.raw(), "COMMIT")};
    if (!connection_.is_good()) return CommitOutcome::in_doubt;
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
        return connection_.data_error(result.get());
    if (std::string_view{PQcmdStatus(result.get())} != "COMMIT") {
        throw Failure{
            Error{ErrorKind::internal,
                  connection_.purpose() + ": COMMIT of a failed transaction rolled it back"}};
    }
    return CommitOutcome::committed;
}

void Transaction::rollback() noexcept {
    if (!open_) return;
    open_ = false;
    const ServerSession::Wait waiting{connection_.session()};
    const ResultPtr result{PQexec(connection_.raw(), "ROLLBACK")};
}

}  // namespace crossfade
