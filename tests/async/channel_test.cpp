#include "async/channel.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <stdexcept>
#include <thread>

#include "tests/support/catch.hpp"

namespace asio = boost::asio;
using crossfade::Channel;

namespace {

using Value = std::unique_ptr<long>;  // what travels may be move-only

asio::awaitable<long> send_numbers(Channel<Value>& channel, long count, std::atomic<long>& ahead,
                                   std::atomic<long>& ahead_max) {
    long sent = 0;
    while (sent < count) {
        auto value = std::make_unique<long>(sent + 1);
        const bool taken = co_await channel.send(std::move(value));
        if (!taken) break;
        ++sent;
        const long now = ++ahead;
        if (now > ahead_max) ahead_max = now;
    }
    channel.close();
    co_return sent;
}

asio::awaitable<long> add_up(Channel<Value>& channel, std::atomic<long>& ahead) {
    long sum = 0;
    long last = 0;
    while (auto next = co_await channel.receive()) {
        --ahead;
        // Catch's macros are for the test's own thread.
        if (**next != last + 1) throw std::logic_error("a value out of order");
        last = **next;
        sum += last;
    }
    co_return sum;
}

}  // namespace

TEST_CASE("values arrive in order, and the channel ends after the last one", "[async]") {
    asio::io_context context;
    Channel<Value> channel(4);
    std::atomic<long> ahead = 0, ahead_max = 0;
    auto sent =
        asio::co_spawn(context, send_numbers(channel, 100, ahead, ahead_max), asio::use_future);
    auto sum = asio::co_spawn(context, add_up(channel, ahead), asio::use_future);
    context.run();
    CHECK(sent.get() == 100);
    CHECK(sum.get() == 5050);
}

TEST_CASE("a full channel makes the sender wait", "[async]") {
    asio::io_context context;
    Channel<Value> channel(3);
    std::atomic<long> ahead = 0, ahead_max = 0;
    auto sent =
        asio::co_spawn(context, send_numbers(channel, 10, ahead, ahead_max), asio::use_future);
    context.poll();
    CHECK(ahead == 3);
    CHECK(**channel.try_receive() == 1);
    context.poll();
    CHECK(ahead == 4);
    channel.abandon();
    context.restart();
    context.run();
    CHECK(sent.get() == 4);
}

TEST_CASE("a channel is bounded by bytes as well, and what is larger passes alone", "[async]") {
    asio::io_context context;
    const auto bytes_of = [](const Value& value) { return static_cast<std::size_t>(*value); };
    Channel<Value> channel(100, 10, bytes_of);
    std::atomic<long> ahead = 0, ahead_max = 0;
    auto sent =  // 1, 2, 3 ... 12 bytes
        asio::co_spawn(context, send_numbers(channel, 12, ahead, ahead_max), asio::use_future);
    context.poll();
    CHECK(ahead == 4);
    CHECK(channel.bytes() == 1 + 2 + 3 + 4);
    for (long next = 1; next <= 12; ++next) {
        REQUIRE(channel.size() > 0);
        const auto taken = channel.try_receive();
        REQUIRE(**taken == next);
        context.restart();
        context.poll();
        CHECK((channel.bytes() <= 10 || channel.size() == 1));
    }
    CHECK(channel.bytes() == 0);
    CHECK(sent.get() == 12);
}

TEST_CASE("a channel closed empty gives nothing, also to one who waits", "[async]") {
    asio::io_context context;
    Channel<Value> channel(3);
    std::atomic<long> ahead = 0;
    auto sum = asio::co_spawn(context, add_up(channel, ahead), asio::use_future);
    context.poll();
    channel.close();
    channel.close();
    context.restart();
    context.run();
    CHECK(sum.get() == 0);
    auto refused =
        asio::co_spawn(context, channel.send(std::make_unique<long>(1)), asio::use_future);
    context.restart();
    context.run();
    CHECK_FALSE(refused.get());
}

TEST_CASE("a coroutine cancelled at a channel is told so", "[async]") {
    asio::io_context context;
    Channel<Value> channel(1);
    std::atomic<long> ahead = 0;
    asio::cancellation_signal signal;
    std::exception_ptr failure;
    asio::co_spawn(
        context, add_up(channel, ahead),
        asio::bind_cancellation_slot(
            signal.slot(), [&failure](std::exception_ptr thrown, long) { failure = thrown; }));
    context.poll();
    signal.emit(asio::cancellation_type::terminal);
    context.restart();
    context.run();
    REQUIRE(failure);
    CHECK_THROWS_AS(std::rethrow_exception(failure), boost::system::system_error);
}

TEST_CASE("two threads share a channel without a race and without loss", "[async][tsan]") {
    asio::io_context sending, receiving;
    Channel<Value> channel(8);
    std::atomic<long> ahead = 0, ahead_max = 0;
    auto sent =
        asio::co_spawn(sending, send_numbers(channel, 20000, ahead, ahead_max), asio::use_future);
    auto sum = asio::co_spawn(receiving, add_up(channel, ahead), asio::use_future);
    auto keep_sending = asio::make_work_guard(sending);
    auto keep_receiving = asio::make_work_guard(receiving);
    std::thread first([&sending] { sending.run(); });
    std::thread second([&receiving] { receiving.run(); });
    CHECK(sent.get() == 20000);
    CHECK(sum.get() == 20000L * 20001 / 2);
    keep_sending.reset();
    keep_receiving.reset();
    first.join();
    second.join();
    // Eight in the channel, one in the hands of either side and one on its way between them.
    CHECK(ahead_max <= 8 + 3);
}

TEST_CASE("a receiver on another thread may abandon a busy channel", "[async][tsan]") {
    asio::io_context sending;
    Channel<Value> channel(2);
    std::atomic<long> ahead = 0, ahead_max = 0;
    auto sent =
        asio::co_spawn(sending, send_numbers(channel, 1000000, ahead, ahead_max), asio::use_future);
    std::thread thread([&sending] { sending.run(); });
    for (int i = 0; i < 100;)
        i += channel.try_receive() ? 1 : 0;
    channel.abandon();
    const long delivered = sent.get();
    thread.join();
    CHECK(delivered >= 100);
    CHECK(delivered < 1000000);
}
