// A bound on a wait. Every wait for a server has one: a peer that is gone without a word must not
// hold the bridge for ever.
//
//   Row row = co_await with_deadline(connection.query(sql), 30s, "query on target");
//
// When the time is up the operation is cancelled and waited for; then Failure (unavailable) is
// thrown, which the supervisor retries. An operation that finished nevertheless gives its value:
// nothing done is thrown away. A failure of the operation, and the caller's own cancellation, pass
// through unchanged.
#pragma once

#include "model/error.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace crossfade {

namespace detail {

[[noreturn]] void throw_deadline(const std::string& what, std::chrono::milliseconds limit);
bool is_aborted(const std::exception_ptr& failure);

// Runs `operation` against a timer; true if it completed, false if the time was up first.
boost::asio::awaitable<bool> race(boost::asio::awaitable<void> operation,
                                  std::chrono::milliseconds limit);

template <class T>
boost::asio::awaitable<void> store(boost::asio::awaitable<T> operation, std::optional<T>& result) {
    result.emplace(co_await std::move(operation));
}

}  // namespace detail

template <class T>
boost::asio::awaitable<T> with_deadline(boost::asio::awaitable<T> operation,
                                        std::chrono::milliseconds limit, std::string what) {
    std::optional<T> result;
    co_await detail::race(detail::store(std::move(operation), result), limit);
    if (!result) detail::throw_deadline(what, limit);
    co_return std::move(*result);
}

inline boost::asio::awaitable<void> with_deadline(boost::asio::awaitable<void> operation,
                                                  std::chrono::milliseconds limit,
                                                  std::string what) {
    const bool completed = co_await detail::race(std::move(operation), limit);
    if (!completed) detail::throw_deadline(what, limit);
}

}  // namespace crossfade
