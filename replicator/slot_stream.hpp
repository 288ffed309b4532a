// The replication connection: frames of a slot in, standby status updates out.
//
//   starting --START_REPLICATION--> streaming --server ends the copy, or close()--> closed
//
// next() and report() run side by side on one strand: report() keeps the source informed however
// slow the one who calls next() is, so that wal_sender_timeout never strikes. A closed stream is
// not reopened; start another.
#pragma once

#include "async/deadline.hpp"
#include "model/lsn.hpp"
#include "postgres/async_open.hpp"
#include "postgres/connection.hpp"
#include "replicator/feedback.hpp"
#include "replicator/slot.hpp"
#include "replicator/wal_frame.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace crossfade {

struct StreamOptions {
    std::string slot;
    std::vector<std::pair<std::string, std::string>> tables = {};  // schema and name; empty: all
    std::optional<SourceIdentity> expected = {};  // another server or timeline is Failure(trust)
    bool confirm_idle = true;                     // see Feedback::Options
    std::chrono::milliseconds connect_timeout{30'000};
};

class SlotStream {
public:
    // Connects, compares identity and position, starts streaming behind `from` (or behind what the
    // slot has confirmed, if that is later). Failures: unavailable, conflict (slot in use),
    // configuration (plugin refused), trust (slot lost, another server, `from` in the future).
    static boost::asio::awaitable<std::unique_ptr<SlotStream>> start(ConnectionOptions source,
                                                                     StreamOptions options,
                                                                     EndLsn from);
    ~SlotStream();
    SlotStream(const SlotStream&) = delete;
    SlotStream& operator=(const SlotStream&) = delete;

    // A frame; a WalData's bytes live until the next call. Nothing: the server ended the stream, as
    // it does when it shuts down, or close() was called. Keepalives have been answered when they
    // come out here. Throws Failure(trust) when the plugin warns that it left out a change.
    boost::asio::awaitable<std::optional<WalFrame>> next();

    // Sends what is due until the stream is closed.
    boost::asio::awaitable<void> report();

    // Everything up to `end` is durable; told to the source with the next update.
    void confirm(EndLsn end) { feedback_.confirm(end); }
    Feedback& feedback() { return feedback_; }
    const SourceIdentity& identity() const { return identity_; }

    // Ends the session at once; the slot stays. A sibling that waits in next() gets nothing.
    void close();

private:
    SlotStream(Connection connection, const boost::asio::any_io_executor& executor,
               SourceIdentity identity, Feedback feedback);
    boost::asio::awaitable<void> begin(const StreamOptions& options, EndLsn from);
    std::optional<WalFrame> take_frame();
    void end_of_copy();
    void send_update();
    void flush();
    void note(const Notice& notice);

    Connection connection_;
    PqSocket socket_;  // after connection_, so that it lets go first
    boost::asio::steady_timer timer_;
    SourceIdentity identity_;
    Feedback feedback_;
    PqMemory<char> frame_;
    std::optional<Error> left_out_;
    bool closed_ = false;
    bool unsent_ = false;
};

// START_REPLICATION for wal2json with the options that the decoder relies on. Pure.
std::string start_replication_command(const StreamOptions& options, EndLsn from);

// A wal2json table list: blank, comma, dot, '*' and backslash in names are escaped. Pure.
std::string wal2json_table_list(const std::vector<std::pair<std::string, std::string>>& tables);

}  // namespace crossfade
