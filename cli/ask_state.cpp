#include "cli/ask_state.hpp"

#include "cli/read_config.hpp"
#include "service/state_requests.hpp"

#include <iostream>

namespace crossfade {

namespace {
std::optional<std::string> answer_here(const Config& config, const std::string& command,
                                       const ControlClient::Arguments& arguments) {
    auto own = open_own_state(config);
    if (!own) return std::nullopt;
    RocksStore& store = *own->store;
    const RequestHandlers handlers =
        state_handlers({*own->context.program, store, [&store](const StateAccess::Fill& fill) {
                            WriteSet set;
                            fill(store, set);
                            store.write(set, true);
                        }});
    const Request request{arguments.begin(), arguments.end()};
    return handlers.at(command)(request);
}
}  // namespace

int ask_state(const Config& config, const std::string& command,
              const ControlClient::Arguments& arguments, bool json) {
    std::optional<std::string> answer;
    if (auto client = ControlClient::try_connect(control_socket(config))) {
        answer = client->request(command, arguments);
    } else {
        answer = answer_here(config, command, arguments);
    }
    if (!answer) return kFailed;
    const auto members = parse_members(*answer);
    if (!members) throw Failure{Error{members.error()}.within("answer of the service")};
    if (json) {
        std::cout << members->at("data") << '\n';
    } else {
        std::cout << members->at("text");
    }
    return members->at("status") == "0" ? kGood : kFound;
}

}  // namespace crossfade
