// crossfade wait: until everything that was committed on the source before now is settled.
#include "cli/read_config.hpp"
#include "config/quantity.hpp"
#include "replicator/slot.hpp"
#include "service/control_client.hpp"
#include "service/status.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

namespace crossfade {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kPauseMin{20};
constexpr std::chrono::milliseconds kPauseMax{250};

// Pauses that get longer: a short wait ends quickly, and a long one polls seldom.
class Pause {
public:
    void take() {
        std::this_thread::sleep_for(next_);
        next_ = std::min(next_ * 2, kPauseMax);
    }

private:
    std::chrono::milliseconds next_ = kPauseMin;
};

struct WaitOptions {
    std::string timeout;
    bool json = false;
};

// Every transaction that is committed by now ends before this message begins, and transactions are
// settled in the order of their commits: a settled position at or behind the message's own means
// that all of them are. The message is in a transaction of its own, so that such a position comes
// also when nobody else writes.
Lsn mark_source(const Config& config) {
    Connection source = Connection::open(source_options(config, "wait"));
    return write_marker(source, "crossfade", "wait");
}

// The service's status. With a deadline a service that is only starting, or starting again, is
// waited for; without one its absence is an error at once.
class Service {
public:
    Service(std::string path, std::optional<Clock::time_point> deadline)
        : path_{std::move(path)}, deadline_{deadline} {}

    Status status() {
        for (Pause pause;; pause.take()) {
            try {
                if (!client_) client_.emplace(ControlClient::connect(path_));
                return parse_status(client_->request("status"));
            } catch (const Failure& failure) {
                client_.reset();
                if (failure.error().kind() != ErrorKind::unavailable) throw;
                if (!deadline_ || Clock::now() >= *deadline_) throw;
            }
        }
    }

private:
    std::string path_;
    std::optional<Clock::time_point> deadline_;
    std::optional<ControlClient> client_;
};

int finish(const WaitOptions& options, const Status& status, Lsn point, bool reached) {
    if (options.json) {
        std::cout << "{\"settled\": " << (reached ? "true" : "false") << ", \"point\": \""
                  << point.format() << "\", \"settled_lsn\": \"" << status.settled.lsn.format()
                  << "\"}\n";
    } else if (reached) {
        std::cout << "settled up to " << point.format() << '\n';
    } else {
        std::cerr << "crossfade: not settled in time: " << status.settled.lsn.format() << " of "
                  << point.format() << ", phase " << status.phase << ", " << status.work
                  << " pieces of work open\n";
    }
    return reached ? kGood : kFound;
}

int run_wait(const Invocation& invocation, const WaitOptions& options) {
    const auto begin = Clock::now();
    const auto config = read_config(invocation);
    if (!config) return kFailed;
    const CommandWatch watch{*config};
    std::optional<std::chrono::milliseconds> timeout;
    if (!options.timeout.empty()) {
        timeout = parse_duration(options.timeout);
        if (const auto seconds = parse_count(options.timeout); !timeout && seconds)
            timeout = std::chrono::seconds{*seconds};
        if (!timeout) {
            throw Failure{Error{
                ErrorKind::configuration,
                "--timeout wants a time such as 30s or 5min, not \"" + options.timeout + "\""}};
        }
    }
    const auto deadline = timeout ? std::optional{begin + *timeout} : std::nullopt;
    Service service{control_socket(*config), deadline};
    Status status = service.status();
    const Lsn point = mark_source(*config);
    for (Pause pause; status.settled.lsn < point; status = service.status()) {
        if (deadline && Clock::now() >= *deadline) return finish(options, status, point, false);
        pause.take();
    }
    return finish(options, status, point, true);
}

}  // namespace

void add_wait(CLI::App& app, Invocation& invocation) {
    auto options = std::make_shared<WaitOptions>();
    CLI::App* command = app.add_subcommand(
        "wait", "until everything committed on the source before now is settled");
    command->add_option("--timeout", options->timeout,
                        "give up after this time (30s, 5min), with status 1");
    command->add_flag("--json", options->json, "print the positions as JSON");
    command->callback([&invocation, options] {
        invocation.run = [&invocation, options] { return run_wait(invocation, *options); };
    });
}

}  // namespace crossfade
