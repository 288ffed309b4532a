#include "service/watched_servers.hpp"

#include "service/context.hpp"

namespace crossfade {

WatchedServers::WatchedServers(const Config& config, const Logger& log)
    : source_{{.server = source_options(config, "watch"), .silence = config.retry.silence}, log},
      target_{{.server = target_options(config, "watch"),
               .patience = patience_for(config.target.lock_timeout),
               .silence = config.retry.silence},
              log} {}

std::vector<std::string> WatchedServers::waits() const {
    std::vector<std::string> all = source_.waits();
    for (std::string& sentence : target_.waits())
        all.push_back(std::move(sentence));
    return all;
}

}  // namespace crossfade
