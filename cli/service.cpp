#include "cli/service.hpp"

#include "cli/applier.hpp"
#include "cli/context.hpp"
#include "cli/control_server.hpp"
#include "cli/load.hpp"
#include "cli/load_memory.hpp"
#include "cli/root_key.hpp"
#include "cli/state_requests.hpp"
#include "postgres/server_facts.hpp"
#include "replicator/slot.hpp"
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
             std::function<void(const std::string&)> on_gone, std::function<void()> on_signal)
        : signals_{context_, SIGINT, SIGTERM},
          server_{context_, control_socket(config), std::move(handlers), std::move(on_gone)} {
        signals_.async_wait([on_signal](const boost::system::error_code& error, int) {
            if (!error) on_signal();
        });
        thread_ = std::thread{[this] { context_.run(); }};
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

// What the source says about its own position; nothing while it cannot be asked.
class SourcePosition {
public:
    explicit SourcePosition(const Config& config) : options_{source_options(config, "status")} {}
    std::optional<Lsn> ask() {
        const std::lock_guard lock{mutex_};
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

RequestHandlers handlers_for(const Program& program, RocksStore& store, const Config& config,
                             Applier& applier, SourcePosition& source) {
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
        if (const auto position = source.ask()) set_source_position(status, *position);
        return to_json(status);
    };
    handlers["pause"] = [&](const Request& request) {
        applier.pause(argument(request, "client"));
        return std::string{"{\"paused\":true}"};
    };
    handlers["hold"] = [&](const Request& request) {
        const auto directory = config.state / ("checkpoint-" + std::to_string(::getpid()));
        std::filesystem::remove_all(directory);
        applier.hold(Lsn::parse(argument(request, "lsn")).value(), directory);
        return "{\"held\":true,\"checkpoint\":\"" + directory.string() + "\"}";
    };
    handlers["release"] = [&](const Request&) {
        applier.release();
        return std::string{"{\"released\":true}"};
    };
    handlers["repair"] = [&](const Request& request) {
        const EntityIndex entity = entity_named(program, argument(request, "entity"));
        applier.repair({{entity, from_hex(argument(request, "root_hex"))}});
        return std::string{"{\"repaired\":1}"};
    };
    return handlers;
}

// The stream may go on only if slot, server and position still belong together.
void check_resumable(const Config& config, const RocksStore& store) {
    Connection source = Connection::open(source_options(config, "resume"));
    const ServerFacts facts = read_server_facts(source);
    const Position position = read_position(store);
    check_resume(inspect_slot(source, config.source.slot), config.source.slot, plugin_name(config),
                 position.applied, EndLsn{}, facts);
}

// The mapping as compiled decides what the state's numbers mean; another one needs a new load.
void check_fingerprint(const Context& context, RocksStore& store) {
    std::string shape;
    for (const MappedRelation& relation : context.program->relations) {
        shape += relation.schema + "." + relation.name + "(";
        for (const MappedColumn& column : relation.columns)
            shape += column.name + ",";
        shape += ")";
    }
    for (const IndexSpec& index : context.program->indexes)
        shape += index.name + ";";
    for (const EntityProgram& entity : context.program->entities)
        shape += entity.name + ";";
    const auto stored = store.get(Family::meta, "mapping_shape");
    if (stored && *stored != shape) {
        throw Failure{
            Error{ErrorKind::trust,
                  "the mapping, or the source's tables it reads, changed since the load"}
                .with_hint(
                    "bring the old mapping back, or `crossfade drop --state` and load again")};
    }
    if (stored) return;
    WriteSet set;
    set.put(Family::meta, "mapping_shape", shape);
    store.write(set, true);
}

// What the world does to a load ends the attempt, not the service: the next one begins anew.
void run_load(InitialLoad& load, const Config& config, const std::stop_token& stop,
              const Logger& log) {
    auto wait = config.retry.first;
    while (!stop.stop_requested()) {
        try {
            return load.run(stop);
        } catch (const Failure& failure) {
            if (stop.stop_requested()) return;
            // A server that never answered is a mistake in the configuration rather than trouble.
            if (next_step(failure.error().kind()) != NextStep::retry || !load.begun()) throw;
            log.warning("retrying", failure.error(), {fields::retry_ms(wait.count())});
        }
        std::mutex mutex;
        std::unique_lock lock{mutex};
        std::condition_variable_any{}.wait_for(lock, stop, wait, [] { return false; });
        wait = std::min(wait * 2, config.retry.max);
    }
}

}  // namespace

int run_service(const Config& config, bool snapshot_only) {
    Console console = Console::standard_error();
    const Logger log =
        Logger::to_console(console, parse_log_level(config.log.level).value_or(LogLevel::info));
    const auto context = load_context(config);
    if (!context) return 2;
    const auto store = RocksStore::open(config.state);
    const SecretKey key = load_or_create_secret_key(config.secrets.key_file);
    check_fingerprint(*context, *store);
    store->set_cache_bytes(share_memory(config.load).cache_bytes);  // until the load is done
    Applier applier{*context->program, *store, config, key, console, log};
    SourcePosition source{config};
    std::stop_source stop;
    {
        const Listener listener{config,
                                handlers_for(*context->program, *store, config, applier, source),
                                [&](const std::string& client) { applier.release_of(client); },
                                [&] {
                                    stop.request_stop();
                                    applier.stop();
                                }};
        service::notify_ready();
        try {
            service::notify_status("loading");
            InitialLoad load{*context->program, *store, config, key, console, log};
            run_load(load, config, stop.get_token(), log);
            if (!snapshot_only && !stop.stop_requested()) check_resumable(config, *store);
            service::notify_status("running");
            applier.run(snapshot_only);
        } catch (const Failure& failure) {
            log.error("halted", failure.error());
            applier.stop();
            throw;
        }
        service::notify_stopping();
        applier.stop();
    }
    log.info("stopped", {fields::end_lsn(read_position(*store).applied.lsn.format())});
    return 0;
}

}  // namespace crossfade
