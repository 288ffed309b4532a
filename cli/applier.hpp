// The applier: the one thread that writes state and target. Takes transactions from the stream
// session, does queued work between them, and carries out what commands ask for.
//
// Errors of the world end the connection at fault and are tried again with back-off; nothing is
// derived twice to find out what a lost COMMIT did, the target's batch number tells. Errors of
// trust leave run() as Failure.
#pragma once

#include "cli/deferred_fill.hpp"
#include "cli/load_progress.hpp"
#include "cli/status.hpp"
#include "cli/stream_session.hpp"
#include "config/config.hpp"
#include "pipeline/road.hpp"
#include "state/rocks_store.hpp"
#include "telemetry/logger.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>

namespace crossfade {

class Applier {
public:
    // Borrows all but config and log.
    Applier(const Program& program, RocksStore& store, Config config, SecretKey key,
            Console& console, Logger log);
    ~Applier();

    // Until stop(), or, with `load_only`, until the queue of the load is empty.
    void run(bool load_only);

    // The rest may be called from any thread.
    void stop();
    Status status();
    // Runs `task` on the applier's thread between two batches; rethrows what it throws.
    void execute(const std::function<void()>& task);
    // Applies nothing more, until hold() names a point, or release().
    void pause(const std::string& client);
    // After pause(): waits until everything committed on the source before `point` is applied, no
    // work is open and nothing behind it was applied; then copies the state to `directory` and
    // stands still until release().
    void hold(Lsn point, const std::filesystem::path& directory);
    void release();
    void release_of(const std::string& client);  // who paused is gone; of others: nothing
    // Derives roots again, and writes their rows whatever the state believes of them.
    void repair(const std::vector<RootRef>& roots);

private:
    using Clock = std::chrono::steady_clock;

    void connect();
    void disconnect();
    void read_unique_keys();
    // Also at a start after the load: what it took off the target is put back in any case.
    void finish_load();
    bool step(bool load_only);
    bool run_tasks();
    bool apply_transactions();
    bool take_items();
    bool work();
    bool fill();
    void follow_session();
    bool held();
    void wait_for_news();
    void wake();
    void back_off(const Failure& failure);
    SourceIdentity identity();

    const Program& program_;
    RocksStore& store_;
    Config config_;
    SecretKey key_;
    Logger log_;
    Road road_;
    LoadProgress load_progress_;
    std::vector<TargetSpec> specs_;
    std::optional<Connection> target_;
    std::unique_ptr<TargetWriter> writer_;
    std::unique_ptr<StreamSession> session_;
    DeferredFill deferred_;
    std::deque<SourceTransaction> pending_;
    EndLsn idle_;  // the source has come to here with nothing in flight
    Clock::time_point idle_stored_{};
    Clock::time_point retry_at_{};
    std::chrono::milliseconds retry_{0};
    bool load_open_ = true;
    bool behind_ = false;     // the last batch of the stream was full, so more is waiting
    unsigned work_owed_ = 0;  // full batches since the last chunk of work

    std::mutex mutex_;
    std::condition_variable news_;
    bool woken_ = false;
    bool stopping_ = false;
    std::deque<std::packaged_task<void()>> tasks_;
    std::optional<Lsn> hold_point_;
    std::string holder_;
    bool holding_ = false;
    std::string hold_error_;
    std::filesystem::path hold_directory_;
    std::chrono::system_clock::time_point oldest_commit_{};
    std::size_t received_ = 0;
    Lsn seen_;  // the furthest position the source has shown
};

}  // namespace crossfade
