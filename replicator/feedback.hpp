// What the source is told, and when. Only the flush position counts for the slot; it is never more
// than what is durable on our side, nor, with a limit, than the limit.
#pragma once

#include "model/lsn.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace crossfade {

// Pure: time comes in as an argument. All positions only grow.
//
// Nothing is in flight when no transaction is open and each one that was handed out has been
// confirmed. Then, and only then, all WAL up to a keepalive's position holds nothing for us, and
// its position may be confirmed: else the WAL of an idle database piles up while others write.
class Feedback {
public:
    using Clock = std::chrono::steady_clock;

    struct Options {
        std::chrono::milliseconds interval{10'000};  // a third of wal_sender_timeout, at most 10 s
        std::chrono::milliseconds after_progress{1'000};
        // Confirms an idle keepalive's position by itself. Then the slot may be ahead of the
        // position that is stored, and check_resume() needs to be told how far
        // (Feedback::confirmed). Off: the caller stores and confirms it.
        bool confirm_idle = true;
    };
    Feedback(EndLsn start, Options options, Clock::time_point now)
        : options_{options},
          received_{start.lsn},
          confirmed_{start},
          delivered_{start},
          sent_at_{now} {}

    void received(Lsn wal_end);     // of any frame
    void begin() { open_ = true; }  // a transaction has begun to arrive
    void delivered(EndLsn end);     // it has been handed out
    void confirm(EndLsn end);       // everything up to here is durable
    // Nothing behind this is told as flushed, however durable it is; once called, for good.
    void limit(Lsn last);
    // The idle position, if nothing is in flight.
    std::optional<EndLsn> keepalive(Lsn wal_end, bool reply_requested);

    bool in_flight() const { return open_ || delivered_ > confirmed_; }
    EndLsn confirmed() const { return confirmed_; }
    EndLsn told() const;  // as flushed, by the next update
    Lsn received() const { return received_; }
    bool due(Clock::time_point now) const;
    Clock::time_point next_due() const;
    // The standby status update ('r'), and notes that it was sent; it asks for an answer if nothing
    // has come since the last one. `wall` is the client's clock for the message.
    std::string update(Clock::time_point now, std::chrono::system_clock::time_point wall);

private:
    static constexpr Lsn kNoLimit{std::numeric_limits<std::uint64_t>::max()};
    Options options_;
    Lsn received_;
    EndLsn confirmed_;
    EndLsn delivered_;
    Lsn limit_ = kNoLimit;
    EndLsn sent_;
    bool open_ = false;
    bool reply_requested_ = false;
    bool heard_ = true;  // anything since the last update
    Clock::time_point sent_at_;
};

// wal_sender_timeout / 3, at most 10 s; 0 (no timeout) gives 10 s.
std::chrono::milliseconds status_interval(std::chrono::milliseconds wal_sender_timeout);

}  // namespace crossfade
