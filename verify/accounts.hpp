// The accounting: every source row is in exactly one state, the counts say so, and deriving
// everything anew counts the same.
#pragma once

#include "postgres/connection.hpp"
#include "state/store.hpp"
#include "transforms/program.hpp"
#include "verify/verification.hpp"

namespace crossfade {

// Rows of each relation as the source counts them: an own look, beside that of the image load.
// `source` is in a transaction with the snapshot.
void count_source_rows(const Program& program, Connection& source, Verification& verification);
// The images that were read from the snapshot are as many as the source counts.
void check_source_rows(const Program& program, const Reader& scratch, Verification& verification,
                       DifferenceLog& log);

// Fills the counts of one entity from the state, and compares them with themselves and with those
// of the scratch state.
void check_accounts(EntityIndex entity, const Reader& scratch, const Reader& state,
                    EntityVerification& counts, DifferenceLog& log);

// Root by root: the state it counts in, and the members that feed it.
void compare_states(const Program& program, EntityIndex entity, const Reader& scratch,
                    const Reader& state, EntityVerification& counts, DifferenceLog& log);

}  // namespace crossfade
