#include "service/control_client.hpp"

#include "model/json.hpp"
#include "service/control_socket.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>

namespace crossfade {

namespace {
constexpr std::size_t kAnswerMax = std::size_t{256} << 20;

[[noreturn]] void service_gone() {
    throw Failure{Error{ErrorKind::unavailable, "the service went away while it was asked"}};
}
}  // namespace

std::optional<ControlClient> ControlClient::try_connect(const std::string& path) {
    const int socket = connect_control(path);
    if (socket < 0) return std::nullopt;
    return ControlClient{socket};
}

ControlClient ControlClient::connect(const std::string& path) {
    if (auto client = try_connect(path)) return std::move(*client);
    throw Failure{Error{ErrorKind::unavailable, "nobody serves " + path}.with_hint(
        "start the service: crossfade run")};
}

ControlClient::~ControlClient() {
    if (socket_ >= 0) ::close(socket_);
}

ControlClient::ControlClient(ControlClient&& other) noexcept
    : socket_{std::exchange(other.socket_, -1)}, received_{std::move(other.received_)} {}

std::string ControlClient::request(const std::string& command, const Arguments& arguments,
                                   std::chrono::seconds within) {
    const timeval limit{.tv_sec = within.count(), .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    std::vector<std::pair<std::string, std::string>> members;
    for (const auto& [name, value] : arguments)
        members.emplace_back(name, json_quote(value));
    members.emplace_back("command", json_quote(command));
    std::string answer;
    if (!send_all(socket_, json_object(std::move(members)).text + "\n")) service_gone();
    errno = 0;
    if (!receive_line(socket_, received_, answer, kAnswerMax)) {
        if (errno != EAGAIN && errno != EWOULDBLOCK) service_gone();
        throw Failure{Error{ErrorKind::unavailable, "the service does not answer within " +
                                                        std::to_string(within.count()) + " s"}
                          .with_hint("is its process stopped?")};
    }
    const auto parsed = parse_members(answer);
    if (!parsed) throw Failure{Error{parsed.error()}.within("answer of the service")};
    const auto error = parsed->find("error");
    if (error == parsed->end()) return answer;
    Error refused{ErrorKind::configuration, error->second};
    if (const auto hint = parsed->find("hint"); hint != parsed->end())
        refused.with_hint(hint->second);
    throw Failure{std::move(refused)};
}

}  // namespace crossfade
