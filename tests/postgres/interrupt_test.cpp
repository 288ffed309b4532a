#include "postgres/interrupt.hpp"

#include "postgres/connection.hpp"

#include <future>

#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"

using namespace crossfade;
using namespace std::chrono_literals;

namespace {

ConnectionOptions options_with(Interrupt& interrupt) {
    ConnectionOptions options{test::Cluster::shared().conninfo(), "interrupt test", "target"};
    options.interrupt = &interrupt;
    return options;
}

// The kind of Failure that a long statement ends with.
std::future<Error> sleeping(Connection& connection) {
    return std::async(std::launch::async, [&connection] {
        try {
            connection.exec("SELECT pg_sleep(600)");
        } catch (const Failure& failure) {
            return failure.error();
        }
        return Error{};
    });
}

}  // namespace

TEST_CASE("a statement is cancelled from another thread, and the session lives on", "[postgres]") {
    Interrupt interrupt;
    Connection connection = Connection::open(options_with(interrupt));
    auto slept = sleeping(connection);
    while (slept.wait_for(100ms) != std::future_status::ready)
        interrupt.raise();
    CHECK(slept.get().sqlstate() == "57014");
    CHECK(connection.is_good());
}

TEST_CASE("a session whose socket is cut is lost", "[postgres]") {
    Interrupt interrupt;
    Connection connection = Connection::open(options_with(interrupt));
    Connection moved = std::move(connection);
    auto slept = sleeping(moved);
    while (slept.wait_for(100ms) != std::future_status::ready)
        interrupt.cut();
    CHECK(slept.get().kind() == ErrorKind::unavailable);
    CHECK_FALSE(moved.is_good());
}

TEST_CASE("nothing is opened once an interrupt has been raised, nor touched after its end",
          "[postgres]") {
    Interrupt interrupt;
    { const Connection gone = Connection::open(options_with(interrupt)); }
    interrupt.raise();
    interrupt.cut();
    try {
        Connection::open(options_with(interrupt));
        FAIL("connected");
    } catch (const Failure& failure) {
        CHECK(failure.error().kind() == ErrorKind::unavailable);
    }
}
