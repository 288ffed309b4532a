// A transaction that rolls back unless it was committed.
#pragma once

#include "postgres/connection.hpp"

namespace crossfade {

// in_doubt: the connection died before COMMIT was answered; it may have happened. Reconnect and
// read the position.
enum class CommitOutcome { committed, in_doubt };

// Borrows the connection, which must be in no transaction. Do not use the connection otherwise
// meanwhile.
class Transaction {
public:
    explicit Transaction(Connection& connection, const std::string& begin = "BEGIN");
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    Connection& connection() { return connection_; }

    // An error of data (a deferred constraint) is returned, and the transaction is rolled back.
    // COMMIT of a transaction that had failed answers ROLLBACK without an error; that is thrown as
    // Failure(internal).
    Result<CommitOutcome> commit();
    // Never throws: a session that cannot roll back is dead, and the server rolls back for it.
    void rollback() noexcept;
    bool is_open() const { return open_; }

private:
    Connection& connection_;
    bool open_ = false;
};

}  // namespace crossfade
