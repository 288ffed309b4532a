#include "service/slot_watch.hpp"

#include "model/start_thread.hpp"
#include "postgres/interrupt.hpp"
#include "replicator/slot.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace crossfade {

namespace {
constexpr std::int64_t kMegabyte = std::int64_t{1} << 20U;

Error endangered(const std::string& slot, const SlotInfo& info, const std::string& limit) {
    const std::string kept = std::to_string(info.retained_bytes / kMegabyte) + "MB";
    return Error{ErrorKind::trust, "slot \"" + slot + "\" holds back " + kept +
                                       " of WAL, more than max_slot_wal_keep_size (" + limit +
                                       ") of the source allows; the source is about to remove it"};
}
}  // namespace

struct SlotWatch::Impl {
    Impl(ConnectionOptions options, std::string name, Logger logger, std::chrono::milliseconds wait)
        : source{std::move(options)}, slot{std::move(name)}, log{std::move(logger)}, period{wait} {
        source.interrupt = &interrupt;
        thread = start_thread([this] { run(); });
    }

    ~Impl() {
        {
            const std::lock_guard lock{mutex};
            stopping = true;
        }
        changed.notify_all();
        // A server that answers nothing any more holds nobody up.
        interrupt.raise();
        interrupt.cut();
        thread.join();
    }

    void run() {
        std::unique_lock lock{mutex};
        while (!changed.wait_for(lock, period, [this] { return stopping; })) {
            lock.unlock();
            std::optional<Error> found = look();
            lock.lock();
            if (!found) {
                warned = false;
            } else if (loading) {
                found->with_hint(
                    "crossfade drop --state; ALTER SYSTEM SET max_slot_wal_keep_size "
                    "to what the source writes during a load and more; SELECT "
                    "pg_reload_conf(); then load again");
                if (!danger) danger = std::move(found);
                stop.request_stop();
            } else if (!std::exchange(warned, true)) {
                found->with_hint(
                    "ALTER SYSTEM SET max_slot_wal_keep_size to more; SELECT "
                    "pg_reload_conf();");
                log.warning("the bridge is too far behind", *found);
            }
        }
    }

    std::optional<Error> look() {
        try {
            if (!connection) connection = Connection::open(source);
            note_position();
            const auto info = inspect_slot(*connection, slot);
            if (!info || !must_close(*info)) return std::nullopt;
            const QueryResult limit = connection->exec(
                "SELECT coalesce(current_setting('max_slot_wal_keep_size', true), '')");
            return endangered(slot, *info, std::string{limit.text(0, 0)});
        } catch (const Failure&) {
            // Whoever reads the stream or the snapshot says what is wrong with the server.
            connection.reset();
            return std::nullopt;
        }
    }

    void note_position() {
        const Lsn now =
            Lsn::parse(connection->exec("SELECT pg_current_wal_lsn()").text(0, 0)).value();
        const std::lock_guard lock{mutex};
        position = now;
        position_at = std::chrono::steady_clock::now();
    }

    ConnectionOptions source;
    std::string slot;
    Logger log;
    std::chrono::milliseconds period;
    Interrupt interrupt;  // outlives the connection
    std::optional<Connection> connection;
    std::stop_source stop;
    mutable std::mutex mutex;
    std::condition_variable changed;
    std::optional<Error> danger;
    std::optional<Lsn> position;
    std::chrono::steady_clock::time_point position_at;
    bool loading = true;
    bool warned = false;
    bool stopping = false;
    std::thread thread;
};

SlotWatch::SlotWatch(ConnectionOptions source, std::string slot, Logger log,
                     std::chrono::milliseconds period)
    : impl_{std::make_unique<Impl>(std::move(source), std::move(slot), std::move(log), period)} {}

SlotWatch::~SlotWatch() = default;

std::optional<Error> SlotWatch::danger() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->danger;
}

std::stop_token SlotWatch::token() const { return impl_->stop.get_token(); }

std::optional<Lsn> SlotWatch::source_position() const {
    const std::lock_guard lock{impl_->mutex};
    const auto age = std::chrono::steady_clock::now() - impl_->position_at;
    return age < 2 * impl_->period ? impl_->position : std::nullopt;
}

void SlotWatch::streaming() {
    const std::lock_guard lock{impl_->mutex};
    impl_->loading = false;
    impl_->danger.reset();
}

}  // namespace crossfade
