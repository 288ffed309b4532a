// The other end of service/control_server.hpp. Blocks; one request at a time.
#pragma once

#include "service/json_members.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace crossfade {

class ControlClient {
public:
    // Nothing if nobody serves the socket.
    static std::optional<ControlClient> try_connect(const std::string& path);
    // Throws Failure(unavailable) if nobody serves the socket.
    static ControlClient connect(const std::string& path);

    ~ControlClient();
    ControlClient(ControlClient&& other) noexcept;
    ControlClient& operator=(ControlClient&&) = delete;

    using Arguments = std::vector<std::pair<std::string, std::string>>;
    // The answer, one JSON object. What the service refused is thrown as it said it; a service that
    // went away meanwhile, or has not answered `within` (0: whenever it does), is
    // Failure(unavailable); then the client is not to be used again.
    std::string request(const std::string& command, const Arguments& arguments = {},
                        std::chrono::seconds within = {});

private:
    explicit ControlClient(int socket) : socket_{socket} {}
    int socket_;
    std::string received_;
};

}  // namespace crossfade
