// Asking the state: over the socket while the service owns it, else by opening it here.
#pragma once

#include "cli/context.hpp"
#include "cli/control_client.hpp"
#include "state/rocks_store.hpp"

#include <memory>
#include <optional>
#include <string>

namespace crossfade {

// The state as this process has opened it. Owns everything.
struct OwnState {
    Context context;
    std::unique_ptr<RocksStore> store;
};

// Settles what a killed process left open. Nothing: findings in the mapping were printed.
// Throws Failure if there is no state, or if another process holds it.
std::optional<OwnState> open_own_state(const Config& config);

// Whether a process has the state open; one that serves it not yet is loading it.
bool state_is_held(const Config& config);

// Sends a request of cli/state_requests.hpp to the service, or answers it here. Prints the answer's
// text, or its data with `json`; returns the exit status.
int ask_state(const Config& config, const std::string& command,
              const ControlClient::Arguments& arguments, bool json);

}  // namespace crossfade
