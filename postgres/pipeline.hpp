// libpq's pipeline mode: many statements in flight, answers in order.
#pragma once

#include "postgres/connection.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace crossfade {

// Borrows the connection. After an error the server skips the statements up to the next sync; these
// answer `skipped`. Each sync that happens outside BEGIN..COMMIT is an implicit transaction's end.
//
//   Pipeline pipeline{connection};
//   pipeline.send("upsert_users", params);   // any number
//   pipeline.sync();
//   for (...) pipeline.receive();            // one answer for each send
//   pipeline.receive_sync();
//
// libpq reads while it cannot write, so sending much without receiving does not deadlock; it costs
// memory.
class Pipeline {
public:
    explicit Pipeline(Connection& connection);
    ~Pipeline();  // syncs, drops what is still unanswered, leaves the mode
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;

    void prepare(const std::string& name, const std::string& sql);  // is answered like a send
    void send(const std::string& name, const Params& params);       // a prepared statement
    void send_sql(const std::string& sql, const Params& params = {});
    void flush();  // lets the server begin without a sync's commit
    void sync();

    struct Answer {
        std::optional<QueryResult> result;   // nothing: refused or skipped
        std::optional<ServerError> refused;  // an error of data; others are thrown
        bool skipped = false;                // not executed because of an earlier error
    };
    Answer receive();
    void receive_sync();
    std::size_t unanswered() const { return unanswered_; }  // sends without an answer yet

private:
    void check(int sent);
    Connection& connection_;
    std::size_t unanswered_ = 0;
    std::size_t unanswered_syncs_ = 0;
};

}  // namespace crossfade
