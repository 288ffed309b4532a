#include "service/lock_watch.hpp"

#include "model/start_thread.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace crossfade {

namespace {
// pg_blocking_pids() is asked only for a session that waits: it takes locks of its own. Of other
// roles' sessions a role without pg_read_all_stats sees neither application nor times.
constexpr const char* kBlockers =
    "SELECT b.pid, coalesce(b.usename, ''), coalesce(b.application_name, ''),"
    " coalesce(b.xact_start::text, '')"
    " FROM pg_stat_activity AS w"
    " CROSS JOIN LATERAL unnest(CASE WHEN w.wait_event_type = 'Lock'"
    "   THEN pg_blocking_pids(w.pid) END) AS blocker (pid)"
    " JOIN pg_stat_activity AS b ON b.pid = blocker.pid"
    " WHERE w.pid = $1::int";

// Soon enough to see who holds a lock before the wait for it ends.
std::chrono::milliseconds patience_for(std::chrono::milliseconds lock_timeout) {
    const std::chrono::milliseconds longest{1'000};
    const auto half = lock_timeout / 2;
    return half.count() > 0 ? std::min(longest, half) : longest;
}
}  // namespace

struct LockWatch::Impl {
    Impl(ConnectionOptions options, std::chrono::milliseconds wait, Logger logger)
        : target{std::move(options)}, patience{wait}, log{std::move(logger)} {
        thread = start_thread([this] { run(); });
    }

    ~Impl() {
        {
            const std::lock_guard lock{mutex};
            stopping = true;
        }
        changed.notify_all();
        thread.join();
    }

    void run() {
        std::unique_lock lock{mutex};
        while (!stopping) {
            const int watched = backend;
            const std::uint64_t begun = step;
            const auto over = [&] { return stopping || step != begun; };
            if (watched == 0) {
                changed.wait(lock, over);
                continue;
            }
            if (changed.wait_for(lock, patience, over)) continue;
            if (told_step != begun) told.clear();
            told_step = begun;
            lock.unlock();
            look(watched);
            lock.lock();
        }
    }

    void look(int watched) {
        try {
            if (!connection) connection = Connection::open(target);
            const QueryResult rows = connection->exec(kBlockers, Params{std::to_string(watched)});
            for (int row = 0; row < rows.rows(); ++row)
                tell(rows, row);
        } catch (const Failure&) {
            // The writer's own connection says what is wrong with the server.
            connection.reset();
        }
    }

    void tell(const QueryResult& rows, int row) {
        const std::string pid{rows.text(row, 0)};
        if (!told.insert(pid).second) return;
        std::string what =
            "process " + pid + " holds it, of user " + std::string{rows.text(row, 1)};
        if (!rows.text(row, 2).empty()) what += ", application " + std::string{rows.text(row, 2)};
        if (!rows.text(row, 3).empty())
            what += ", in a transaction since " + std::string{rows.text(row, 3)};
        log.warning("waiting for a lock of the target",
                    Error{ErrorKind::conflict, what}.with_hint("it goes on by itself; SELECT "
                                                               "pg_terminate_backend(" +
                                                               pid + "); ends that session"));
    }

    ConnectionOptions target;
    std::chrono::milliseconds patience;
    Logger log;
    std::optional<Connection> connection;
    std::set<std::string> told;  // within told_step
    std::uint64_t told_step = 0;
    std::mutex mutex;
    std::condition_variable changed;
    int backend = 0;
    std::uint64_t step = 0;
    bool stopping = false;
    std::thread thread;
};

LockWatch::LockWatch(ConnectionOptions target, std::chrono::milliseconds lock_timeout, Logger log)
    : impl_{std::make_unique<Impl>(std::move(target), patience_for(lock_timeout), std::move(log))} {
}

LockWatch::~LockWatch() = default;

void LockWatch::begin(int backend_pid) {
    {
        const std::lock_guard lock{impl_->mutex};
        if (impl_->backend == 0 && backend_pid == 0) return;
        impl_->backend = backend_pid;
        ++impl_->step;
    }
    impl_->changed.notify_all();
}

}  // namespace crossfade
