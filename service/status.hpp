// Where the bridge is, in numbers: what `status` prints and what the service answers.
#pragma once

#include "model/lsn.hpp"
#include "state/store.hpp"
#include "transforms/program.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

// Source rows of one entity by what became of them; the six add up to `source`.
struct EntityAccount {
    std::string name;
    std::int64_t source = 0;
    std::int64_t applied = 0;
    std::int64_t merged = 0;
    std::int64_t filtered = 0;
    std::int64_t parked = 0;
    std::int64_t rejected = 0;
    // What no batch has come to yet. Less than zero would mean that the accounts are wrong.
    std::int64_t pending() const {
        return source - applied - merged - filtered - parked - rejected;
    }
};

// One piece of work that is under way or waits: a fan-out, or an entity of the initial load.
struct OpenWork {
    std::string changed;         // "dictionaries 110000149", "initial load"
    std::string entity;          // whose rows are derived again; empty: the rows between
    std::uint64_t walked = 0;    // entries looked at so far
    std::optional<double> done;  // about, 0 to 1
    friend bool operator==(const OpenWork&, const OpenWork&) = default;
};

struct Status {
    // new, snapshot, catching_up, streaming, source_down, target_down, halted
    std::string phase = "new";
    std::string since;               // of a side that is down: 2024-05-01T12:00:00Z; else empty
    std::vector<std::string> waits;  // a sentence for each wait for a server, and what ends it
    std::optional<Lsn> source;       // not known while the source cannot be asked
    EndLsn applied;
    EndLsn settled;
    std::optional<std::uint64_t> lag_bytes;         // source - applied
    std::optional<double> lag_seconds;              // age of the oldest unapplied commit, 0 if none
    std::optional<std::uint64_t> lag_transactions;  // received, not applied
    std::uint64_t work = 0;
    std::uint64_t deferred = 0;       // work on deferred columns, which settled does not wait for
    std::vector<OpenWork> open_work;  // the first ten
    std::vector<EntityAccount> entities;
};

// What the state says: positions, work, accounts. `phase` is `new` or `halted`, as for a state that
// nobody serves; the service puts its own phase and the lags in. May run while another thread
// writes: the accounts are of one moment, and `settled` is never ahead of it.
Status read_status(const Program& program, const Reader& reader);

// `source` and lag_bytes, and lag_seconds where nothing lags.
void set_source_position(Status& status, Lsn source);

// One line: the members that the design names, unknown ones null, and `deferred` and
// `lag_transactions` beside them.
std::string to_json(const Status& status);
Status parse_status(std::string_view json);  // throws Failure(internal) if it is none
std::string to_text(const Status& status);   // several lines, for people

}  // namespace crossfade
