// Who may make the bridge stand still, as a table of states and events. Pure: no clock, no thread,
// no file; service/bridge_hold.hpp gives it those.
//
//   state      what the bridge applies          event -> next state
//   closed     everything; nobody may hold      load_ended -> free (not once the service ends)
//   free       everything                       pause -> pausing
//   pausing    the batch under way              stands -> paused, answers pause
//   paused     nothing                          hold, drain -> draining
//   draining   what was committed before the    reached -> copying (hold)
//              point, and all open work                 -> held, answers drain
//   copying    nothing, the state is copied     copied -> held, answers hold
//                                               copy_failed -> free, answers hold
//   held       nothing                          release -> free
//
//   ends, from pausing to held:  release(token), client_gone, expire -> free
//                                load_began, close(reason) -> closed
//
// An end answers whoever waits, with the reason. The token that pause gives is needed for every
// further step; of another one nothing is taken. Who asks meanwhile is told who holds.
//
// The copy has a folder, named by its token. Once held it is lent to the client, also after the
// release, until the client is gone. A copy whose hold ended before anybody was told of it is
// removed when it is done. Each is given out by take_removals() once. After close() the clients
// remove what they were lent, and the next start the rest.
//
// An example: `verify` of connection 7, with deadlines in seconds.
//
//   pause("7", "crossfade verify", now 0, within 600)   free -> pausing
//   stands()             the batch is committed         pausing -> paused, token "a1-1"
//   hold("a1-1", 0/1500) the snapshot's point           paused -> draining
//   reached()            applied 0/14F8, next commit at 0/1528, no work open: draining -> copying
//   copied("a1-1")       checkpoint-a1-1 is there       copying -> held
//   release("a1-1")      the target's snapshot is taken held -> free
//   client_gone("7")     compared                       checkpoint-a1-1 is removed
#pragma once

#include "model/error.hpp"
#include "model/lsn.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace crossfade {

class Hold {
public:
    using Time = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;
    using Token = std::string;
    using Ticket = std::uint64_t;  // of one request

    enum class State { closed, free, pausing, paused, draining, copying, held };

    // What a request came to: its hold's token, or why not.
    struct Answer {
        Token token;
        std::optional<Error> refused;
    };

    // Closed, as while the load is under way. Tokens begin with `prefix`, which tells this run of
    // the service from others.
    explicit Hold(std::string prefix);

    // --- requests. Each gives a ticket, whose answer take() has sooner or later.
    // `client` is whose end ends the hold, `who` is shown to people. The hold ends by itself
    // `within` that time.
    Ticket pause(const std::string& client, const std::string& who, Time now, Duration within);
    // Answered when the copy is there. `snapshot`: one that the source exported at the point.
    Ticket hold(const Token& token, Lsn point, Time now, std::string snapshot = {});
    Ticket drain(const Token& token, Lsn point, Time now);  // the same without a copy
    // Nothing, or why there was nothing to release.
    std::optional<Error> release(const Token& token, Time now);
    // The answer, once; nothing yet.
    std::optional<Answer> take(Ticket ticket);

    // --- what happens
    void stands();   // the applier is between two batches
    void reached();  // the point of a draining hold; else nothing
    void copied(const Token& token);
    void copy_failed(const Token& token, const Error& error);
    void client_gone(const std::string& client);
    void expire(Time now);
    void load_began();
    void load_ended();
    void close(const Error& reason);  // stop, or an error of trust; for good

    // --- what to do
    State state() const { return state_; }
    bool applies_nothing() const;                              // paused, copying, held
    std::optional<Lsn> point() const;                          // while draining
    const std::string& snapshot() const { return snapshot_; }  // likewise; empty: none
    std::optional<Token> copy() const;                         // the copy to be made, while copying
    std::vector<Token> take_removals();                        // folders to be removed
    std::optional<Time> deadline() const;
    std::optional<Token> token() const;  // of the present hold
    // "crossfade verify (connection 7) has held the bridge for 3 s, and may for 597 s more";
    // empty: nobody does.
    std::string holder(Time now) const;

private:
    struct Copy {
        std::string client;
        bool made = false;
        bool doomed = false;
    };

    Ticket refused(Error error);
    Ticket begin_drain(const Token& token, Lsn point, Time now, bool copy, std::string snapshot);
    void answer(std::optional<Error> refused);
    void end(State next, const Error& reason);
    Error not_held(const Token& token, Time now) const;

    const std::string prefix_;
    Error closed_because_;
    bool closed_for_good_ = false;
    State state_ = State::closed;
    std::uint64_t holds_ = 0;
    // Of the present hold.
    Token token_;
    std::string client_;
    std::string who_;
    Time since_{};
    Time until_{};
    Lsn point_;
    std::string snapshot_;
    bool wants_copy_ = false;
    std::optional<Ticket> waiting_;

    Ticket tickets_ = 0;
    std::map<Ticket, std::optional<Answer>> answers_;
    std::map<Token, Copy> copies_;
    std::deque<std::pair<Token, Error>> ended_;  // the last holds, and how each ended
    std::vector<Token> removals_;
};

}  // namespace crossfade
