// Verification: target = T(source), exactly, while both are being written.
//
//   pause          the bridge begins nothing more
//   open_snapshot  a snapshot of the source and its point P: all that is committed before P
//   hold(P)        the bridge has applied what lies before P, nothing else; a copy of its state
//   BEGIN          the target's snapshot, taken by a first query
//   release        the bridge goes on; all that follows looks at the three snapshots
//   load_images    the source's rows, into a scratch state; close_snapshot
//   proof A        images of the scratch state = images of the state (images.hpp)
//   proof B        every root derived from the scratch state = the target (expected.hpp, rows.hpp)
//   accounting     counts of the state = of the scratch state = of the source (accounts.hpp)
//
// What the state believes to have written is not taken for true: hashes are not looked at.
#pragma once

#include "model/lsn.hpp"
#include "postgres/connection.hpp"
#include "state/rocks_store.hpp"
#include "transforms/program.hpp"
#include "verify/verification.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace crossfade {

struct VerifyOptions {
    ConnectionOptions source;
    ConnectionOptions target;
    std::string slot;  // names the row of crossfade.progress
    // A folder for this run alone: emptied before, removed afterwards.
    std::filesystem::path scratch;
    std::set<std::string> entities;       // compared; empty: all
    std::size_t differences_max = 1'000;  // kept with their values; all are counted
    std::size_t repairs_max = 100'000;
    bool list_born = false;  // Verification::born
};

struct SourceSnapshot {
    std::string name;  // for SET TRANSACTION SNAPSHOT
    EndLsn point;      // consistent with it
};

// What the verifier asks of its caller, who has the slot and the bridge at hand. Each is called
// once, in this order; what they throw ends the verification, after release and close_snapshot.
struct VerifyCallbacks {
    // The bridge applies nothing of which it cannot be sure that it lies before the next snapshot.
    // May be empty, if nothing runs.
    std::function<void()> pause;
    std::function<SourceSnapshot()> open_snapshot;
    // Returns when everything up to the point is applied and settled, nothing behind it, and no
    // work but deferred fills is open. The state returned must not change any more: a copy, or the
    // state itself if nothing runs.
    std::function<std::shared_ptr<const Reader>(const SourceSnapshot& snapshot)> hold;
    std::function<void()> release;  // also called if anything since `pause` failed
    // Fills images, edges, members and the source's counts of an empty state from the snapshot.
    std::function<void(RocksStore& scratch, const SourceSnapshot& snapshot)> load_images;
    std::function<void()> close_snapshot;
};

// How far it is: what is being done, how much of it, out of how much (0: unknown).
using OnVerified =
    std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)>;

// Throws Failure: configuration for an unknown entity; conflict if the state has open work; trust
// if the target stands at another batch than the state; whatever connections and callbacks throw.
Verification verify(const Program& program, const VerifyOptions& options,
                    const VerifyCallbacks& callbacks, const OnVerified& on_verified);

}  // namespace crossfade
