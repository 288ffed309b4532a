#include "async/wait_list.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace crossfade {

namespace asio = boost::asio;

asio::awaitable<void> WaitList::wait(Lock lock) {
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(boost::system::error_code)>(
        [this](Handler handler, Lock held) { enlist(std::move(handler), std::move(held)); },
        asio::use_awaitable, std::move(lock));
}

void WaitList::enlist(Handler handler, Lock lock) {
    auto waiter = std::make_shared<Waiter>(std::move(handler));
    auto slot = asio::get_associated_cancellation_slot(waiter->handler);
    if (slot.is_connected()) {
        slot.assign(
            [this, waiting = std::weak_ptr(waiter)](asio::cancellation_type) { cancel(waiting); });
    }
    waiters_.push_back(std::move(waiter));
    // From here on another thread may complete the waiter.
    lock.unlock();
}

void WaitList::cancel(const std::weak_ptr<Waiter>& waiting) {
    const auto waiter = waiting.lock();
    const Lock lock(mutex_);
    const auto found = std::find(waiters_.begin(), waiters_.end(), waiter);
    // Not there: it was notified already and resumes with its condition, not with the cancellation.
    if (!waiter || found == waiters_.end()) return;
    waiters_.erase(found);
    complete(waiter, asio::error::operation_aborted);
}

void WaitList::notify_one() {
    if (waiters_.empty()) return;
    auto waiter = std::move(waiters_.front());
    waiters_.pop_front();
    complete(std::move(waiter), {});
}

void WaitList::notify_all() {
    while (!waiters_.empty())
        notify_one();
}

void WaitList::complete(std::shared_ptr<Waiter> waiter, boost::system::error_code error) {
    const auto executor = asio::get_associated_executor(waiter->handler);
    asio::post(executor, [waiter = std::move(waiter), error]() mutable {
        // The slot belongs to the coroutine and is touched on its executor only.
        auto slot = asio::get_associated_cancellation_slot(waiter->handler);
        if (slot.is_connected()) slot.clear();
        Handler handler = std::move(waiter->handler);
        waiter.reset();
        handler(error);
    });
}

}  // namespace crossfade
