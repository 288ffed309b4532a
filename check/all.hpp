// The whole check of servers and mapping, as `check` prints it and `run` wants it without an error
// before it begins. Everything that can be looked at is looked at, whatever else is wrong.
#pragma once

#include "check/preflight.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace crossfade {

struct Preflight {
    struct Server {
        Connection connection;
        ServerFacts facts;
    };

    Findings findings;
    std::vector<std::string> creates;      // what the bridge would make
    std::optional<Server> source, target;  // not set: cannot be reached
    Context context;                       // program null: the mapping does not fit
    bool could_not_run = false;            // configuration or mapping invalid, a server unreachable

    bool good() const { return !could_not_run && !has_errors(findings); }
    // A Failure of the part becomes a finding.
    void guard(const std::string& path, const std::function<void()>& part);
};

// What the world does to the check (a server that is down) is a finding, or thrown.
enum class WorldTrouble { finding, thrown };

// `findings`: what the configuration had; taken over. `command` names the sessions.
Preflight check_all(const Config& config, const std::string& command, Findings findings,
                    WorldTrouble trouble = WorldTrouble::finding);

}  // namespace crossfade
