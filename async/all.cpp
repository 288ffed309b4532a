#include "async/all.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <exception>

namespace crossfade {

namespace asio = boost::asio;

asio::awaitable<void> all(std::vector<asio::awaitable<void>> children) {
    if (children.empty()) co_return;
    const auto executor = co_await asio::this_coro::executor;
    using Operation =
        decltype(asio::co_spawn(executor, std::move(children.front()), asio::deferred));
    std::vector<Operation> operations;
    operations.reserve(children.size());
    for (auto& child : children) {
        operations.push_back(asio::co_spawn(executor, std::move(child), asio::deferred));
    }
    auto group = asio::experimental::make_parallel_group(std::move(operations));
    const auto [order, failures] = co_await group.async_wait(
        asio::experimental::wait_for_one_error(asio::cancellation_type::terminal),
        asio::use_awaitable);
    for (const std::size_t index : order) {
        if (failures[index]) std::rethrow_exception(failures[index]);
    }
}

}  // namespace crossfade
