#include "service/service.hpp"

#include "config/quantity.hpp"
#include "model/json.hpp"
#include "model/start_thread.hpp"
#include "postgres/server_facts.hpp"
#include "replicator/slot.hpp"
#include "service/applier.hpp"
#include "service/context.hpp"
#include "service/control_server.hpp"
#include "service/initial_load.hpp"
#include "service/load_memory.hpp"
#include "service/new_columns.hpp"
#include "service/root_key.hpp"
#include "service/source_catalog.hpp"
#include "service/state_requests.hpp"
#include "service/state_shape.hpp"
#include "telemetry/notify.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <stop_token>
#include <thread>

namespace crossfade {

namespace {
// The thread that listens: signals and the control socket.
class Listener {
public:
    Listener(const Config& config, RequestHandlers handlers,
             std::function<void(const std::string&)> on_gone, std::function<void()> on_signal,
             const Logger& log)
        : signals_{context_, SIGINT, SIGTERM},
          server_{context_, control_socket(config), std::move(handlers), std::move(on_gone), log} {
        signals_.async_wait([on_signal](const boost::system::error_code& error, int) {
            if (!error) on_signal();
        });
        thread_ = start_thread([this] { context_.run(); });
    }
    ~Listener() {
        context_.stop();
        thread_.join();
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

private:
    boost::asio::io_context context_{1};
    boost::asio::signal_set signals_;
    ControlServer server_;
    std::thread thread_;
};

KeyBytes from_hex(const std::string& text) {
    KeyBytes bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    }
    return bytes;
}

// `status` is answered within a second, whatever the source does.
constexpr std::chrono::milliseconds kStatusWithin{500};

// What the source says about its own position; nothing while it cannot be asked.
class SourcePosition {
public:
    explicit SourcePosition(const Config& config) : options_{source_options(config, "status")} {
        options_.answer_within = kStatusWithin;
    }
    std::optional<Lsn> ask() {
        const std::unique_lock lock{mutex_, std::try_to_lock};
        if (!lock) return std::nullopt;  // somebody asks, and gets no answer at once
        try {
            if (!connection_) connection_ = Connection::open(options_);
            return Lsn::parse(*connection_->exec("SELECT pg_current_wal_lsn()").get(0, 0)).value();
        } catch (const Failure&) {
            connection_.reset();
            return std::nullopt;
        }
    }

private:
    ConnectionOptions options_;
    std::mutex mutex_;
    std::optional<Connection> connection_;
};

std::string member(std::string name, std::string_view text) {
    return json_object({{std::move(name), json_quote(text)}}).text;
}

RequestHandlers handlers_for(const Program& program, RocksStore& store, Applier& applier,
                             SourcePosition& source) {
    StateAccess access{program, store, [&](const StateAccess::Fill& fill) {
                           applier.execute([&] {
                               WriteSet set;
                               fill(store, set);
                               store.write(set, true);
                           });
                       }};
    RequestHandlers handlers = state_handlers(access);
    handlers["status"] = [&](const Request&) {
        Status status = applier.status();
        auto position = source.ask();
        // A new session may take longer than an answer to `status` may.
        if (!position) position = applier.slot_watch().source_position();
        if (position) set_source_position(status, *position);
        return to_json(status);
    };
    handlers["pause"] = [&](const Request& request) {
        const auto within = parse_duration(
            argument(request, "within", std::to_string(BridgeHold::kWithin.count()) + "ms"));
        if (!within) throw Failure{Error{ErrorKind::configuration, "pause: within is no time"}};
        return member("token", applier.hold().pause(argument(request, "client"),
                                                    argument(request, "who", "a client"), *within));
    };
    handlers["hold"] = [&](const Request& request) {
        return member("checkpoint", applier.hold()
                                        .hold(argument(request, "token"),
                                              Lsn::parse(argument(request, "lsn")).value(),
                                              argument(request, "snapshot", ""))
                                        .string());
    };
    handlers["release"] = [&](const Request& request) {
        applier.hold().release(argument(request, "token"));
        return std::string{"{\"released\":true}"};
    };
    handlers["repair"] = [&](const Request& request) {
        const EntityIndex entity = entity_named(program, argument(request, "entity"));
        const RootRef root{entity, from_hex(argument(request, "root_hex"))};
        applier.repair({root});
        return repair_answer(store, root);
    };
    handlers["take_unknown"] = [&](const Request& request) {
        const EntityIndex entity = entity_named(program, argument(request, "entity"));
        const auto id = Uuid::parse(argument(request, "id"));
        if (!id) throw Failure{Error{ErrorKind::configuration, "take_unknown: id is no UUID"}};
        return member("outcome", applier.take_unknown(entity, *id));
    };
    return handlers;
}

// The stream may go on only if slot, server and position still belong together, and the tables are
// those that were loaded.
void check_resumable(const Config& config, const Program& program, RocksStore& store,
                     Interrupt& interrupt) {
    ConnectionOptions options = source_options(config, "resume");
    options.interrupt = &interrupt;
    Connection source = Connection::open(options);
    const ServerFacts facts = read_server_facts(source);
    const Position position = read_position(store);
    check_resume(inspect_slot(source, config.source.slot), config.source.slot, config.source.plugin,
                 position.applied, EndLsn{}, facts);
    check_catalog(program, store, source);
}

// However the service ends, nobody is left waiting.
struct Ending {
    Applier& applier;
    ~Ending() { applier.stop(Error{ErrorKind::unavailable, "the service is stopping"}); }
};

// What the world does to a step of the start ends the attempt, not the service.
void retrying(const Config& config, const std::stop_token& stop, const Logger& log,
              const std::function<void()>& step) {
    auto wait = config.retry.first;
    while (!stop.stop_requested()) {
        try {
            return step();
        } catch (const Failure& failure) {
            if (stop.stop_requested()) return;
            if (next_step(failure.error().kind()) != NextStep::retry) throw;
            log.warning("retrying", failure.error(), {fields::retry_ms(wait.count())});
        }
        std::mutex mutex;
        std::unique_lock lock{mutex};
        std::condition_variable_any{}.wait_for(lock, stop, wait, [] { return false; });
        wait = std::min(wait * 2, config.retry.max);
    }
}

}  // namespace

int run_service(const Config& config, const Context& context, std::unique_ptr<RocksStore> store,
                bool snapshot_only) {
    Console console = Console::standard_error();
    const Logger log =
        Logger::to_console(console, parse_log_level(config.log.level).value_or(LogLevel::info));
    const SecretKey key = read_or_create_secret_key(config.secrets.key_file);
    TakenShape shape = take_shape(context, *store);
    for (const std::string& change : shape.changes)
        log.info("the mapping changed: " + change);
    store->use_numbers(std::move(shape.numbers));
    store->set_cache_bytes(share_memory(config.load).cache_bytes);  // until the load is done
    Applier applier{*context.program, *store, config, key, console, log};
    applier.decode_with(warn_of_new_columns(*context.program, context.catalog, log));
    SourcePosition source{config};
    std::stop_source stop;
    {
        const Listener listener{
            config, handlers_for(*context.program, *store, applier, source),
            [&](const std::string& client) { applier.hold().client_gone(client); },
            [&] {
                stop.request_stop();
                applier.stop(Error{ErrorKind::unavailable, "the service is stopping"});
            },
            log};
        // The listener waits for its clients, who may wait for the applier.
        const Ending ending{applier};
        service::notify_ready();
        try {
            service::notify_status("loading");
            InitialLoad load{*context.program,     *store,  config, key, applier.interrupt(),
                             applier.slot_watch(), console, log};
            // A load begins anew, or goes on with what it has.
            retrying(config, stop.get_token(), log, [&] { load.run(stop.get_token()); });
            if (!snapshot_only) {
                retrying(config, stop.get_token(), log, [&] {
                    check_resumable(config, *context.program, *store, applier.interrupt());
                });
            }
            service::notify_status("running");
            applier.run(snapshot_only);
        } catch (const Failure& failure) {
            log.error("halted", failure.error());
            applier.stop(Error{failure.error()}.within("the service halted"));
            throw;
        }
        service::notify_stopping();
    }
    log.info("stopped", {fields::end_lsn(read_position(*store).applied.lsn.format())});
    return 0;
}

}  // namespace crossfade
