#include "async/deadline.hpp"

namespace crossfade::detail {

namespace asio = boost::asio;

void throw_deadline(const std::string& what, std::chrono::milliseconds limit) {
    throw Failure{Error{ErrorKind::unavailable,
                        what + ": no answer within " + std::to_string(limit.count()) + " ms"}};
}

bool is_aborted(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
        return error.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

asio::awaitable<bool> race(asio::awaitable<void> operation, std::chrono::milliseconds limit) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, limit);
    auto group = asio::experimental::make_parallel_group(
        asio::co_spawn(executor, std::move(operation), asio::deferred),
        timer.async_wait(asio::deferred));
    const auto [order, failure, expired] = co_await group.async_wait(
        asio::experimental::wait_for_one(asio::cancellation_type::terminal), asio::use_awaitable);
    if (!failure) co_return true;
    // A timer that expired says that the abortion is ours; otherwise the caller was cancelled.
    if (!expired && order[0] == 1 && is_aborted(failure)) co_return false;
    std::rethrow_exception(failure);
}

}  // namespace crossfade::detail
