#include "service/control_socket.hpp"

#include "model/error.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace crossfade {

sockaddr_un control_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        throw Failure{
            Error{ErrorKind::configuration, "the path of the control socket is too long: " + path}
                .with_hint("a shorter state directory: at most " +
                           std::to_string(sizeof address.sun_path - 16) + " bytes")};
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

int connect_control(const std::string& path) {
    const sockaddr_un address = control_address(path);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) throw Failure{Error{ErrorKind::unavailable, std::strerror(errno)}};
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        return socket;
    const int error = errno;
    ::close(socket);
    if (error == ENOENT || error == ECONNREFUSED || error == ENOTDIR) return -1;
    throw Failure{
        Error{ErrorKind::configuration, "cannot speak to " + path + ": " + std::strerror(error)}};
}

bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool receive_line(int socket, std::string& buffer, std::string& line, std::size_t line_max) {
    std::size_t searched = 0;
    for (;;) {
        const std::size_t end = buffer.find('\n', searched);
        if (end != std::string::npos) {
            if (end > line_max) return false;
            line = buffer.substr(0, end);
            buffer.erase(0, end + 1);
            return true;
        }
        searched = buffer.size();
        if (buffer.size() > line_max) return false;
        std::array<char, 16384> bytes;
        const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        buffer.append(bytes.data(), static_cast<std::size_t>(got));
    }
}

}  // namespace crossfade
