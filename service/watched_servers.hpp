// A watch over each of the two servers, for as long as it lives: of the service, and of a command
// that asks them itself.
#pragma once

#include "config/config.hpp"
#include "service/server_watch.hpp"

#include <string>
#include <vector>

namespace crossfade {

class WatchedServers {
public:
    WatchedServers(const Config& config, const Logger& log);

    // Who of this process waits for a server, and for whom that waits; any thread.
    std::vector<std::string> waits() const;

private:
    ServerWatch source_;
    ServerWatch target_;
};

}  // namespace crossfade
