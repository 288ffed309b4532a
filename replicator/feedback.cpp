#include "replicator/feedback.hpp"

#include "replicator/wal_frame.hpp"

#include <algorithm>
#include <utility>

namespace crossfade {

void Feedback::received(Lsn wal_end) {
    received_ = std::max(received_, wal_end);
    heard_ = true;
}

void Feedback::delivered(EndLsn end) {
    open_ = false;
    delivered_ = std::max(delivered_, end);
    received_ = std::max(received_, end.lsn);
}

void Feedback::confirm(EndLsn end) {
    confirmed_ = std::max(confirmed_, end);
    received_ = std::max(received_, end.lsn);
}

void Feedback::limit(Lsn last) { limit_ = limit_ == kNoLimit ? last : std::max(limit_, last); }

EndLsn Feedback::told() const { return std::min(confirmed_, EndLsn{limit_}); }

std::optional<EndLsn> Feedback::keepalive(Lsn wal_end, bool reply_requested) {
    received(wal_end);
    reply_requested_ = reply_requested_ || reply_requested;
    if (in_flight()) return std::nullopt;
    const EndLsn idle{std::max(wal_end, confirmed_.lsn)};
    if (options_.confirm_idle) confirm(idle);
    return idle;
}

Feedback::Clock::time_point Feedback::next_due() const {
    if (reply_requested_) return sent_at_;
    const bool progress = told() > sent_;
    return sent_at_ +
           (progress ? std::min(options_.after_progress, options_.interval) : options_.interval);
}

bool Feedback::due(Clock::time_point now) const { return reply_requested_ || now >= next_due(); }

std::string Feedback::update(Clock::time_point now, std::chrono::system_clock::time_point wall) {
    sent_at_ = now;
    sent_ = told();
    reply_requested_ = false;
    // A server that is there answers; a session that nothing comes from is looked at.
    return format_status_update(received_, sent_.lsn, wall, !std::exchange(heard_, false));
}

std::chrono::milliseconds status_interval(std::chrono::milliseconds wal_sender_timeout) {
    constexpr std::chrono::milliseconds kMax{10'000};
    if (wal_sender_timeout.count() <= 0) return kMax;
    return std::clamp(wal_sender_timeout / 3, std::chrono::milliseconds{100}, kMax);
}

}  // namespace crossfade
