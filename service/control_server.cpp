#include "service/control_server.hpp"

#include "model/json.hpp"
#include "model/start_thread.hpp"
#include "service/control_socket.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <list>
#include <mutex>
#include <thread>

namespace crossfade {

namespace {
using Protocol = boost::asio::local::stream_protocol;

constexpr std::size_t kRequestMax = std::size_t{1} << 20;
// After an accept that failed for want of descriptors or memory.
constexpr std::chrono::milliseconds kAcceptPause{100};
// How often clients that wait for an answer are looked at.
constexpr std::chrono::milliseconds kWatch{200};
// How long the last answers may take when the server ends.
constexpr std::chrono::seconds kLastAnswers{2};
// How long a client that was refused may take to read why.
constexpr std::chrono::seconds kRefusalRead{2};

std::string refusal(const std::string& message, const std::string& hint) {
    std::vector<std::pair<std::string, std::string>> members{{"error", json_quote(message)}};
    if (!hint.empty()) members.emplace_back("hint", json_quote(hint));
    return json_object(std::move(members)).text;
}

std::string answer_to(const RequestHandlers& handlers, const std::string& line,
                      const std::string& client) {
    try {
        auto request = parse_members(line);
        if (!request) return refusal("not a request: " + request.error().message(), {});
        request->insert_or_assign("client", client);
        const std::string& command = argument(*request, "command");
        const auto handler = handlers.find(command);
        if (handler == handlers.end()) {
            return refusal("the service knows no command \"" + command + "\"",
                           "is the service of the same version as this program?");
        }
        std::string answer = handler->second(*request);
        // A line break inside of a JSON text is blank space.
        for (char& c : answer) {
            if (c == '\n') c = ' ';
        }
        return answer;
    } catch (const Failure& failure) {
        return refusal(failure.error().message(), failure.error().hint());
    } catch (const std::exception& error) {
        return refusal(error.what(), {});
    }
}

// A client that has no thread of its own. Its socket stays open until the client has closed it: the
// close of a socket that holds bytes nobody has read takes the answer away from the other end
// (ECONNRESET), and the client's request may arrive at any time.
class Refused : public std::enable_shared_from_this<Refused> {
public:
    explicit Refused(Protocol::socket socket)
        : socket_{std::move(socket)}, limit_{socket_.get_executor()} {}

    void tell(const Error& error) {
        send_all(socket_.native_handle(), refusal(error.message(), error.hint()) + "\n");
        limit_.expires_after(kRefusalRead);
        limit_.async_wait([self = shared_from_this()](boost::system::error_code) {
            boost::system::error_code ignored;
            self->socket_.close(ignored);
        });
        drain();
    }

private:
    void drain() {
        socket_.async_read_some(
            boost::asio::buffer(unread_),
            [self = shared_from_this()](boost::system::error_code ended, std::size_t) {
                if (!ended) return self->drain();
                self->limit_.cancel();
            });
    }

    Protocol::socket socket_;
    boost::asio::steady_timer limit_;
    std::array<char, 4096> unread_;
};

// A socket that was left behind refuses connections; one that is served must not be taken.
void clear_way(const std::string& path) {
    const int socket = connect_control(path);
    if (socket >= 0) {
        ::close(socket);
        throw Failure{Error{ErrorKind::conflict, "another crossfade serves " + path}.with_hint(
            "one process owns a state directory")};
    }
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        throw Failure{Error{ErrorKind::configuration,
                            "cannot replace " + path + ": " + std::strerror(errno)}};
    }
}
}  // namespace

const std::string& argument(const Request& request, std::string_view name) {
    const auto found = request.find(name);
    if (found == request.end()) {
        throw Failure{
            Error{ErrorKind::configuration, "the request lacks \"" + std::string{name} + "\""}};
    }
    return found->second;
}

std::string argument(const Request& request, std::string_view name, std::string_view otherwise) {
    const auto found = request.find(name);
    return found == request.end() ? std::string{otherwise} : found->second;
}

struct ControlServer::Impl : std::enable_shared_from_this<Impl> {
    struct Client {
        int socket = -1;
        std::string name;
        bool busy = false;       // a handler is under way
        bool told_gone = false;  // on_gone has been called
        bool done = false;
        std::thread thread;
    };

    Impl(boost::asio::io_context& context, std::string where, RequestHandlers by_name,
         std::function<void(const std::string&)> when_gone, Logger logger)
        : path{std::move(where)},
          handlers{std::move(by_name)},
          on_gone{std::move(when_gone)},
          log{std::move(logger)},
          acceptor{context},
          accept_pause{context},
          watch_pause{context} {}

    void listen() {
        control_address(path);
        clear_way(path);
        const Protocol::endpoint endpoint{path};
        acceptor.open(endpoint.protocol());
        acceptor.bind(endpoint);
        // Between bind and listen nobody can connect, so nobody gets in before the mode is set.
        ::chmod(path.c_str(), S_IRUSR | S_IWUSR);
        acceptor.listen();
    }

    void accept() {
        acceptor.async_accept(
            [self = shared_from_this()](boost::system::error_code error, Protocol::socket socket) {
                if (!self->acceptor.is_open()) return;
                if (error) return self->accept_later(error);
                self->short_of_means = false;
                self->serve(std::move(socket));
                self->accept();
            });
    }

    // Who wants to connect waits in the kernel's queue meanwhile.
    void accept_later(const boost::system::error_code& error) {
        if (!std::exchange(short_of_means, true)) {
            log.warning("a client has to wait",
                        Error{ErrorKind::unavailable, "accept: " + error.message()});
        }
        accept_pause.expires_after(kAcceptPause);
        accept_pause.async_wait([self = shared_from_this()](boost::system::error_code ended) {
            if (!ended && self->acceptor.is_open()) self->accept();
        });
    }

    void serve(Protocol::socket socket) {
        reap();
        const std::lock_guard lock(mutex);
        Client& client = clients.emplace_back();
        client.socket = socket.native_handle();
        client.name = std::to_string(++served);
        ::fcntl(client.socket, F_SETFL, ::fcntl(client.socket, F_GETFL) & ~O_NONBLOCK);
        ::fcntl(client.socket, F_SETFD, FD_CLOEXEC);
        try {
            client.thread = start_thread([this, &client] { converse(client); });
        } catch (const Failure& failure) {
            clients.pop_back();
            log.warning("a client was refused", failure.error());
            return std::make_shared<Refused>(std::move(socket))->tell(failure.error());
        }
        socket.release();  // its thread closes it, and not before it gets the lock
    }

    void converse(Client& client) {
        std::string buffer;
        std::string line;
        while (receive_line(client.socket, buffer, line, kRequestMax)) {
            set_busy(client, true);
            const std::string answer = answer_to(handlers, line, client.name) + "\n";
            set_busy(client, false);
            if (!send_all(client.socket, answer)) break;
        }
        if (buffer.size() > kRequestMax) refuse_rest(client, buffer);
        tell_gone(client);
        const std::lock_guard lock(mutex);
        ::close(client.socket);
        client.socket = -1;
        client.done = true;
        one_done.notify_all();
    }

    // The client reads why only after it has sent everything, so everything is read.
    static void refuse_rest(const Client& client, std::string& buffer) {
        send_all(
            client.socket,
            refusal("the request is longer than " + std::to_string(kRequestMax) + " bytes", {}) +
                "\n");
        ::shutdown(client.socket, SHUT_WR);
        std::string unread;
        do {
            buffer.clear();
        } while (receive_line(client.socket, buffer, unread, kRequestMax) ||
                 buffer.size() > kRequestMax);
    }

    void set_busy(Client& client, bool busy) {
        const std::lock_guard lock(mutex);
        client.busy = busy;
    }

    void tell_gone(Client& client) {
        {
            const std::lock_guard lock(mutex);
            if (std::exchange(client.told_gone, true)) return;
        }
        if (on_gone) on_gone(client.name);
    }

    // The thread of a client whose handler waits does not read, so it does not see the client's
    // end.
    void watch() {
        watch_pause.expires_after(kWatch);
        watch_pause.async_wait([self = shared_from_this()](boost::system::error_code ended) {
            if (ended || !self->acceptor.is_open()) return;
            self->look_at_busy();
            self->watch();
        });
    }

    void look_at_busy() {
        std::vector<Client*> gone;  // they stay: only this thread takes clients out
        {
            const std::lock_guard lock(mutex);
            for (Client& client : clients) {
                if (!client.busy || client.told_gone) continue;
                // Both directions are shut. Who only has nothing more to ask still reads.
                pollfd state{client.socket, 0, 0};
                if (::poll(&state, 1, 0) == 1 && (state.revents & POLLHUP) != 0)
                    gone.push_back(&client);
            }
        }
        for (Client* client : gone)
            tell_gone(*client);
    }

    void reap() {
        std::list<Client> ended;
        {
            const std::lock_guard lock(mutex);
            for (auto client = clients.begin(); client != clients.end();) {
                const auto next = std::next(client);
                if (client->done) ended.splice(ended.end(), clients, client);
                client = next;
            }
        }
        for (Client& client : ended)
            client.thread.join();
    }

    void stop() {
        boost::system::error_code ignored;
        acceptor.close(ignored);
        accept_pause.cancel();
        watch_pause.cancel();
        ::unlink(path.c_str());
        shut(SHUT_RD);  // whoever has asked still gets the answer
        {
            std::unique_lock lock(mutex);
            one_done.wait_for(lock, kLastAnswers, [this] {
                return std::ranges::all_of(clients, [](const Client& c) { return c.done; });
            });
        }
        shut(SHUT_RDWR);
        for (Client& client : clients)
            client.thread.join();
        clients.clear();
    }

    void shut(int how) {
        const std::lock_guard lock(mutex);
        for (const Client& client : clients) {
            if (client.socket >= 0) ::shutdown(client.socket, how);
        }
    }

    std::string path;
    RequestHandlers handlers;
    std::function<void(const std::string&)> on_gone;
    Logger log;
    std::uint64_t served = 0;
    bool short_of_means = false;  // the last accept failed
    Protocol::acceptor acceptor;
    boost::asio::steady_timer accept_pause;
    boost::asio::steady_timer watch_pause;
    std::mutex mutex;
    std::condition_variable one_done;
    std::list<Client> clients;  // addresses stay; their threads use all of the above
};

ControlServer::ControlServer(boost::asio::io_context& context, const std::string& path,
                             RequestHandlers handlers,
                             std::function<void(const std::string& client)> on_gone, Logger log)
    : impl_{std::make_shared<Impl>(context, path, std::move(handlers), std::move(on_gone),
                                   std::move(log))} {
    impl_->listen();
    impl_->accept();
    impl_->watch();
}

ControlServer::~ControlServer() { impl_->stop(); }

}  // namespace crossfade
