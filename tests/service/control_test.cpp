#include "model/start_thread.hpp"
#include "service/control_client.hpp"
#include "service/control_server.hpp"
#include "service/control_socket.hpp"
#include "tests/service/no_threads.hpp"
#include "tests/state/temporary_directory.hpp"
#include "tests/support/catch.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>

using namespace crossfade;
using namespace crossfade::test;

namespace {

// A server whose io_context runs in a thread of its own, as the service's does.
class Running {
public:
    Running(const std::string& path, RequestHandlers handlers)
        : server_{std::in_place, context_, path, std::move(handlers)}, thread_{[this] {
              context_.run();
          }} {}
    ~Running() {
        context_.stop();
        thread_.join();
        server_.reset();
    }

private:
    boost::asio::io_context context_;
    std::optional<ControlServer> server_;
    std::thread thread_;
};

RequestHandlers echo() {
    return {
        {"echo",
         [](const Request& request) {
             return "{\"said\":\n\"" + argument(request, "text") + "\"}";
         }},
        {"refuse",
         [](const Request&) -> std::string {
             throw Failure{Error{ErrorKind::conflict, "not \"now\""}.with_hint("come back later")};
         }},
        {"break", [](const Request&) -> std::string { throw std::logic_error{"broken"}; }}};
}

std::string thrown(const std::function<void()>& what) {
    try {
        what();
    } catch (const Failure& failure) {
        return failure.error().format();
    }
    return "nothing";
}

}  // namespace

TEST_CASE("a request is answered by the handler of its command", "[cli][tsan]") {
    const TemporaryDirectory directory;
    const std::string path = directory / "s";
    const Running running{path, echo()};
    ControlClient client = ControlClient::connect(path);
    CHECK(client.request("echo", {{"text", "one"}}) == "{\"said\": \"one\"}");
    CHECK(client.request("echo", {{"text", "two"}}) == "{\"said\": \"two\"}");
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("what a handler throws reaches the client with its hint, and the connection goes on",
          "[cli]") {
    const TemporaryDirectory directory;
    const std::string path = directory / "s";
    const Running running{path, echo()};
    ControlClient client = ControlClient::connect(path);
    CHECK(thrown([&] { client.request("refuse"); }) == "not \"now\"; come back later");
    CHECK(thrown([&] { client.request("break"); }) == "broken");
    CHECK_THAT(thrown([&] { client.request("dance"); }),
               Catch::Matchers::ContainsSubstring("the service knows no command \"dance\""));
    CHECK(thrown([&] { client.request("echo"); }) == "the request lacks \"text\"");
    CHECK(client.request("echo", {{"text", "still"}}) == "{\"said\": \"still\"}");
}

TEST_CASE("a slow handler does not hold up other clients", "[cli][tsan]") {
    const TemporaryDirectory directory;
    const std::string path = directory / "s";
    std::promise<void> release;
    std::promise<void> entered;
    std::shared_future<void> released = release.get_future().share();
    RequestHandlers handlers = echo();
    handlers["hold"] = [&](const Request&) {
        entered.set_value();
        released.wait();
        return std::string{"{\"held\":true}"};
    };
    const Running running{path, std::move(handlers)};
    auto held = std::async(std::launch::async,
                           [&] { return ControlClient::connect(path).request("hold"); });
    entered.get_future().wait();
    for (int i = 0; i < 20; ++i) {
        ControlClient client = ControlClient::connect(path);
        CHECK(client.request("echo", {{"text", "x"}}) == "{\"said\": \"x\"}");
    }
    release.set_value();
    CHECK(held.get() == "{\"held\":true}");
}

TEST_CASE("the server tells whose connection has ended", "[cli][tsan]") {
    const TemporaryDirectory directory;
    const std::string path = directory / "s";
    std::promise<std::string> gone;
    RequestHandlers handlers;
    handlers["name"] = [](const Request& request) {
        return "{\"name\":\"" + argument(request, "client") + "\"}";
    };
    boost::asio::io_context context;
    ControlServer server{context, path, handlers,
                         [&](const std::string& client) { gone.set_value(client); }};
    std::thread thread{[&] { context.run(); }};
    std::string name;
    {
        ControlClient client = ControlClient::connect(path);
        // A name of one's own choice does not count.
        name = client.request("name", {{"client", "somebody"}});
    }
    CHECK(name == "{\"name\":\"" + gone.get_future().get() + "\"}");
    context.stop();
    thread.join();
}

TEST_CASE("a server that ends takes its connections and its socket with it", "[cli][tsan]") {
    const TemporaryDirectory directory;
    const std::string path = directory / "s";
    auto running = std::make_unique<Running>(path, echo());
    ControlClient client = ControlClient::connect(path);
    CHECK(client.request("echo", {{"text", "x"}}) == "{\"said\": \"x\"}");
    running.reset();
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK_THAT(thrown([&] {
                   client.request("echo", {{"text", "x"}});
               }),
               Catch::Matchers::ContainsSubstring("went away"));
    CHECK_FALSE(ControlClient::try_connect(path).has_value());
    CHECK_THAT(thrown([&] { ControlClient::connect(path); }),
               Catch::Matchers::ContainsSubstring("crossfade run"));
}

TEST_CASE("a second server is refused, a socket left behind is replaced", "[cli]") {
    const TemporaryDirectory directory;
    const std::string path = directory / "s";
    {
        const Running running{path, echo()};
        boost::asio::io_context context;
        CHECK_THAT(thrown([&] { const ControlServer second(context, path, echo()); }),
                   Catch::Matchers::ContainsSubstring("another crossfade serves"));
        CHECK(ControlClient::connect(path).request("echo", {{"text", "x"}}) == "{\"said\": \"x\"}");
    }
    // A process that was killed leaves its socket in the file system.
    const int killed = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(killed, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(killed);
    REQUIRE(std::filesystem::exists(path));
    CHECK_FALSE(ControlClient::try_connect(path).has_value());
    const Running running{path, echo()};
    CHECK(ControlClient::connect(path).request("echo", {{"text", "x"}}) == "{\"said\": \"x\"}");
}

TEST_CASE("the end of a client is told while its handler waits", "[cli][tsan]") {
    const TemporaryDirectory directory;
    const std::string path = directory / "s";
    std::promise<void> gone;
    std::shared_future<void> told = gone.get_future().share();
    RequestHandlers handlers;
    handlers["wait"] = [told](const Request&) {
        told.wait();
        return std::string{"{}"};
    };
    boost::asio::io_context context;
    ControlServer server{context, path, handlers, [&](const std::string&) { gone.set_value(); }};
    std::thread thread{[&] { context.run(); }};
    const int socket = connect_control(path);
    REQUIRE(send_all(socket, "{\"command\": \"wait\"}\n"));
    ::close(socket);
    CHECK(told.wait_for(std::chrono::seconds{30}) == std::future_status::ready);
    context.stop();
    thread.join();
}

TEST_CASE("a server that ends lets a handler under way answer", "[cli][tsan]") {
    const TemporaryDirectory directory;
    const std::string path = directory / "s";
    std::promise<void> end;
    std::promise<void> entered;
    RequestHandlers handlers;
    handlers["wait"] = [&](const Request&) {
        entered.set_value();
        end.get_future().wait();
        return std::string{"{\"said\":\"at last\"}"};
    };
    auto running = std::make_unique<Running>(path, std::move(handlers));
    auto answer = std::async(std::launch::async,
                             [&] { return ControlClient::connect(path).request("wait"); });
    entered.get_future().wait();
    std::thread ending{[&] { running.reset(); }};
    end.set_value();
    CHECK(answer.get() == "{\"said\":\"at last\"}");
    ending.join();
}

// Not under the undefined-behaviour sanitizer: it looks at an object's memory through a pipe, and
// takes memory for unreadable when it gets no descriptors for one.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("without a descriptor for a client the server waits for one, and says so once", "[cli]") {
    const TemporaryDirectory directory;
    const std::string path = directory / "s";
    std::ostringstream log;
    boost::asio::io_context context;
    ControlServer server{context, path, echo(), {}, Logger::to_stream(log, LogLevel::info)};
    const int client = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::vector<int> taken;
    for (int next = ::dup(client); next >= 0; next = ::dup(client))
        taken.push_back(next);
    REQUIRE(errno == EMFILE);
    const sockaddr_un address = control_address(path);
    REQUIRE(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    // Every passage of the loop is one handler: an accept that failed, a pause that is over, or a
    // look at the clients.
    const std::size_t passages = context.run_for(std::chrono::seconds{1});
    CHECK(passages > 2);
    CHECK(passages < 100);
    for (const int other : taken)
        ::close(other);
    std::thread thread{[&] { context.run(); }};
    REQUIRE(send_all(client, "{\"command\": \"echo\", \"text\": \"x\"}\n"));
    std::string buffer;
    std::string line;
    CHECK(receive_line(client, buffer, line, 1000));
    CHECK(line == "{\"said\": \"x\"}");
    ::close(client);
    context.stop();
    thread.join();
    const std::string text = log.str();
    const std::size_t first = text.find("a client has to wait");
    REQUIRE(first != std::string::npos);
    CHECK(text.find("a client has to wait", first + 1) == std::string::npos);
}
#endif

TEST_CASE("a client for which no thread can be had is refused, and the server goes on", "[cli]") {
    const TemporaryDirectory directory;
    const std::string path = directory / "s";
    const Running running{path, echo()};
    std::string refused;
    {
        const NoThreads none;
        CHECK_THAT(thrown([&] { start_thread([] {}); }),
                   Catch::Matchers::ContainsSubstring("cannot start a thread"));
        refused = thrown([&] { ControlClient::connect(path).request("echo", {{"text", "x"}}); });
    }
    CHECK_THAT(refused, Catch::Matchers::ContainsSubstring("cannot start a thread"));
    CHECK(ControlClient::connect(path).request("echo", {{"text", "x"}}) == "{\"said\": \"x\"}");
}

TEST_CASE("a client that was refused reads why, whenever its request arrives", "[cli]") {
    const bool before = GENERATE(true, false);
    CAPTURE(before);
    const TemporaryDirectory directory;
    const std::string path = directory / "s";
    boost::asio::io_context context;
    ControlServer server{context, path, echo(), {}};
    const int client = connect_control(path);
    REQUIRE(client >= 0);
    const std::string request = "{\"command\": \"echo\", \"text\": \"x\"}\n";
    if (before) REQUIRE(send_all(client, request));
    {
        const NoThreads none;
        pollfd answered{client, POLLIN, 0};
        while (::poll(&answered, 1, 0) == 0)
            context.run_one();
    }
    if (!before) CHECK(send_all(client, request));
    std::string buffer;
    std::string line;
    CHECK(receive_line(client, buffer, line, 1000));
    CHECK_THAT(line, Catch::Matchers::ContainsSubstring("cannot start a thread"));
    ::close(client);
}

TEST_CASE("a request that is too long is refused with its limit", "[cli]") {
    const TemporaryDirectory directory;
    const std::string path = directory / "s";
    const Running running{path, echo()};
    const std::size_t length = GENERATE(std::size_t{1} << 20, std::size_t{5} << 20);
    const std::string text(length, 'x');
    CHECK_THAT(thrown([&] {
                   ControlClient::connect(path).request("echo", {{"text", text}});
               }),
               Catch::Matchers::ContainsSubstring("longer than 1048576 bytes"));
    CHECK(ControlClient::connect(path).request("echo", {{"text", "x"}}) == "{\"said\": \"x\"}");
}

TEST_CASE("a path that the kernel does not take is named", "[cli]") {
    const std::string path = "/tmp/" + std::string(120, 'x');
    CHECK_THAT(thrown([&] { ControlClient::try_connect(path); }),
               Catch::Matchers::ContainsSubstring("too long"));
}

TEST_CASE("members of an object are texts, what is nested stays JSON", "[cli]") {
    const auto members = parse_members(
        R"( {"a": "x\"\\\n\u0041\u0007é", "n": 12.50, "t":true, "z": null,
             "o": {"k": [1, "}"]}, "l": [], "":""} )");
    REQUIRE(members.has_value());
    CHECK(members->at("a") == "x\"\\\nA\aé");
    CHECK(members->at("n") == "12.50");
    CHECK(members->at("t") == "true");
    CHECK(members->at("z") == "null");
    CHECK(members->at("o") == "{\"k\": [1, \"}\"]}");
    CHECK(members->at("l") == "[]");
    CHECK(members->at("").empty());
    CHECK(members->size() == 7);
    for (const char* wrong : {"", "[]", "12", "{", "{\"a\"}", "{\"a\":1} x", "\"a\""})
        CHECK(parse_members(wrong).has_error());
    CHECK(parse_members("{}")->empty());
}
