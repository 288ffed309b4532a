#include "async/all.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using crossfade::all;

namespace {

asio::awaitable<void> sleep_for(std::chrono::milliseconds time, std::string name,
                                std::string& log) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    try {
        co_await timer.async_wait(asio::use_awaitable);
        log += name + " done;";
    } catch (const boost::system::system_error&) {
        log += name + " cancelled;";
        throw;
    }
}

asio::awaitable<void> fail_after(std::chrono::milliseconds time, std::string what) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
    throw std::runtime_error(what);
}

// Its answer to being cancelled is another failure, as when a connection breaks while it is closed.
asio::awaitable<void> fail_when_cancelled() {
    asio::steady_timer timer(co_await asio::this_coro::executor, 10s);
    try {
        co_await timer.async_wait(asio::use_awaitable);
    } catch (const boost::system::system_error&) {
        throw std::runtime_error("while cancelled");
    }
}

std::string failure_of(asio::awaitable<void> work) {
    asio::io_context context;
    std::string message = "none";
    asio::co_spawn(context, std::move(work), [&message](std::exception_ptr failure) {
        try {
            if (failure) std::rethrow_exception(failure);
        } catch (const std::exception& error) {
            message = error.what();
        }
    });
    context.run();
    return message;
}

}  // namespace

TEST_CASE("all waits for every child", "[async]") {
    std::string log;
    CHECK(failure_of(all(sleep_for(2ms, "b", log), sleep_for(1ms, "a", log))) == "none");
    CHECK(log.size() == std::string("a done;b done;").size());
}

TEST_CASE("all of nothing is done at once", "[async]") {
    CHECK(failure_of(all(std::vector<asio::awaitable<void>>{})) == "none");
}

TEST_CASE("a failure cancels the siblings, which are waited for", "[async]") {
    std::string log;
    const auto start = std::chrono::steady_clock::now();
    CHECK(failure_of(all(sleep_for(10s, "a", log), fail_after(1ms, "boom"),
                         sleep_for(10s, "b", log))) == "boom");
    CHECK(log == "a cancelled;b cancelled;");
    CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("the failure that came first is the one rethrown", "[async]") {
    CHECK(failure_of(all(fail_when_cancelled(), fail_after(1ms, "first"))) == "first");
}

TEST_CASE("groups nest, and an inner failure reaches the root", "[async]") {
    std::string log;
    CHECK(failure_of(all(sleep_for(10s, "outer", log),
                         all(sleep_for(10s, "inner", log), fail_after(1ms, "deep")))) == "deep");
    CHECK(log == "inner cancelled;outer cancelled;");
}

TEST_CASE("cancelling the caller cancels the children", "[async]") {
    asio::io_context context;
    std::string log;
    asio::cancellation_signal signal;
    std::exception_ptr failure;
    asio::co_spawn(context, all(sleep_for(10s, "a", log), sleep_for(10s, "b", log)),
                   asio::bind_cancellation_slot(
                       signal.slot(), [&failure](std::exception_ptr thrown) { failure = thrown; }));
    asio::steady_timer timer(context, 2ms);
    timer.async_wait(
        [&signal](boost::system::error_code) { signal.emit(asio::cancellation_type::terminal); });
    context.run();
    CHECK(log == "a cancelled;b cancelled;");
    CHECK_THROWS_AS(std::rethrow_exception(failure), boost::system::system_error);
}

TEST_CASE("groups on strands of a pool of threads do not race", "[async][tsan]") {
    asio::io_context context;
    std::vector<std::future<void>> groups;
    std::vector<std::string> logs(16);
    for (std::string& log : logs) {
        groups.push_back(asio::co_spawn(
            asio::make_strand(context),
            all(sleep_for(10s, "a", log), fail_after(1ms, "boom"), sleep_for(10s, "b", log)),
            asio::use_future));
    }
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&context] { context.run(); });
    for (auto& group : groups)
        CHECK_THROWS_WITH(group.get(), "boom");
    for (auto& thread : threads)
        thread.join();
    // Each thread of the pool takes one cancelled timer to the strand: either may come first.
    for (const std::string& log : logs)
        CHECK((log == "a cancelled;b cancelled;" || log == "b cancelled;a cancelled;"));
}
