// A session with a server, with every setting pinned that changes what values look like or that
// could end it early.
#pragma once

#include "model/error.hpp"
#include "postgres/handle.hpp"
#include "postgres/params.hpp"
#include "postgres/result.hpp"
#include "postgres/server_session.hpp"
#include "postgres/sqlstate.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossfade {

struct ConnectionOptions {
    std::string conninfo;  // libpq conninfo or URI; its own `options` stay, ours come behind them
    std::string application_name;  // shown in pg_stat_activity
    std::string purpose;           // "source", "target": opens every error message
    // replication=database: a walsender, which takes replication commands and simple queries.
    bool replication = false;
    // Of a server that does not answer; whole seconds, rounded up. One in the conninfo wins.
    std::chrono::milliseconds connect_timeout{10'000};
    Interrupt* interrupt = nullptr;  // ends connecting and statements; outlives the connection
    // The longest wait for an answer; beyond it the connection is lost. 0: none, but the session is
    // on the list of those that are watched (postgres/server_session.hpp).
    std::chrono::milliseconds answer_within{0};
    std::string search_path = "pg_catalog,public";  // triggers of the target may rely on public
};

struct Notice {
    std::string severity;  // "WARNING", never translated
    std::string sqlstate;
    std::string message;
};

// Owns one PGconn. Calls block. Not thread-safe, but for the canceller.
//
// A role's or database's settings change what is read and written; they are pinned
// (postgres/pins.hpp). Timeouts of the session are off.
//
// Errors: a lost connection, and whatever the server refuses, is thrown as Failure of the kind that
// classify() gives. The try_ forms return errors of data (bad_value, constraint) and throw the
// others.
class Connection {
public:
    static Connection open(const ConnectionOptions& options);
    // Takes a connection that was established elsewhere (postgres/async_open.hpp) and pins and
    // verifies it.
    static Connection adopt(ConnPtr connection, const ConnectionOptions& options);

    // One or more statements, as one simple query; the last one's result.
    QueryResult exec(const std::string& sql);
    Result<QueryResult> try_exec(const std::string& sql);
    QueryResult exec(const std::string& sql, const Params& params);
    Result<QueryResult> try_exec(const std::string& sql, const Params& params);
    void prepare(const std::string& name, const std::string& sql);
    QueryResult exec_prepared(const std::string& name, const Params& params,
                              bool binary_result = false);
    Result<QueryResult> try_exec_prepared(const std::string& name, const Params& params);

    // Called for every notice that arrives while a call of this connection runs. The default drops
    // them.
    using OnNotice = std::function<void(const Notice&)>;
    void on_notice(OnNotice handler) { sink_->handler = std::move(handler); }

    // Ends the session without a word to the server, when its next answer would be another's. The
    // connection is not good any more, and every later call fails.
    void give_up() noexcept;
    // Ends the session; every later call fails.
    void disconnect() { connection_.reset(); }
    // Around a call of libpq that waits, where the functions above are not used.
    ServerSession* session() const { return connection_.get_deleter().session.get(); }
    // For who may disconnect() while it waits.
    std::shared_ptr<ServerSession> shared_session() const {
        return connection_.get_deleter().session;
    }
    bool is_good() const { return PQstatus(connection_.get()) == CONNECTION_OK; }
    int server_version() const { return PQserverVersion(connection_.get()); }  // 150020
    int backend_pid() const { return PQbackendPID(connection_.get()); }
    const std::string& purpose() const { return purpose_; }
    PGconn* raw() { return connection_.get(); }
    // May be used from another thread: PQcancel(handle.get(), ...).
    CancelPtr canceller() const { return CancelPtr{PQgetCancel(connection_.get())}; }

    // Throws the Failure for a result, or for the state of the connection if it is null.
    [[noreturn]] void fail(const PGresult* result) const;
    // The error of a result; only errors of data come back, others are thrown.
    Error data_error(const PGresult* result) const;

private:
    struct NoticeSink {
        OnNotice handler;
    };
    Connection(ConnPtr connection, std::string purpose);
    static void receive_notice(void* sink, const PGresult* notice);
    Result<QueryResult> checked(ResultPtr result);
    // The answer to what was sent, as PQexec gives it; `sent`: what the sending function returned.
    ResultPtr answer(int sent);
    bool wait_for_input(std::chrono::steady_clock::time_point end);

    std::unique_ptr<NoticeSink> sink_;  // outlives and outmoves: libpq holds its address
    ConnPtr connection_;
    std::string purpose_;
    std::chrono::milliseconds answer_within_{0};
};

// The keywords and values that a connection is opened with: conninfo, pins, keepalives. For
// PQconnectdbParams.
class ConnectKeywords {
public:
    explicit ConnectKeywords(
        const ConnectionOptions& options);  // throws Failure(configuration) if conninfo is invalid
    const char* const* keywords() const { return keyword_pointers_.data(); }
    const char* const* values() const { return value_pointers_.data(); }
    // 0: none.
    std::chrono::seconds connect_timeout() const { return connect_timeout_; }

private:
    std::chrono::seconds connect_timeout_{0};
    std::vector<std::pair<std::string, std::string>> entries_;
    std::vector<const char*> keyword_pointers_;
    std::vector<const char*> value_pointers_;
};

// Opening failed: a wrong password or database is a matter of configuration, the rest of
// availability.
[[noreturn]] void fail_to_connect(const PGconn* connection, const std::string& purpose);

}  // namespace crossfade
