// crossfade run, crossfade snapshot: the service, and its initial load alone.
#include "check/all.hpp"
#include "cli/findings.hpp"
#include "cli/read_config.hpp"
#include "service/checked.hpp"
#include "service/initial_load.hpp"
#include "service/service.hpp"
#include "telemetry/console.hpp"
#include "telemetry/logger.hpp"
#include "telemetry/notify.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <thread>

#include <unistd.h>

namespace crossfade {

namespace {

constexpr std::chrono::milliseconds kStateWait{5'000};
constexpr std::chrono::milliseconds kStatePause{100};

// Until the service listens nothing is held that an end could harm.
void end_at_once(int) { ::_exit(kGood); }

class Start {
public:
    Start(const Config& config, const Logger& log) : config_{config}, log_{log} {}

    // Nothing is made, here or on the servers, unless the check found no error; then the state has
    // what was checked. Not kGood: what to end with.
    int prepare() {
        Findings findings;
        const auto mapping = read_mapping(config_, findings);
        if (!mapping) {
            for (const Finding& finding : findings)
                std::cerr << finding.format() << '\n';
            return kFailed;
        }
        if (std::filesystem::exists(config_.state / "CURRENT")) store = open_state();
        const std::string what = what_is_checked(*mapping);
        if (store && is_checked(*store, what)) {
            patiently([this] { context = read_context(config_); });
            return context ? kGood : kFailed;
        }
        const int status = check();
        if (status != kGood) return status;
        if (!store) store = open_state();
        keep_checked(*store, what);
        return kGood;
    }

    std::optional<Context> context;
    std::unique_ptr<RocksStore> store;

private:
    int check() {
        int status = kGood;
        patiently([&] {
            Preflight found = check_all(config_, "check", {}, WorldTrouble::thrown);
            // A load that was cut off drops its slot and begins anew, whatever that one has.
            if (store && !has_images(*store)) {
                std::erase_if(found.findings, [this](const Finding& finding) {
                    return finding.path == "source: slot " + config_.source.slot;
                });
            }
            if (!found.findings.empty()) std::cerr << to_text(found.findings);
            status = status_of(found);
            context = std::move(found.context);
        });
        return status;
    }

    // A command that reads the state has it for a moment, another service for good.
    std::unique_ptr<RocksStore> open_state() const {
        const auto end = std::chrono::steady_clock::now() + kStateWait;
        for (bool told = false;; told = true) {
            try {
                return RocksStore::open(config_.state);
            } catch (const Failure& failure) {
                if (failure.error().kind() != ErrorKind::unavailable ||
                    std::chrono::steady_clock::now() >= end)
                    throw;
                if (!told) log_.info("waiting for the state, which another process has");
            }
            std::this_thread::sleep_for(kStatePause);
        }
    }

    // A server that is down is waited for.
    void patiently(const std::function<void()>& step) {
        auto wait = config_.retry.first;
        while (true) {
            try {
                return step();
            } catch (const Failure& failure) {
                if (next_step(failure.error().kind()) != NextStep::retry) throw;
                log_.warning("waiting for the server", failure.error(),
                             {fields::retry_ms(wait.count())});
                service::notify_status("waiting: " + failure.error().message());
            }
            std::this_thread::sleep_for(wait);
            wait = std::min(wait * 2, config_.retry.max);
        }
    }

    const Config& config_;
    const Logger& log_;
};

int prepare_and_run(const Config& config, bool snapshot_only) {
    Console console = Console::standard_error();
    const Logger log =
        Logger::to_console(console, parse_log_level(config.log.level).value_or(LogLevel::info));
    Start start{config, log};
    const int status = [&] {
        const CommandWatch watch{config};
        return start.prepare();
    }();
    if (status != kGood) return status;
    return run_service(config, *start.context, std::move(start.store), snapshot_only);
}

int serve(const Invocation& invocation, bool snapshot_only) {
    const auto config = read_config(invocation);
    if (!config) return kFailed;
    std::signal(SIGTERM, end_at_once);
    std::signal(SIGINT, end_at_once);
    try {
        return prepare_and_run(*config, snapshot_only);
    } catch (const Failure& failure) {
        if (failure.error().kind() != ErrorKind::trust) throw;
        std::cerr << "crossfade: " << failure.error().format() << '\n';
        return kDistrusted;
    }
}
}  // namespace

void add_run(CLI::App& app, Invocation& invocation) {
    CLI::App* command =
        app.add_subcommand("run", "load a snapshot if there is none yet, then follow the slot");
    command->callback(
        [&invocation] { invocation.run = [&invocation] { return serve(invocation, false); }; });
}

void add_snapshot(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("snapshot", "the initial load alone");
    command->callback(
        [&invocation] { invocation.run = [&invocation] { return serve(invocation, true); }; });
}

}  // namespace crossfade
