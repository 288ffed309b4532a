#include "service/hold.hpp"

#include <utility>

namespace crossfade {

namespace {
constexpr std::size_t kEndedKept = 100;

std::string seconds_text(Hold::Duration time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
    return std::to_string(seconds < 0 ? 0 : seconds) + " s";
}

Error loading() {
    return Error{ErrorKind::conflict, "the initial load is under way, nothing can be held yet"}
        .with_hint("`crossfade status` says how far it is");
}
}  // namespace

Hold::Hold(std::string prefix) : prefix_{std::move(prefix)}, closed_because_{loading()} {}

Hold::Ticket Hold::refused(Error error) {
    answers_[++tickets_] = Answer{.token = {}, .refused = std::move(error)};
    return tickets_;
}

Hold::Ticket Hold::pause(const std::string& client, const std::string& who, Time now,
                         Duration within) {
    expire(now);
    if (state_ == State::closed) return refused(closed_because_);
    if (state_ != State::free) {
        return refused(Error{ErrorKind::conflict, holder(now)}.with_hint("try again later"));
    }
    state_ = State::pausing;
    token_ = prefix_ + "-" + std::to_string(++holds_);
    client_ = client;
    who_ = who;
    since_ = now;
    until_ = now + within;
    answers_[++tickets_] = std::nullopt;
    waiting_ = tickets_;
    return tickets_;
}

// Why a step with this token is refused.
Error Hold::not_held(const Token& token, Time now) const {
    for (const auto& [ended, reason] : ended_) {
        if (ended == token) return reason;
    }
    if (state_ == State::closed) return closed_because_;
    const std::string other = holder(now);
    return Error{ErrorKind::conflict,
                 "no hold of this token" + (other.empty() ? other : "; " + other)};
}

Hold::Ticket Hold::begin_drain(const Token& token, Lsn point, Time now, bool copy,
                               std::string snapshot) {
    expire(now);
    if (token.empty() || token != token_) return refused(not_held(token, now));
    if (state_ != State::paused) {
        return refused(Error{ErrorKind::conflict, "this hold is at another step already"});
    }
    state_ = State::draining;
    point_ = point;
    snapshot_ = std::move(snapshot);
    wants_copy_ = copy;
    answers_[++tickets_] = std::nullopt;
    waiting_ = tickets_;
    return tickets_;
}

Hold::Ticket Hold::hold(const Token& token, Lsn point, Time now, std::string snapshot) {
    return begin_drain(token, point, now, true, std::move(snapshot));
}

Hold::Ticket Hold::drain(const Token& token, Lsn point, Time now) {
    return begin_drain(token, point, now, false, {});
}

std::optional<Error> Hold::release(const Token& token, Time now) {
    expire(now);
    if (token.empty() || token != token_) return not_held(token, now);
    end(State::free, Error{ErrorKind::conflict, "the hold was released"});
    return std::nullopt;
}

std::optional<Hold::Answer> Hold::take(Ticket ticket) {
    const auto found = answers_.find(ticket);
    if (found == answers_.end() || !found->second) return std::nullopt;
    std::optional<Answer> answer = std::move(found->second);
    answers_.erase(found);
    return answer;
}

void Hold::answer(std::optional<Error> refused) {
    if (!waiting_) return;
    answers_[*std::exchange(waiting_, std::nullopt)] =
        Answer{.token = token_, .refused = std::move(refused)};
}

void Hold::end(State next, const Error& reason) {
    answer(reason);
    // Nobody was told of a copy that is under way; one that is made stays lent.
    if (const auto copy = copies_.find(token_); copy != copies_.end() && !copy->second.made)
        copy->second.doomed = true;
    ended_.emplace_back(token_, reason);
    if (ended_.size() > kEndedKept) ended_.pop_front();
    token_.clear();
    client_.clear();
    state_ = next;
}

void Hold::stands() {
    if (state_ != State::pausing) return;
    state_ = State::paused;
    answer(std::nullopt);
}

void Hold::reached() {
    if (state_ != State::draining) return;
    if (wants_copy_) {
        state_ = State::copying;
        copies_[token_] = Copy{.client = client_};
        return;
    }
    state_ = State::held;
    answer(std::nullopt);
}

void Hold::copied(const Token& token) {
    const auto copy = copies_.find(token);
    if (copy == copies_.end() || copy->second.made) return;
    if (copy->second.doomed) {
        removals_.push_back(token);
        copies_.erase(copy);
        return;
    }
    copy->second.made = true;
    state_ = State::held;  // not doomed: its hold is the present one
    answer(std::nullopt);
}

void Hold::copy_failed(const Token& token, const Error& error) {
    const auto copy = copies_.find(token);
    if (copy == copies_.end() || copy->second.made) return;
    removals_.push_back(token);  // what there is of it
    copies_.erase(copy);
    if (token == token_) end(State::free, error);
}

void Hold::client_gone(const std::string& client) {
    if (!token_.empty() && client == client_)
        end(State::free, Error{ErrorKind::conflict, "who held the bridge went away"});
    if (closed_for_good_) return;
    for (auto copy = copies_.begin(); copy != copies_.end();) {
        if (copy->second.client == client && copy->second.made) {
            removals_.push_back(copy->first);
            copy = copies_.erase(copy);
        } else {
            ++copy;
        }
    }
}

void Hold::expire(Time now) {
    if (token_.empty() || now < until_) return;
    end(State::free, Error{ErrorKind::conflict, "the hold took longer than the " +
                                                    seconds_text(until_ - since_) +
                                                    " it was given, and was ended"});
}

void Hold::load_began() {
    if (closed_for_good_) return;
    closed_because_ = loading();
    if (!token_.empty()) end(State::closed, closed_because_);
    state_ = State::closed;
}

void Hold::load_ended() {
    if (state_ == State::closed && !closed_for_good_) state_ = State::free;
}

void Hold::close(const Error& reason) {
    if (std::exchange(closed_for_good_, true)) return;
    closed_because_ = reason;
    if (!token_.empty()) end(State::closed, reason);
    state_ = State::closed;
}

bool Hold::applies_nothing() const {
    return state_ == State::paused || state_ == State::copying || state_ == State::held;
}

std::optional<Lsn> Hold::point() const {
    return state_ == State::draining ? std::optional{point_} : std::nullopt;
}

std::optional<Hold::Token> Hold::copy() const {
    return state_ == State::copying ? std::optional{token_} : std::nullopt;
}

std::vector<Hold::Token> Hold::take_removals() { return std::exchange(removals_, {}); }

std::optional<Hold::Time> Hold::deadline() const {
    return token_.empty() ? std::nullopt : std::optional{until_};
}

std::optional<Hold::Token> Hold::token() const {
    return token_.empty() ? std::nullopt : std::optional{token_};
}

std::string Hold::holder(Time now) const {
    if (token_.empty()) return {};
    return who_ + " (connection " + client_ + ") has held the bridge for " +
           seconds_text(now - since_) + ", and may for " + seconds_text(until_ - now) + " more";
}

}  // namespace crossfade
