#include "postgres/interrupt.hpp"

#include "model/error.hpp"
#include "postgres/server_session.hpp"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <thread>

namespace crossfade {

void FinishConnection::operator()(PGconn* connection) const noexcept {
    if (interrupt != nullptr) interrupt->remove(connection);
    if (session) session->close();
    PQfinish(connection);
}

Interrupt::Interrupt() : descriptor_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    if (descriptor_ < 0) {
        throw Failure{Error{ErrorKind::unavailable,
                            std::string{"no event descriptor: "} + std::strerror(errno)}};
    }
}

Interrupt::~Interrupt() { ::close(descriptor_); }

void Interrupt::raise() {
    raised_ = true;
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then it is readable already.
    [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof(one));
    const std::lock_guard lock{mutex_};
    for (const Session& session : sessions_) {
        if (!session.cancel) continue;
        // PQcancel connects, and waits without a bound for a host that does not answer. Its thread
        // owns all that it touches.
        try {
            std::thread{[cancel = session.cancel] {
                char message[256];
                PQcancel(cancel.get(), message, sizeof(message));
            }}.detach();
        } catch (const std::system_error&) {
            // No thread to be had: the next raise() tries again, and cut() needs none.
        }
    }
}

void Interrupt::cut() {
    const std::lock_guard lock{mutex_};
    for (const Session& session : sessions_)
        ::shutdown(session.socket, SHUT_RDWR);
}

void Interrupt::add(PGconn* connection) {
    const std::lock_guard lock{mutex_};
    sessions_.push_back({connection, PQsocket(connection),
                         std::shared_ptr<PGcancel>{PQgetCancel(connection), FreeCancel{}}});
}

void Interrupt::remove(const PGconn* connection) noexcept {
    const std::lock_guard lock{mutex_};
    std::erase_if(sessions_,
                  [&](const Session& session) { return session.connection == connection; });
}

}  // namespace crossfade
