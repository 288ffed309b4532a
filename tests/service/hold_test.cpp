// The table of states of the hold, step by step and by random events against what must always be
// true.
#include "service/hold.hpp"
#include "tests/support/catch.hpp"

#include <map>
#include <random>
#include <set>

using namespace crossfade;
using State = Hold::State;

namespace {

constexpr Hold::Time kStart{};
constexpr std::chrono::seconds kMinute{60};
const Lsn kPoint = Lsn::parse("0/1500").value();

Hold opened() {
    Hold hold{"t"};
    hold.load_ended();
    return hold;
}

// The token of a pause that is granted.
Hold::Token paused(Hold& hold, const std::string& client, Hold::Time now = kStart) {
    const Hold::Ticket ticket = hold.pause(client, "a test", now, kMinute);
    CHECK_FALSE(hold.take(ticket).has_value());
    hold.stands();
    const auto answer = hold.take(ticket);
    REQUIRE(answer.has_value());
    REQUIRE_FALSE(answer->refused.has_value());
    return answer->token;
}

std::string refusal_of(Hold& hold, Hold::Ticket ticket) {
    const auto answer = hold.take(ticket);
    REQUIRE(answer.has_value());
    REQUIRE(answer->refused.has_value());
    return answer->refused->message();
}

}  // namespace

TEST_CASE("a hold goes from the pause to the copy to the release", "[service]") {
    Hold hold = opened();
    CHECK(hold.state() == State::free);
    const Hold::Token token = paused(hold, "7");
    CHECK(hold.state() == State::paused);
    CHECK(hold.applies_nothing());
    const Hold::Ticket held = hold.hold(token, kPoint, kStart);
    CHECK(hold.state() == State::draining);
    CHECK_FALSE(hold.applies_nothing());
    CHECK(hold.point() == kPoint);
    hold.reached();
    CHECK(hold.copy() == token);
    CHECK_FALSE(hold.take(held).has_value());
    hold.copied(token);
    CHECK(hold.state() == State::held);
    CHECK_FALSE(hold.take(held)->refused.has_value());
    CHECK_FALSE(hold.release(token, kStart).has_value());
    CHECK(hold.state() == State::free);
    CHECK(hold.take_removals().empty());  // the client reads its copy
    hold.client_gone("7");
    CHECK(hold.take_removals() == std::vector{token});
    hold.client_gone("7");
    CHECK(hold.take_removals().empty());
}

TEST_CASE("a drain stands still at its point without a copy", "[service]") {
    Hold hold = opened();
    const Hold::Token token = paused(hold, "7");
    const Hold::Ticket drained = hold.drain(token, kPoint, kStart);
    hold.reached();
    CHECK(hold.state() == State::held);
    CHECK_FALSE(hold.copy().has_value());
    CHECK_FALSE(hold.take(drained)->refused.has_value());
    hold.client_gone("7");
    CHECK(hold.state() == State::free);
    CHECK(hold.take_removals().empty());
}

TEST_CASE("who asks while somebody holds is told who, since when and until when", "[service]") {
    Hold hold = opened();
    const Hold::Token token = paused(hold, "7");
    const auto later = kStart + std::chrono::seconds{3};
    const std::string told = "a test (connection 7) has held the bridge for 3 s, and may for 57 s";
    CHECK_THAT(refusal_of(hold, hold.pause("8", "another", later, kMinute)),
               Catch::Matchers::ContainsSubstring(told));
    // Another's token, or none, moves nothing.
    for (const char* wrong : {"", "t-0", "t-2"}) {
        CHECK_THAT(refusal_of(hold, hold.hold(wrong, kPoint, later)),
                   Catch::Matchers::ContainsSubstring(told));
        CHECK(hold.release(wrong, later).has_value());
    }
    hold.client_gone("8");
    CHECK(hold.state() == State::paused);
    CHECK_FALSE(hold.release(token, later).has_value());
    CHECK(hold.release(token, later)->message() == "the hold was released");
}

TEST_CASE("a hold ends at its deadline, and its client learns of it", "[service]") {
    Hold hold = opened();
    const Hold::Token token = paused(hold, "7");
    const Hold::Ticket held = hold.hold(token, kPoint, kStart);
    hold.expire(kStart + kMinute - std::chrono::milliseconds{1});
    CHECK(hold.state() == State::draining);
    hold.expire(kStart + kMinute);
    CHECK(hold.state() == State::free);
    CHECK_THAT(refusal_of(hold, held), Catch::Matchers::ContainsSubstring("longer than the 60 s"));
    CHECK_THAT(hold.release(token, kStart + kMinute)->message(),
               Catch::Matchers::ContainsSubstring("longer than the 60 s"));
}

TEST_CASE("nothing can be held during the load or after the end", "[service]") {
    Hold hold{"t"};
    CHECK_THAT(refusal_of(hold, hold.pause("7", "a test", kStart, kMinute)),
               Catch::Matchers::ContainsSubstring("initial load"));
    hold.load_ended();
    const Hold::Token token = paused(hold, "7");
    const Hold::Ticket held = hold.hold(token, kPoint, kStart);
    hold.load_began();
    CHECK_THAT(refusal_of(hold, held), Catch::Matchers::ContainsSubstring("initial load"));
    hold.load_ended();
    const Hold::Ticket waiting = hold.pause("7", "a test", kStart, kMinute);
    hold.close(Error{ErrorKind::trust, "the slot is gone"});
    CHECK(refusal_of(hold, waiting) == "the slot is gone");
    hold.load_ended();
    CHECK(hold.state() == State::closed);
    CHECK(refusal_of(hold, hold.pause("7", "a test", kStart, kMinute)) == "the slot is gone");
    CHECK(hold.release(token, kStart).has_value());
}

TEST_CASE("a copy whose hold ended while it was made is removed", "[service]") {
    Hold hold = opened();
    const Hold::Token token = paused(hold, "7");
    const Hold::Ticket held = hold.hold(token, kPoint, kStart);
    hold.reached();
    hold.client_gone("7");
    CHECK(hold.state() == State::free);
    CHECK_THAT(refusal_of(hold, held), Catch::Matchers::ContainsSubstring("went away"));
    const Hold::Token next = paused(hold, "8");  // meanwhile
    hold.copied(token);
    CHECK(hold.take_removals() == std::vector{token});
    CHECK(hold.token() == next);
    const Hold::Ticket failing = hold.hold(next, kPoint, kStart);
    hold.reached();
    hold.copy_failed(next, Error{ErrorKind::unavailable, "the disk is full"});
    CHECK(refusal_of(hold, failing) == "the disk is full");
    CHECK(hold.take_removals() == std::vector{next});
    CHECK(hold.state() == State::free);
}

namespace {

// Random events, and beside the table what is known from outside: who was granted what.
class Campaign {
public:
    explicit Campaign(unsigned seed) : random_{seed} {}

    void run(int events) {
        for (int i = 0; i < events; ++i) {
            event();
            collect();
            check();
        }
        hold_.close(Error{ErrorKind::unavailable, "the end"});
        closed_ = true;
        finish_copy(true);
        collect();
        check();
    }

private:
    unsigned below(unsigned count) {
        return std::uniform_int_distribution<unsigned>{0, count - 1}(random_);
    }
    std::string client() { return std::to_string(below(3)); }

    // Mostly the present token, else an old one or one that never was.
    Hold::Token some_token() {
        const auto present = hold_.token();
        if (present && below(3) != 0) return *present;
        if (!granted_.empty() && below(2) != 0)
            return std::next(granted_.begin(), below(static_cast<unsigned>(granted_.size())))
                ->first;
        return "none";
    }

    void ask(Hold::Ticket ticket) { waiting_.insert(ticket); }

    void event() {
        const State before = hold_.state();
        const auto token_before = hold_.token();
        may_end_ = false;
        switch (below(14)) {
            case 0:
            case 1: ask(hold_.pause(client(), "a test", now_, kMinute)); break;
            case 2:
            case 3: {
                const Hold::Token token = some_token();
                ask(below(4) == 0 ? hold_.drain(token, kPoint, now_)
                                  : hold_.hold(token, kPoint, now_));
                break;
            }
            case 4: release(); break;
            case 5:
            case 6:
            case 7: hold_.stands(); break;
            case 8:
            case 9: hold_.reached(); break;
            case 10: finish_copy(below(4) == 0); break;
            case 11: gone(); break;
            case 12:
                now_ += std::chrono::seconds{below(40)};
                may_end_ = true;
                hold_.expire(now_);
                break;
            default:
                if (below(10) == 0) {
                    may_end_ = true;
                    hold_.load_began();
                    CHECK(hold_.state() == State::closed);
                }
                hold_.load_ended();
        }
        if (const auto copy = hold_.copy()) making_.insert(*copy);
        // Nothing but an end takes a hold from its holder.
        if (token_before && !may_end_) {
            INFO("state before: " << static_cast<int>(before));
            CHECK(hold_.token() == token_before);
        }
    }

    void release() {
        const Hold::Token token = some_token();
        const auto present = hold_.token();
        const auto error = hold_.release(token, now_);
        CHECK(error.has_value() == (present != token));
        may_end_ = present == token;
    }

    void gone() {
        const std::string who = client();
        const auto present = hold_.token();
        may_end_ = true;
        hold_.client_gone(who);
        if (present && hold_.token() != present) CHECK(granted_or_waiting(*present, who));
    }

    // Who is not told its token yet cannot be known from outside.
    bool granted_or_waiting(const Hold::Token& token, const std::string&) const {
        return granted_.contains(token) || !waiting_.empty();
    }

    void finish_copy(bool fails) {
        if (making_.empty()) return;
        const Hold::Token token = *making_.begin();
        making_.erase(making_.begin());
        made_.insert(token);
        may_end_ = fails;
        if (fails) {
            hold_.copy_failed(token, Error{ErrorKind::unavailable, "no room"});
        } else {
            hold_.copied(token);
        }
    }

    void collect() {
        for (auto ticket = waiting_.begin(); ticket != waiting_.end();) {
            const auto answer = hold_.take(*ticket);
            if (answer && !answer->refused) granted_[answer->token] = true;
            if (answer) CHECK_FALSE(hold_.take(*ticket).has_value());  // once
            ticket = answer ? waiting_.erase(ticket) : std::next(ticket);
        }
        for (const Hold::Token& token : hold_.take_removals()) {
            INFO("folder of " << token);
            CHECK(made_.contains(token));
            CHECK(removed_.insert(token).second);
        }
    }

    void check() const {
        const State state = hold_.state();
        const bool nobody = state == State::closed || state == State::free;
        CHECK(hold_.token().has_value() == !nobody);
        CHECK(hold_.holder(now_).empty() == nobody);
        // Only these wait, and only one at a time.
        const bool waits =
            state == State::pausing || state == State::draining || state == State::copying;
        CHECK(waiting_.size() == (waits ? 1 : 0));
        CHECK(hold_.point().has_value() == (state == State::draining));
        CHECK(hold_.copy().has_value() == (state == State::copying));
        if (closed_) CHECK(state == State::closed);
    }

    std::mt19937 random_;
    Hold hold_{"t"};
    Hold::Time now_ = kStart;
    bool may_end_ = false;
    bool closed_ = false;
    std::set<Hold::Ticket> waiting_;
    std::map<Hold::Token, bool> granted_;
    std::set<Hold::Token> making_;
    std::set<Hold::Token> made_;
    std::set<Hold::Token> removed_;
};

}  // namespace

TEST_CASE(
    "whatever happens, one holds at most, only its token or an end releases it, nobody waits "
    "for ever, and a folder is removed once",
    "[service][property]") {
    const unsigned first = std::random_device{}();
    for (unsigned round = 0; round < 300; ++round) {
        INFO("seed " << first + round);
        Campaign{first + round}.run(400);
    }
}
