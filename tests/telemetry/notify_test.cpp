#include "telemetry/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

#include "tests/support/catch.hpp"

using namespace crossfade;

namespace {

// Plays systemd: the datagram socket that NOTIFY_SOCKET names.
class Manager {
public:
    Manager() : socket_{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
        const std::string name = "crossfade-notify-" + std::to_string(getpid());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        // An abstract address: the first byte is zero, no file is left behind.
        std::memcpy(address.sun_path + 1, name.data(), name.size());
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
        if (bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0) {
            throw std::runtime_error("bind");
        }
        setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
    }
    ~Manager() {
        unsetenv("NOTIFY_SOCKET");
        close(socket_);
    }
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    std::string heard() const {
        char text[512];
        const auto size = recv(socket_, text, sizeof(text), MSG_DONTWAIT);
        return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
    }

private:
    int socket_;
};

}  // namespace

TEST_CASE("the service manager hears of every step", "[telemetry]") {
    const Manager manager;
    service::notify_status("streaming,\nlag 0 bytes");
    CHECK(manager.heard() == "STATUS=streaming, lag 0 bytes");
    service::notify_ready();
    CHECK(manager.heard() == "READY=1");
    service::notify_watchdog();
    CHECK(manager.heard() == "WATCHDOG=1");
    service::notify_stopping();
    CHECK(manager.heard() == "STOPPING=1");
    CHECK(manager.heard().empty());
}

TEST_CASE("without a service manager nothing happens", "[telemetry]") {
    unsetenv("NOTIFY_SOCKET");
    service::notify_ready();
    unsetenv("WATCHDOG_USEC");
    CHECK_FALSE(service::watchdog_interval());
}

TEST_CASE("the watchdog's interval is the unit's", "[telemetry]") {
    setenv("WATCHDOG_USEC", "30000000", 1);
    setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
    CHECK(service::watchdog_interval() == std::chrono::seconds(30));
    setenv("WATCHDOG_PID", "1", 1);
    CHECK_FALSE(service::watchdog_interval());
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}
