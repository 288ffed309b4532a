#include "tests/support/proxy.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace crossfade::test {

namespace {
constexpr int kTick = 20;  // milliseconds

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

bool readable(int socket) {
    pollfd wait{socket, POLLIN, 0};
    return ::poll(&wait, 1, kTick) == 1;
}
}  // namespace

Proxy::Proxy(int server_port)
    : server_port_{server_port}, listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, name, size) != 0 || ::listen(listener_, 50) != 0 ||
        ::getsockname(listener_, name, &size) != 0)
        throw std::runtime_error{"the proxy cannot listen"};
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread{[this] { accept_all(); }};
}

Proxy::~Proxy() {
    ended_ = true;
    acceptor_.join();
    for (const int socket : sockets_)
        ::shutdown(socket, SHUT_RDWR);
    for (std::thread& thread : pumps_)
        thread.join();
    for (const int socket : sockets_)
        ::close(socket);
    ::close(listener_);
}

void Proxy::accept_all() {
    while (!ended_) {
        if (frozen_ || !readable(listener_)) {
            if (frozen_) std::this_thread::sleep_for(std::chrono::milliseconds{kTick});
            continue;
        }
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_in address = loopback(server_port_);
        if (client < 0 ||
            ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            ::close(client);
            ::close(server);
            continue;
        }
        sockets_.insert(sockets_.end(), {client, server});
        pumps_.emplace_back([this, client, server] { pump(client, server); });
        pumps_.emplace_back([this, client, server] { pump(server, client); });
    }
}

void Proxy::pump(int from, int to) {
    std::array<char, 65536> bytes;
    while (!ended_) {
        if (frozen_) {
            std::this_thread::sleep_for(std::chrono::milliseconds{kTick});
            continue;
        }
        if (!readable(from)) continue;
        const ssize_t got = ::recv(from, bytes.data(), bytes.size(), 0);
        if (got <= 0) break;
        for (ssize_t done = 0; done < got;) {
            const ssize_t sent =
                ::send(to, bytes.data() + done, static_cast<std::size_t>(got - done), MSG_NOSIGNAL);
            if (sent <= 0) return;
            done += sent;
        }
    }
    ::shutdown(to, SHUT_WR);
}

}  // namespace crossfade::test
