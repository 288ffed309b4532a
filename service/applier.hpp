// The applier: the one thread that writes state and target. Takes transactions from the stream
// session, does queued work between them, and carries out what commands ask for.
//
// Errors of the world end the connection at fault, and only that one, and are tried again with
// back-off: what was received waits for the target, and work goes on without the source. Nothing is
// derived twice to find out what a lost COMMIT did, the target's batch number tells. Errors of
// trust leave run() as Failure.
#pragma once

#include "config/config.hpp"
#include "pipeline/road.hpp"
#include "service/bridge_hold.hpp"
#include "service/catalog_watch.hpp"
#include "service/deferred_fill.hpp"
#include "service/load_progress.hpp"
#include "service/row_reader.hpp"
#include "service/slot_watch.hpp"
#include "service/source_catalog.hpp"
#include "service/status.hpp"
#include "service/stream_session.hpp"
#include "service/target_catalog.hpp"
#include "service/target_stop.hpp"
#include "service/task_queue.hpp"
#include "service/watched_servers.hpp"
#include "state/rocks_store.hpp"
#include "telemetry/logger.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
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
    // Ends run() and its waits for the target, and answers whoever waits for something, or asks
    // from now on, with `reason`.
    void stop(const Error& reason);
    // For the target's connections that others open before run(), and that stop() ends, too.
    Interrupt& interrupt() { return target_stop_.interrupt(); }
    const SlotWatch& slot_watch() const { return slot_watch_; }
    // For the stream; before run().
    void decode_with(DecoderOptions options) { decoding_ = std::move(options); }
    Status status();
    // Makes the bridge stand still for a client.
    BridgeHold& hold() { return hold_; }
    // Runs `task` on the applier's thread between two batches, not while somebody holds; rethrows
    // what it throws. Throws Failure at once while run() has not begun, and when it has ended.
    void execute(const std::function<void()>& task);
    // Derives roots again, and writes their rows whatever the state believes of them.
    void repair(const std::vector<RootRef>& roots);
    // Road::take_unknown().
    std::string take_unknown(EntityIndex entity, const Uuid& id);

private:
    using Clock = std::chrono::steady_clock;

    // When a connection is tried again.
    struct BackOff {
        Clock::time_point at{};
        std::chrono::milliseconds wait{0};
    };

    // A server that cannot be reached.
    struct Down {
        std::string since;
        std::string why;
    };

    void note_down(std::optional<Down>& side, const Error& error);
    void note_up(std::optional<Down>& side);
    void connect();
    void disconnect();
    // execute(), with a connection to the target.
    void execute_on_road(const std::function<void()>& task);
    ConnectionOptions target_connection(const char* command);
    ConnectionOptions reading_source();
    // Also at a start after the load: what it took off the target is put back in any case.
    void finish_load();
    bool step(bool load_only);
    bool run_tasks();
    bool is_stopping();
    bool apply_transactions();
    bool take_items();
    std::vector<SourceTransaction> next_batch();
    void give_back(std::vector<SourceTransaction>& batch);
    std::optional<RowReads> read_again(const std::vector<SourceTransaction>& batch);
    bool settle_unread();
    bool at_point() const;
    bool work();
    bool fill();
    void follow_session();
    void start_session();
    void keep_proven();
    void require_same_tables();
    [[noreturn]] void halt(const Failure& failure);
    bool stands_still();
    void wait_for_news();
    void wake();
    void back_off(BackOff& retry, const Error& error);

    const Program& program_;
    RocksStore& store_;
    Config config_;
    SecretKey key_;
    Logger log_;
    Road road_;
    LoadProgress load_progress_;
    std::vector<TargetSpec> specs_;
    TargetStop target_stop_;  // outlives target_
    WatchedServers servers_;
    std::optional<Connection> target_;
    std::unique_ptr<TargetWriter> writer_;
    RowReader row_reader_;
    DecoderOptions decoding_;
    SlotWatch slot_watch_;
    std::deque<SourceTransaction> pending_;
    EndLsn idle_;  // the source has come to here with nothing in flight
    Clock::time_point idle_stored_{};
    BackOff target_retry_;
    BackOff source_retry_;
    BackOff read_retry_;
    std::optional<Lsn> point_;         // of the hold: nothing at or behind it is to be applied
    std::string snapshot_;             // that the source exported at the point; empty: none
    std::exception_ptr task_failure_;  // of a task, that is to end the service
    std::atomic<bool> load_open_{true};
    Lsn proven_;  // the catalog of the source was as it shall be up to here; in the state, too
    bool behind_ = false;     // the last batch of the stream was full, so more is waiting
    unsigned work_owed_ = 0;  // full batches since the last chunk of work

    std::mutex mutex_;
    std::condition_variable news_;
    bool woken_ = false;
    bool stopping_ = false;
    std::chrono::system_clock::time_point oldest_commit_{};
    std::size_t received_ = 0;
    std::optional<Down> source_down_;
    std::optional<Down> target_down_;
    Lsn seen_;  // the furthest position the source has shown
    SourceCatalog source_catalog_;
    TargetCatalog target_catalog_;
    TaskQueue tasks_;
    BridgeHold hold_;

    // These have threads that call wake(), so they are the last: they end before what it uses.
    CatalogWatch source_watch_;
    CatalogWatch target_watch_;
    DeferredFill deferred_;
    std::unique_ptr<StreamSession> session_;
};

}  // namespace crossfade
