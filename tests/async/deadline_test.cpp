#include "async/deadline.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <memory>
#include <stdexcept>

#include "tests/support/catch.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using crossfade::Failure;
using crossfade::with_deadline;

namespace {

asio::awaitable<std::unique_ptr<int>> answer_after(std::chrono::milliseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
    co_return std::make_unique<int>(42);
}

asio::awaitable<void> fail_after(std::chrono::milliseconds time) {
    co_await answer_after(time);
    throw std::runtime_error("refused");
}

// Does not heed cancellation: finishes although its time was up.
asio::awaitable<int> stubborn() {
    asio::steady_timer timer(co_await asio::this_coro::executor, 20ms);
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await timer.async_wait(asio::use_awaitable);
    co_return 7;
}

template <class T, class Check>
void run(asio::awaitable<T> work, Check check) {
    asio::io_context context;
    auto result = asio::co_spawn(context, std::move(work), asio::use_future);
    context.run();
    check(result);
}

}  // namespace

TEST_CASE("an operation within its deadline gives its value", "[async]") {
    run(with_deadline(answer_after(1ms), 10s, "answer"),
        [](auto& result) { CHECK(*result.get() == 42); });
}

TEST_CASE("an operation beyond its deadline is cancelled and named", "[async]") {
    const auto start = std::chrono::steady_clock::now();
    run(with_deadline(answer_after(20s), 5ms, "query on target"), [](auto& result) {
        try {
            result.get();
            FAIL("no failure");
        } catch (const Failure& failure) {
            CHECK(failure.error().kind() == crossfade::ErrorKind::unavailable);
            CHECK(failure.error().message() == "query on target: no answer within 5 ms");
        }
    });
    CHECK(std::chrono::steady_clock::now() - start < 10s);
}

TEST_CASE("a failure of the operation passes through", "[async]") {
    run(with_deadline(fail_after(1ms), 10s, "answer"),
        [](auto& result) { CHECK_THROWS_WITH(result.get(), "refused"); });
}

TEST_CASE("what finished in spite of its deadline is not thrown away", "[async]") {
    run(with_deadline(stubborn(), 2ms, "stubborn"), [](auto& result) { CHECK(result.get() == 7); });
}

TEST_CASE("a cancelled caller sees its cancellation, not a deadline", "[async]") {
    asio::io_context context;
    asio::cancellation_signal signal;
    std::exception_ptr failure;
    asio::co_spawn(context, with_deadline(answer_after(10s), 20s, "answer"),
                   asio::bind_cancellation_slot(
                       signal.slot(), [&failure](std::exception_ptr thrown, std::unique_ptr<int>) {
                           failure = thrown;
                       }));
    asio::post(context, [&signal] { signal.emit(asio::cancellation_type::terminal); });
    context.run();
    REQUIRE(failure);
    CHECK(crossfade::detail::is_aborted(failure));
}
