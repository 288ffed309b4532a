// A group of coroutines that stand or fall together.
//
//   co_await all(receive(stream), apply_transactions(), report_progress(stream));
//
// The children run on the caller's executor. When one of them throws, the others are cancelled
// (their pending operations end with operation_aborted), all are waited for, and the failure that
// came first is rethrown; so nothing the caller owns is used by a child after `all` has returned.
// Cancelling the caller cancels the children. Where the executor spans several threads, call it on
// a strand: a cancellation signal is not thread-safe.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <utility>
#include <vector>

namespace crossfade {

boost::asio::awaitable<void> all(std::vector<boost::asio::awaitable<void>> children);

template <class... Children>
boost::asio::awaitable<void> all(boost::asio::awaitable<void> first, Children... others) {
    std::vector<boost::asio::awaitable<void>> children;
    children.reserve(1 + sizeof...(others));
    children.push_back(std::move(first));
    (children.push_back(std::move(others)), ...);
    return all(std::move(children));
}

}  // namespace crossfade
