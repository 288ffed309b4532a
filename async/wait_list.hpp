// Coroutines that wait for a condition which another thread may bring about: a condition variable
// for coroutines. The condition is guarded by a mutex of the owner; as with any condition variable
// the waiter looks again when it wakes.
//
// A waiter resumes on its own executor. Cancelled while it waits, it gets operation_aborted; the
// signal must be emitted from that executor, as Asio asks everywhere.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <list>
#include <memory>
#include <mutex>

namespace crossfade {

class WaitList {
public:
    using Lock = std::unique_lock<std::mutex>;

    // `mutex` outlives the list.
    explicit WaitList(std::mutex& mutex) : mutex_{mutex} {}
    WaitList(const WaitList&) = delete;
    WaitList& operator=(const WaitList&) = delete;

    // Takes a lock of the mutex and lets go of it once the caller is on the list, so that no
    // notification falls between looking at the condition and waiting for it.
    boost::asio::awaitable<void> wait(Lock lock);

    // The caller holds the mutex.
    void notify_one();
    void notify_all();

private:
    using Handler = boost::asio::async_result<boost::asio::use_awaitable_t<>,
                                              void(boost::system::error_code)>::handler_type;
    struct Waiter {
        explicit Waiter(Handler&& waiting) : handler{std::move(waiting)} {}
        Handler handler;
    };

    void enlist(Handler handler, Lock lock);
    void cancel(const std::weak_ptr<Waiter>& waiter);
    static void complete(std::shared_ptr<Waiter> waiter, boost::system::error_code error);

    std::mutex& mutex_;
    std::list<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace crossfade
