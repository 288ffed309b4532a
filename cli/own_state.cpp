#include "cli/own_state.hpp"

#include "cli/state_requests.hpp"
#include "pipeline/road.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

namespace crossfade {

namespace {

// A process that was killed may have left an intent behind, of which only the target knows whether
// it stands. What is read and written here must come after it.
void settle(const Config& config, const Program& program, Store& store) {
    bool open = false;
    store.scan(Family::intents, {}, {}, [&](std::string_view, std::string_view) {
        open = true;
        return false;
    });
    if (!open) return;
    Connection target = Connection::open(target_options(config, "state"));
    Road{program, store, BatchLimits{}}.recover(read_progress(target, config.source.slot));
}

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

std::optional<OwnState> open_own_state(const Config& config) {
    if (!std::filesystem::exists(config.state)) {
        throw Failure{
            Error{ErrorKind::unavailable, "there is no state at " + config.state.string() + " yet"}
                .with_hint("crossfade run makes it")};
    }
    auto context = load_context(config);
    if (!context) return std::nullopt;
    RocksOptions options;
    options.create = false;
    auto store = RocksStore::open(config.state, options);
    settle(config, *context->program, *store);
    return OwnState{std::move(*context), std::move(store)};
}

// RocksDB keeps a record lock on its file LOCK.
bool state_is_held(const Config& config) {
    const int file = ::open((config.state / "LOCK").c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) return false;
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const bool held = ::fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    ::close(file);
    return held;
}

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
