// Between a program and a server: what goes through can be stopped. The kernel goes on
// acknowledging bytes and taking connections meanwhile, as a middlebox does whose other side is
// gone.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace crossfade::test {

class Proxy {
public:
    // To a port of 127.0.0.1. Listens on a port of its own from here on.
    explicit Proxy(int server_port);
    ~Proxy();
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    int port() const { return port_; }
    // From now on no byte passes, in either direction, and new connections get no answer.
    void freeze() { frozen_ = true; }
    void thaw() { frozen_ = false; }

private:
    void accept_all();
    void pump(int from, int to);

    int server_port_;
    int listener_;
    int port_ = 0;
    std::atomic<bool> frozen_{false};
    std::atomic<bool> ended_{false};
    std::vector<int> sockets_;
    std::vector<std::thread> pumps_;
    std::thread acceptor_;
};

}  // namespace crossfade::test
