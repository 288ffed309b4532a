// The state as a command opens it while no service owns it.
#pragma once

#include "service/context.hpp"
#include "state/rocks_store.hpp"

#include <filesystem>
#include <memory>
#include <optional>

namespace crossfade {

// The state as this process has opened it. Owns everything.
struct OwnState {
    Context context;
    std::unique_ptr<RocksStore> store;
};

// Settles what a killed process left open. Nothing: the mapping cannot be used, `findings` says
// why. Throws Failure if there is no state, or if another process holds it.
std::optional<OwnState> open_own_state(const Config& config, Findings& findings);

// The same for a mapping that is compiled already. Throws Failure likewise.
std::unique_ptr<RocksStore> open_settled_state(const Config& config, const Context& context);

// Whether a process has the state, or a copy of one, in `directory` open.
bool is_locked(const std::filesystem::path& directory);
// Whether a process has the state open; one that serves it not yet is loading it.
bool state_is_held(const Config& config);

}  // namespace crossfade
