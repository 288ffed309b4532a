#include "cli/control_server.hpp"

#include "cli/control_socket.hpp"
#include "model/json.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <list>
#include <mutex>
#include <thread>

namespace crossfade {

namespace {
using Protocol = boost::asio::local::stream_protocol;

constexpr std::size_t kRequestMax = std::size_t{1} << 20;

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
        std::thread thread;
        int socket = -1;
        std::string name;
        bool done = false;
    };

    Impl(boost::asio::io_context& context, std::string where, RequestHandlers by_name,
         std::function<void(const std::string&)> when_gone)
        : path{std::move(where)},
          handlers{std::move(by_name)},
          on_gone{std::move(when_gone)},
          acceptor{context} {}

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
                if (!error) self->serve(socket.release());
                self->accept();
            });
    }

    void serve(int socket) {
        ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) & ~O_NONBLOCK);
        ::fcntl(socket, F_SETFD, FD_CLOEXEC);
        reap();
        const std::lock_guard lock(mutex);
        Client& client = clients.emplace_back();
        client.socket = socket;
        client.name = std::to_string(++served);
        client.thread = std::thread([this, &client] { converse(client); });
    }

    void converse(Client& client) {
        std::string buffer;
        std::string line;
        while (receive_line(client.socket, buffer, line, kRequestMax)) {
            if (!send_all(client.socket, answer_to(handlers, line, client.name) + "\n")) break;
        }
        if (on_gone) on_gone(client.name);
        const std::lock_guard lock(mutex);
        ::close(client.socket);
        client.socket = -1;
        client.done = true;
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
        ::unlink(path.c_str());
        {
            const std::lock_guard lock(mutex);
            for (const Client& client : clients) {
                if (client.socket >= 0) ::shutdown(client.socket, SHUT_RDWR);
            }
        }
        for (Client& client : clients)
            client.thread.join();
        clients.clear();
    }

    std::string path;
    RequestHandlers handlers;
    std::function<void(const std::string&)> on_gone;
    std::uint64_t served = 0;
    Protocol::acceptor acceptor;
    std::mutex mutex;
    std::list<Client> clients;  // addresses stay
};

ControlServer::ControlServer(boost::asio::io_context& context, const std::string& path,
                             RequestHandlers handlers,
                             std::function<void(const std::string& client)> on_gone)
    : impl_{std::make_shared<Impl>(context, path, std::move(handlers), std::move(on_gone))} {
    impl_->listen();
    impl_->accept();
}

ControlServer::~ControlServer() { impl_->stop(); }

}  // namespace crossfade
