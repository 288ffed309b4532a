// Asking the state what service/state_requests.hpp answers: over the socket while the service owns
// the state, else by opening it here.
#pragma once

#include "config/config.hpp"
#include "service/control_client.hpp"

#include <string>

namespace crossfade {

// Prints the answer's text, or its data with `json`; returns the exit status.
int ask_state(const Config& config, const std::string& command,
              const ControlClient::Arguments& arguments, bool json);

}  // namespace crossfade
