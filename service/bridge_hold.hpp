// The hold (service/hold.hpp) with threads, a clock and folders: what a client of the service calls
// to make the bridge stand still, and what the applier asks between two batches.
//
//   client's thread                         applier's thread, between two batches
//   token = pause(...)   waits for          stand(): nothing is applied
//   hold(token, point)   waits for          stand(): up to the point; reached(store): the copy
//   release(token)                          stand(): goes on
#pragma once

#include "service/hold.hpp"
#include "state/rocks_store.hpp"
#include "telemetry/logger.hpp"

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>

namespace crossfade {

class BridgeHold {
public:
    // How long a hold may take if the client names no other time.
    static constexpr std::chrono::milliseconds kWithin{std::chrono::minutes{10}};

    // Removes the copies that a killed service left in `state`, but for those that a living process
    // has open. `wake` is called when the applier has reason to look.
    BridgeHold(std::filesystem::path state, Logger log, std::function<void()> wake);
    BridgeHold(const BridgeHold&) = delete;
    BridgeHold& operator=(const BridgeHold&) = delete;

    // --- from any thread. All throw Failure(conflict) if somebody else holds, if the hold has
    // ended meanwhile, or if nothing can be held now; what close() was given afterwards.

    // Returns when nothing is applied any more. The hold ends with its release, with `client`, at
    // its deadline, or when the service does.
    Hold::Token pause(const std::string& client, const std::string& who,
                      std::chrono::milliseconds within = kWithin);
    // Returns when everything committed on the source before `point` is applied, nothing behind it
    // was, and no work is open: the folder of a copy of the state, the client's until it is gone.
    // `snapshot`: one that the source exported at the point, by which rows that are unread then are
    // read; without one the hold waits until none is.
    std::filesystem::path hold(const Hold::Token& token, Lsn point, std::string snapshot = {});
    void drain(const Hold::Token& token, Lsn point);  // the same without a copy
    void release(const Hold::Token& token);

    void client_gone(const std::string& client);
    void load_ended();
    void close(const Error& reason);  // for good: whoever waits, and asks later, is told

    // --- from the applier's thread
    struct Standing {
        bool applies_nothing = false;
        std::optional<Lsn> point;  // nothing that is committed at or behind it is to be applied
        std::string snapshot;      // of the point
    };
    Standing stand();
    // The point of stand() is reached: makes the copy, if one is wanted.
    void reached(const RocksStore& store);

private:
    std::filesystem::path folder(const Hold::Token& token) const;
    Hold::Token wait(std::unique_lock<std::mutex>& lock, Hold::Ticket ticket);
    // Unlocks; tells everybody, and removes what is to be removed.
    void changed(std::unique_lock<std::mutex>& lock);

    const std::filesystem::path state_;
    const Logger log_;
    const std::function<void()> wake_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Hold hold_;
};

}  // namespace crossfade
