#include "service/server_watch.hpp"
#include "service/slot_watch.hpp"
#include "service/target_stop.hpp"
#include "tests/service/no_threads.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {
template <class Body>
std::string failure_of(const Body& body) {
    try {
        body();
    } catch (const Failure& failure) {
        return failure.error().message();
    }
    return "no failure";
}
}  // namespace

TEST_CASE("a watch for which no thread can be had is trouble that is tried again", "[service]") {
    std::string lock;
    std::string slot;
    {
        const NoThreads none;
        lock = failure_of([] { ServerWatch{{}, Logger::none()}; });
        slot = failure_of([] { SlotWatch{{}, "slot", Logger::none()}; });
    }
    CHECK_THAT(lock, Catch::Matchers::ContainsSubstring("cannot start a thread"));
    CHECK_THAT(slot, Catch::Matchers::ContainsSubstring("cannot start a thread"));
}

TEST_CASE("a service that gets no thread to end its waits with ends them at once", "[service]") {
    TargetStop stop;
    {
        const NoThreads none;
        CHECK(failure_of([&] { stop.begin(); }) == "no failure");
    }
    CHECK(stop.begun());
    CHECK(stop.interrupt().raised());
}
