#include "postgres/server_session.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace crossfade {

namespace {
struct Sessions {
    std::mutex mutex;
    std::vector<std::weak_ptr<ServerSession>> all;
};

// Sessions may end after main() does.
Sessions& sessions() {
    static auto* const list = new Sessions;
    return *list;
}

std::atomic<std::uint64_t> last_id{0};
}  // namespace

ServerSession::ServerSession(std::string purpose, std::string application, int socket)
    : id_{++last_id},
      purpose_{std::move(purpose)},
      application_{std::move(application)},
      socket_{socket} {}

std::shared_ptr<ServerSession> ServerSession::begin(std::string purpose, std::string application,
                                                    int socket) {
    std::shared_ptr<ServerSession> session{
        new ServerSession{std::move(purpose), std::move(application), socket}};
    const std::lock_guard lock{sessions().mutex};
    std::erase_if(sessions().all, [](const auto& entry) { return entry.expired(); });
    sessions().all.push_back(session);
    return session;
}

void ServerSession::close() noexcept {
    const std::lock_guard lock{mutex_};
    socket_ = -1;
}

void ServerSession::known_as(int backend_pid, double server_started) {
    const std::lock_guard lock{mutex_};
    backend_pid_ = backend_pid;
    server_started_ = server_started;
}

std::string ServerSession::cut_reason() const {
    const std::lock_guard lock{mutex_};
    return cut_reason_;
}

ServerSession::Wait::Wait(ServerSession* session, bool stream) noexcept : session_{session} {
    if (session_ == nullptr) return;
    session_->step_.fetch_add(1, std::memory_order_relaxed);
    session_->stream_.store(stream, std::memory_order_relaxed);
    session_->waits_.fetch_add(1, std::memory_order_relaxed);
}

ServerSession::Wait::~Wait() {
    if (session_ != nullptr) session_->waits_.fetch_sub(1, std::memory_order_relaxed);
}

std::vector<SessionFacts> sessions_with(const std::string& purpose) {
    std::vector<SessionFacts> facts;
    const std::lock_guard lock{sessions().mutex};
    for (const auto& entry : sessions().all) {
        const auto session = entry.lock();
        if (!session || session->purpose_ != purpose) continue;
        const std::lock_guard inner{session->mutex_};
        if (session->socket_ < 0) continue;
        facts.push_back({session->id_, session->application_, session->backend_pid_,
                         session->server_started_, session->stream_, session->waits_ > 0,
                         session->step_});
    }
    return facts;
}

bool cut_session(std::uint64_t id, const std::string& reason) {
    const std::lock_guard lock{sessions().mutex};
    for (const auto& entry : sessions().all) {
        const auto session = entry.lock();
        if (!session || session->id_ != id) continue;
        const std::lock_guard inner{session->mutex_};
        if (session->socket_ < 0) return false;
        session->cut_reason_ = reason;
        ::shutdown(session->socket_, SHUT_RDWR);
        return true;
    }
    return false;
}

}  // namespace crossfade
