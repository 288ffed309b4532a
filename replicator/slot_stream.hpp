// The replication connection: frames of a slot in, standby status updates out.
//
//   starting --START_REPLICATION--> streaming --server ends the copy, or close()--> closed
//
// next() and report() run side by side on one strand: report() sends status updates however long
// the caller of next() takes, so that wal_sender_timeout never ends the session. A closed stream is
// not opened again; start another.
//
// For example, the state is applied up to 0/48470E40, and a transaction ends at 0/484F2678:
//
//   START_REPLICATION SLOT crossfade LOGICAL 0/48470E40
//   next()                  gives BEGIN, changes, COMMIT of the transaction
//   report()                write 0/484F2640, flush 0/48470E40: received, not durable yet
//   next()                  gives a keepalive at 0/48500000; it is not confirmed, since the
//                           transaction is still in flight
//   confirm(0/484F2678)     the batch is durable (pipeline/road)
//   report()                write 0/48500000, flush 0/484F2678: the source may drop what is older
#pragma once

#include "async/deadline.hpp"
#include "model/lsn.hpp"
#include "postgres/async_open.hpp"
#include "postgres/connection.hpp"
#include "replicator/decoder.hpp"
#include "replicator/feedback.hpp"
#include "replicator/slot.hpp"
#include "replicator/wal_frame.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

struct StreamOptions {
    std::string slot;
    std::optional<SourceIdentity> expected = {};  // another server or timeline is Failure(trust)
    bool confirm_idle = true;                     // see Feedback::Options
    std::chrono::milliseconds connect_timeout{30'000};
};

class SlotStream {
public:
    // Borrows the decoder: its options start the stream, and it judges the server's notices.
    // Connects, compares identity and position, starts streaming behind `from` (or behind what the
    // slot has confirmed, if that is later). Failures: unavailable, conflict (slot in use),
    // configuration (plugin refused), trust (slot lost, another server, `from` in the future).
    static boost::asio::awaitable<std::unique_ptr<SlotStream>> start(ConnectionOptions source,
                                                                     StreamOptions options,
                                                                     const Decoder& decoder,
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
    // Nothing behind `last` is told to the source, whatever is confirmed. Only grows.
    void limit(Lsn last) { feedback_.limit(last); }
    // Asked when the source wants a reply and less is told as flushed than it has sent. True: it
    // shuts down, which it does not as long as it waits for that; the stream ends.
    void on_behind(std::function<bool()> source_ends) { behind_ = std::move(source_ends); }
    Feedback& feedback() { return feedback_; }
    const SourceIdentity& identity() const { return identity_; }

    // Ends the session at once; the slot stays. A sibling that waits in next() gets nothing.
    void close();

private:
    SlotStream(Connection connection, const boost::asio::any_io_executor& executor,
               const Decoder& decoder, SourceIdentity identity, Feedback feedback);
    boost::asio::awaitable<void> begin(const StreamOptions& options, EndLsn from);
    std::optional<WalFrame> take_frame();
    void end_of_copy();
    void send_update();
    void flush();

    const Decoder& decoder_;
    Connection connection_;
    std::shared_ptr<ServerSession> session_;  // of the connection, which may go while it waits
    PqSocket socket_;                         // after connection_, so that it lets go first
    boost::asio::steady_timer timer_;
    SourceIdentity identity_;
    Feedback feedback_;
    std::function<bool()> behind_;
    PqMemory<char> frame_;
    std::optional<Error> left_out_;
    bool closed_ = false;
    bool unsent_ = false;
};

// START_REPLICATION with the options of a plugin. Pure.
std::string start_replication_command(std::string_view slot,
                                      const std::vector<PluginOption>& options, EndLsn from);

}  // namespace crossfade
