// The socket by which other commands speak to the process that owns the state: STATE/crossfade.sock
// (mode 0600), one JSON object a line in each direction.
//
//   {"command":"map get","entity":"users","key":"accounts/220"}
//   {"status":0,"text":"...","data":{...}}
//   {"error":"no such entity","hint":"..."}          whatever the handler threw
#pragma once

#include "service/json_members.hpp"
#include "telemetry/logger.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace crossfade {

using Request = JsonMembers;
using RequestHandler = std::function<std::string(const Request&)>;  // JSON text; may throw Failure
using RequestHandlers = std::map<std::string, RequestHandler>;      // by the member `command`

// The argument, or Failure(configuration) if it is missing.
const std::string& argument(const Request& request, std::string_view name);
// The argument, or `otherwise`.
std::string argument(const Request& request, std::string_view name, std::string_view otherwise);

class ControlServer {
public:
    // Listens at `path`, accepting on `context` (borrowed). A socket that nobody serves any more is
    // replaced; throws Failure(conflict) if somebody serves it. Each connection has a thread of its
    // own, on which handlers run: they may block, and several may run at once.
    //
    // Each request carries the member `client`, a name of its connection; `on_gone` is told once
    // when the client has ended it, from any thread, also while a handler of that client waits.
    //
    // Without a descriptor for it a client waits; without a thread for it, it is refused.
    ControlServer(boost::asio::io_context& context, const std::string& path,
                  RequestHandlers handlers,
                  std::function<void(const std::string& client)> on_gone = {},
                  Logger log = Logger::none());
    // Removes the socket, lets handlers under way answer, ends the connections and waits for their
    // threads: whoever makes handlers that block must wake them before. To be called where the
    // context runs, or while it does not.
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace crossfade
