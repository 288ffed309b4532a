#include "service/bridge_hold.hpp"

#include "service/own_state.hpp"

#include <unistd.h>

#include <random>

namespace crossfade {

namespace {
using HoldClock = std::chrono::steady_clock;
constexpr std::string_view kFolder = "checkpoint-";

// Not to be mistaken for a token of an earlier run of the service.
std::string token_prefix() {
    std::random_device random;
    return std::to_string(::getpid()) + "-" + std::to_string(random());
}

void remove_copy(const std::filesystem::path& folder, const Logger& log) {
    std::error_code error;
    std::filesystem::remove_all(folder, error);
    if (error) {
        log.warning("a copy of the state is left behind",
                    Error{ErrorKind::unavailable, folder.string() + ": " + error.message()});
    }
}

void remove_copies_left(const std::filesystem::path& state, const Logger& log) {
    std::error_code none;  // no state yet
    for (const auto& entry : std::filesystem::directory_iterator{state, none}) {
        const std::string name = entry.path().filename();
        if (name.starts_with(kFolder) && !is_locked(entry.path())) remove_copy(entry.path(), log);
    }
}
}  // namespace

BridgeHold::BridgeHold(std::filesystem::path state, Logger log, std::function<void()> wake)
    : state_{std::move(state)},
      log_{std::move(log)},
      wake_{std::move(wake)},
      hold_{token_prefix()} {
    remove_copies_left(state_, log_);
}

std::filesystem::path BridgeHold::folder(const Hold::Token& token) const {
    return state_ / (std::string{kFolder} + token);
}

void BridgeHold::changed(std::unique_lock<std::mutex>& lock) {
    const std::vector<Hold::Token> removals = hold_.take_removals();
    lock.unlock();
    changed_.notify_all();
    wake_();
    for (const Hold::Token& token : removals)
        remove_copy(folder(token), log_);
}

Hold::Token BridgeHold::wait(std::unique_lock<std::mutex>& lock, Hold::Ticket ticket) {
    std::optional<Hold::Answer> answer;
    while (!(answer = hold_.take(ticket))) {
        const auto deadline = hold_.deadline();
        if (!deadline) {
            changed_.wait(lock);
        } else if (changed_.wait_until(lock, *deadline) == std::cv_status::timeout) {
            hold_.expire(HoldClock::now());
            changed(lock);
            lock.lock();
        }
    }
    if (answer->refused) throw Failure{std::move(*answer->refused)};
    return std::move(answer->token);
}

Hold::Token BridgeHold::pause(const std::string& client, const std::string& who,
                              std::chrono::milliseconds within) {
    std::unique_lock lock{mutex_};
    const Hold::Ticket ticket = hold_.pause(client, who, HoldClock::now(), within);
    wake_();
    return wait(lock, ticket);
}

std::filesystem::path BridgeHold::hold(const Hold::Token& token, Lsn point, std::string snapshot) {
    std::unique_lock lock{mutex_};
    const Hold::Ticket ticket = hold_.hold(token, point, HoldClock::now(), std::move(snapshot));
    wake_();
    return folder(wait(lock, ticket));
}

void BridgeHold::drain(const Hold::Token& token, Lsn point) {
    std::unique_lock lock{mutex_};
    const Hold::Ticket ticket = hold_.drain(token, point, HoldClock::now());
    wake_();
    wait(lock, ticket);
}

void BridgeHold::release(const Hold::Token& token) {
    std::unique_lock lock{mutex_};
    const std::optional<Error> error = hold_.release(token, HoldClock::now());
    changed(lock);
    if (error) throw Failure{*error};
}

void BridgeHold::client_gone(const std::string& client) {
    std::unique_lock lock{mutex_};
    const auto before = hold_.token();
    hold_.client_gone(client);
    const bool held = before != hold_.token();
    changed(lock);
    if (held) log_.warning("who held the bridge went away, applying goes on", {});
}

void BridgeHold::load_ended() {
    std::unique_lock lock{mutex_};
    hold_.load_ended();
    changed(lock);
}

void BridgeHold::close(const Error& reason) {
    std::unique_lock lock{mutex_};
    hold_.close(reason);
    changed(lock);
}

BridgeHold::Standing BridgeHold::stand() {
    std::unique_lock lock{mutex_};
    const Hold::State before = hold_.state();
    hold_.expire(HoldClock::now());
    const bool expired = before != hold_.state();
    hold_.stands();
    Standing standing{hold_.applies_nothing(), hold_.point(), hold_.snapshot()};
    if (before != hold_.state()) changed(lock);
    if (expired) log_.warning("a hold took too long and was ended, applying goes on", {});
    return standing;
}

void BridgeHold::reached(const RocksStore& store) {
    std::unique_lock lock{mutex_};
    hold_.reached();
    const auto token = hold_.copy();
    changed(lock);
    if (!token) return;
    std::optional<Error> failed;
    try {
        store.checkpoint(folder(*token));
    } catch (const Failure& failure) {
        failed = failure.error();
    }
    lock.lock();
    if (failed) {
        hold_.copy_failed(*token, *failed);
    } else {
        hold_.copied(*token);
    }
    changed(lock);
}

}  // namespace crossfade
