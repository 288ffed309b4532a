#include "cli/control_client.hpp"
#include "cli/control_server.hpp"
#include "tests/state/temporary_directory.hpp"
#include "tests/support/catch.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <future>
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
