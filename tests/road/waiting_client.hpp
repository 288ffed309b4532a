// A client of the service's socket that a test can leave waiting for an answer, and end as a kill
// would: without a word.
#pragma once

#include "service/control_socket.hpp"
#include "service/json_members.hpp"

#include <stdexcept>
#include <string>

#include <unistd.h>

namespace crossfade::test {

class WaitingClient {
public:
    explicit WaitingClient(const std::string& path) : socket_{connect_control(path)} {
        if (socket_ < 0) throw std::runtime_error{"nobody serves " + path};
    }
    ~WaitingClient() { vanish(); }
    WaitingClient(const WaitingClient&) = delete;
    WaitingClient& operator=(const WaitingClient&) = delete;

    void ask(const std::string& json) const {
        if (!send_all(socket_, json + "\n")) throw std::runtime_error{"the service is gone"};
    }
    // The members of the next answer; empty if the service went away.
    JsonMembers answer() {
        std::string line;
        if (!receive_line(socket_, received_, line, 1 << 20)) return {};
        return parse_members(line).value();
    }
    JsonMembers request(const std::string& json) {
        ask(json);
        return answer();
    }
    // The token of a hold that has just begun.
    std::string pause(const std::string& within = "1min") {
        const JsonMembers granted =
            request(R"({"command": "pause", "who": "a test", "within": ")" + within + "\"}");
        const auto token = granted.find("token");
        return token == granted.end() ? std::string{} : token->second;
    }
    void ask_hold(const std::string& token, const std::string& lsn) const {
        ask(R"({"command": "hold", "token": ")" + token + R"(", "lsn": ")" + lsn + "\"}");
    }
    JsonMembers release(const std::string& token) {
        return request(R"({"command": "release", "token": ")" + token + "\"}");
    }
    void vanish() {
        if (socket_ >= 0) ::close(socket_);
        socket_ = -1;
    }

private:
    int socket_;
    std::string received_;
};

}  // namespace crossfade::test
