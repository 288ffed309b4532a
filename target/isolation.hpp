// Finds the roots of a batch that the target refuses, all of them in one go where it can.
//
//   1 the steps, in chunks with a savepoint each
//       a row is refused                  it is left out, and the chunk is run again
//       a step wrote nothing              the chunk is run again up to it, and the step once more
//                                         with its row locked: if that writes nothing either, the
//                                         row is refused (kNotWritten)
//       a set of deletes is refused       the roots are halved (below)
//   2 SET CONSTRAINTS ALL IMMEDIATE
//       refused by a foreign key          a query finds the rows whose parent is missing
//       refused by anything else          the roots are halved
//   3 something was left out: again from 1 without it, until nothing is refused
//
// Halving: a half that fails is cut in two until those that fail are alone. Each of these is tried
// once more together with all that were accepted, for it may only have needed another row.
//
// A row whose parent's row was refused is not blamed for that: it is left out of the answer, since
// the next derivation knows that the parent is missing.
#pragma once

#include "target/runner.hpp"

namespace crossfade {

class Isolation {
public:
    // Begins no transaction: `begin` opens one and moves the position. Borrows all.
    Isolation(Runner& runner, std::span<const Step> steps, std::span<const Extra> begin);

    struct Outcome {
        BatchAnswer answer;
        bool untouched = false;  // the position was not where it should be
    };
    // Leaves the transaction open; if the answer is ready, with everything applied and every
    // constraint checked.
    Outcome run();

private:
    using Roots = std::vector<RootRef>;

    // The error of a set of deletes, if one was refused: which row is to blame is not known yet.
    std::optional<ServerError> apply(std::span<const Step> steps);
    std::optional<ServerError> apply_chunk(std::vector<Step> steps);
    // Runs a chunk again, in which these steps wrote nothing; refuses those that do not now.
    RunResult repeat(std::span<const Step> steps, const std::vector<std::size_t>& unwritten);
    ServerError not_written(const Step& step);
    void tell_row_in_the_way(const Step& step, ServerError& error);
    void tell_column(const Step& step, ServerError& error);
    std::optional<ServerError> check_constraints();
    void blame(const ServerError& error);
    bool blame_orphans(const ServerError& error);
    void blame_by_halves(const ServerError& error);
    // Applies the accepted roots and `more` from the start; the error if that is refused.
    std::optional<ServerError> try_with(const std::set<RootRef>& accepted,
                                        std::span<const RootRef> more);
    void halve(std::set<RootRef>& accepted, std::span<const RootRef> roots,
               std::vector<std::pair<RootRef, ServerError>>& suspects);

    void refuse(const RootRef& root, const ServerError& error);
    bool refers_to_left_out(const RootRef& root) const;
    std::vector<Step> remaining() const;
    void back_to_start();

    Runner& runner_;
    std::span<const Step> steps_;
    std::span<const Extra> begin_;
    std::map<RootRef, std::vector<const RowWrite*>> writes_;
    std::set<RootRef> left_out_;   // refused ones and their dependants
    std::set<Uuid> left_out_ids_;  // and rows that are missing
    std::map<EntityIndex, std::vector<RowHook>> hooks_;
    BatchAnswer answer_;
};

}  // namespace crossfade
