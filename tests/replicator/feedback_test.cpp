#include "replicator/feedback.hpp"

#include "replicator/wal_frame.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace std::chrono_literals;

namespace {
EndLsn end(std::uint64_t offset) { return EndLsn{Lsn{offset}}; }

struct Fixture {
    Feedback::Clock::time_point now{};
    Feedback feedback{end(100), {10s, 1s, true}, now};
};

std::uint64_t number_at(const std::string& message, std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i)
        value = (value << 8) | static_cast<unsigned char>(message.at(at + i));
    return value;
}
}  // namespace

TEST_CASE("only what is confirmed is told as flushed", "[replicator]") {
    Fixture f;
    f.feedback.begin();
    f.feedback.received(Lsn{500});
    f.feedback.delivered(end(510));
    const std::string before = f.feedback.update(f.now, {});
    CHECK(before.size() == 34);
    CHECK(before[0] == 'r');
    CHECK(number_at(before, 1) == 510);
    CHECK(number_at(before, 9) == 100);
    CHECK(number_at(before, 17) == 100);
    f.feedback.confirm(end(510));
    CHECK(number_at(f.feedback.update(f.now, {}), 9) == 510);
}

TEST_CASE("a keepalive's position is confirmed with nothing in flight only", "[replicator]") {
    Fixture f;
    CHECK(f.feedback.keepalive(Lsn{200}, false) == end(200));
    CHECK(f.feedback.confirmed() == end(200));
    f.feedback.begin();
    CHECK_FALSE(f.feedback.keepalive(Lsn{300}, false));
    f.feedback.delivered(end(310));
    CHECK_FALSE(f.feedback.keepalive(Lsn{400}, false));
    CHECK(f.feedback.confirmed() == end(200));
    f.feedback.confirm(end(310));
    CHECK(f.feedback.keepalive(Lsn{400}, false) == end(400));
}

TEST_CASE("an idle position is left to the caller if he wants to store it first", "[replicator]") {
    Feedback feedback{end(100), {10s, 1s, false}, {}};
    CHECK(feedback.keepalive(Lsn{200}, false) == end(200));
    CHECK(feedback.confirmed() == end(100));
}

TEST_CASE("nothing behind the limit is told, whatever is confirmed", "[replicator]") {
    Fixture f;
    f.feedback.limit(Lsn{150});
    f.feedback.delivered(end(200));
    f.feedback.confirm(end(200));
    CHECK_FALSE(f.feedback.in_flight());
    CHECK(f.feedback.told() == end(150));
    CHECK(number_at(f.feedback.update(f.now, {}), 9) == 150);
    CHECK_FALSE(f.feedback.due(f.now + 2s));
    f.feedback.limit(Lsn{140});
    CHECK(f.feedback.told() == end(150));
    f.feedback.limit(Lsn{300});
    CHECK(f.feedback.due(f.now + 2s));
    CHECK(number_at(f.feedback.update(f.now, {}), 9) == 200);
}

TEST_CASE("positions never step back", "[replicator]") {
    Fixture f;
    f.feedback.confirm(end(500));
    f.feedback.confirm(end(300));
    CHECK(f.feedback.confirmed() == end(500));
    CHECK(f.feedback.keepalive(Lsn{200}, false) == end(500));
    f.feedback.received(Lsn{400});
    CHECK(f.feedback.received() == Lsn{500});
}

TEST_CASE("a reply that is asked for is due at once", "[replicator]") {
    Fixture f;
    CHECK_FALSE(f.feedback.due(f.now));
    f.feedback.begin();
    f.feedback.keepalive(Lsn{100}, true);
    CHECK(f.feedback.due(f.now));
    f.feedback.update(f.now, {});
    CHECK_FALSE(f.feedback.due(f.now));
}

TEST_CASE("updates are due each interval, and sooner when there is progress to tell",
          "[replicator]") {
    Fixture f;
    f.feedback.update(f.now, {});
    CHECK_FALSE(f.feedback.due(f.now + 9s));
    CHECK(f.feedback.due(f.now + 10s));
    f.feedback.confirm(end(500));
    CHECK_FALSE(f.feedback.due(f.now + 500ms));
    CHECK(f.feedback.due(f.now + 1s));
}

TEST_CASE("the interval follows wal_sender_timeout", "[replicator]") {
    CHECK(status_interval(60s) == 10s);
    CHECK(status_interval(3s) == 1s);
    CHECK(status_interval(0ms) == 10s);
    CHECK(status_interval(100ms) == 100ms);
}

TEST_CASE("frames of the stream are told apart", "[replicator]") {
    std::string wal = "w";
    for (const int number : {1, 2, 3})
        wal += std::string(7, '\0') + static_cast<char>(number);
    wal += "{}";
    const auto data = std::get<WalData>(parse_wal_frame(wal));
    CHECK(data.start == Lsn{1});
    CHECK(data.end == Lsn{2});
    CHECK(data.data == "{}");
    const std::string alive = "k" + std::string(7, '\0') + "\x05" + std::string(8, '\0') + "\x01";
    const auto keepalive = std::get<Keepalive>(parse_wal_frame(alive));
    CHECK(keepalive.end == Lsn{5});
    CHECK(keepalive.reply_requested);
    CHECK_THROWS_AS(parse_wal_frame(""), Failure);
    CHECK_THROWS_AS(parse_wal_frame("x"), Failure);
    for (std::size_t length = 0; length < 18; ++length)
        CHECK_THROWS_AS(parse_wal_frame(alive.substr(0, length)), Failure);
    for (std::size_t length = 0; length < 25; ++length)
        CHECK_THROWS_AS(parse_wal_frame(wal.substr(0, length)), Failure);
}
