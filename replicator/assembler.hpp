// Puts events together to transactions, and cuts very large ones into slices.
//
//   state   event                    next    goes out
//   idle    begin                    open
//   open    change                   open    a slice, if it is full
//   open    commit                   idle    the last slice
//
// The server decodes a transaction only when it has committed, so a slice may be applied before the
// rest has come. After a restart the whole transaction comes again; whoever applies skips by
// ordinal what is there already.
#pragma once

#include "model/relation.hpp"
#include "replicator/event.hpp"

#include <cstddef>
#include <optional>

namespace crossfade {

struct AssemblerOptions {
    std::size_t slice_changes_max = 20'000;
    std::size_t slice_bytes_max = 64U << 20;  // of values, estimated
};

// Pure. Throws Failure(trust) on an order of events that cannot be: a change outside of a
// transaction, a commit of another one.
class Assembler {
public:
    explicit Assembler(AssemblerOptions options = {}) : options_{options} {}

    // A transaction (or slice) if the event completes one. A transaction without changes of mapped
    // tables comes too, empty: its end is a position to store.
    std::optional<SourceTransaction> push(StreamEvent event);
    bool in_transaction() const { return open_; }
    // Forgets what is unfinished; for a new connection.
    void reset();

private:
    std::optional<SourceTransaction> begin(const BeginEvent& event);
    std::optional<SourceTransaction> add(Change change);
    std::optional<SourceTransaction> commit(const CommitEvent& event);
    SourceTransaction cut(bool last);

    AssemblerOptions options_;
    bool open_ = false;
    SourceTransaction current_;
    std::size_t bytes_ = 0;
};

// What a change holds in memory, about: itself and its values.
std::size_t estimated_bytes(const Change& change);

}  // namespace crossfade
