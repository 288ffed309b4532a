#include "service/catalog_watch.hpp"

#include "model/start_thread.hpp"
#include "postgres/interrupt.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace crossfade {

struct CatalogWatch::Impl {
    Impl(ConnectionOptions options, Look at, std::function<void()> tell,
         std::chrono::milliseconds wait)
        : server{std::move(options)}, look{std::move(at)}, wake{std::move(tell)}, period{wait} {
        server.interrupt = &interrupt;
        thread = start_thread([this] { run(); });
    }

    ~Impl() {
        {
            const std::lock_guard lock{mutex};
            stopping = true;
        }
        news.notify_all();
        // A server that answers nothing any more holds nobody up.
        interrupt.raise();
        interrupt.cut();
        thread.join();
    }

    void run() {
        std::unique_lock lock{mutex};
        while (!stopping) {
            news.wait_for(lock, period, [this] { return stopping || asked; });
            if (stopping) return;
            const bool at_once = std::exchange(asked, false);
            lock.unlock();
            std::optional<Error> found = look_again();
            if (at_once && !found) wake();
            lock.lock();
            if (!found) continue;
            changed = std::move(found);
            lock.unlock();
            return wake();
        }
    }

    std::optional<Error> look_again() {
        const bool had_one = connection.has_value();
        auto found = try_look();
        if (!connection && had_one) found = try_look();  // the session was ended, perhaps it alone
        const std::lock_guard lock{mutex};
        ends = !reached;
        return found;
    }

    std::optional<Error> try_look() {
        try {
            const bool fresh = !connection;
            reached = !fresh;
            if (fresh) connection = Connection::open(server);
            reached = true;
            return look(*connection, fresh);
        } catch (const Failure&) {
            connection.reset();
            return std::nullopt;
        }
    }

    ConnectionOptions server;
    Look look;
    std::function<void()> wake;
    std::chrono::milliseconds period;
    Interrupt interrupt;  // outlives the connection
    std::optional<Connection> connection;
    mutable std::mutex mutex;
    std::condition_variable news;
    std::optional<Error> changed;
    bool reached = false;  // by the last look; of the thread alone
    bool stopping = false;
    bool asked = false;
    bool ends = false;
    std::thread thread;
};

CatalogWatch::CatalogWatch(ConnectionOptions server, Look look, std::function<void()> wake,
                           std::chrono::milliseconds period)
    : impl_{std::make_unique<Impl>(std::move(server), std::move(look), std::move(wake), period)} {}

CatalogWatch::~CatalogWatch() = default;

std::optional<Error> CatalogWatch::changed() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->changed;
}

bool CatalogWatch::server_ends() {
    bool ends = false;
    {
        const std::lock_guard lock{impl_->mutex};
        impl_->asked = true;
        ends = impl_->ends;
    }
    impl_->news.notify_all();
    return ends;
}

}  // namespace crossfade
