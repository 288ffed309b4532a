// crossfade verify: an exact comparison of both databases at one position (docs/decisions/0006).
#include "cli/read_config.hpp"
#include "config/quantity.hpp"
#include "model/encoding.hpp"
#include "postgres/quote.hpp"
#include "replicator/slot.hpp"
#include "service/control_client.hpp"
#include "service/control_server.hpp"
#include "service/json_members.hpp"
#include "service/own_state.hpp"
#include "service/root_key.hpp"
#include "service/state_shape.hpp"
#include "snapshot/image_load.hpp"
#include "state/secret_key.hpp"
#include "telemetry/console.hpp"
#include "verify/report.hpp"
#include "verify/verifier.hpp"

#include <CLI/CLI.hpp>

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <memory>

namespace crossfade {

namespace {

struct VerifyFlags {
    std::vector<std::string> entities;
    bool repair = false;
    bool json = false;
};

// The bridge as the verification sees it: the service over its socket, or the state opened here.
class Bridge {
public:
    Bridge(const Config& config, const Context& context, const SecretKey& key)
        : config_{config},
          context_{context},
          program_{*context.program},
          key_{key},
          client_{ControlClient::try_connect(control_socket(config))},
          log_{Logger::none()},
          progress_{console_, log_} {}

    VerifyCallbacks callbacks() {
        VerifyCallbacks calls;
        calls.pause = [this] {
            if (!client_) return;
            const std::string who = "crossfade verify, process " + std::to_string(::getpid());
            token_ = member(client_->request("pause", {{"who", who}}), "token");
        };
        calls.open_snapshot = [this] { return open_snapshot(); };
        calls.hold = [this](EndLsn point) { return hold(point); };
        calls.release = [this] {
            if (client_ && !token_.empty()) client_->request("release", {{"token", token_}});
        };
        calls.load_images = [this](RocksStore& scratch, const SourceSnapshot& snapshot) {
            ImageLoadOptions options;
            options.source_conninfo = config_.source.conninfo;
            options.snapshot_name = snapshot.name;
            options.scratch = scratch.directory().string() + ".load";
            const SecretFingerprinter fingerprinter{
                std::string_view{reinterpret_cast<const char*>(key_.data()), key_.size()}};
            load_images(program_, scratch, fingerprinter, options, progress_, log_);
        };
        calls.close_snapshot = [this] { replication_.reset(); };
        return calls;
    }

    void repair(const std::vector<RootRef>& roots) {
        if (!client_) {
            throw Failure{
                Error{ErrorKind::configuration, "repair needs the running service"}.with_hint(
                    "start `crossfade run`, then `crossfade verify --repair`")};
        }
        for (const RootRef& root : roots) {
            client_->request("repair", {{"entity", program_.entities[root.entity].name},
                                        {"root_hex", to_hex(root.root)}});
        }
    }

    ~Bridge() {
        // The service does it as well, but it may be gone.
        std::error_code ignored;
        if (!checkpoint_.empty()) std::filesystem::remove_all(checkpoint_, ignored);
    }
    Bridge(const Bridge&) = delete;
    Bridge& operator=(const Bridge&) = delete;

private:
    static std::string member(const std::string& answer, std::string_view name) {
        return argument(parse_members(answer).value(), name);
    }

    SourceSnapshot open_snapshot() {
        ConnectionOptions options = source_options(config_, "verify");
        options.replication = true;
        replication_.emplace(Connection::open(options));
        const std::string slot = "crossfade_verify_" + std::to_string(::getpid());
        const QueryResult created = replication_->exec(
            "CREATE_REPLICATION_SLOT " + quote_identifier(slot) + " TEMPORARY LOGICAL " +
            quote_identifier(config_.source.plugin) + " EXPORT_SNAPSHOT");
        SourceSnapshot snapshot{std::string{created.text(0, 2)},
                                EndLsn{Lsn::parse(created.text(0, 1)).value()}};
        // A WAL message after the point: the bridge then sees a position beyond it, even if nobody
        // else writes.
        Connection marker = Connection::open(source_options(config_, "verify"));
        write_marker(marker, "crossfade", "verify");
        return snapshot;
    }

    std::shared_ptr<const Reader> hold(EndLsn point) {
        if (!client_) return open_settled_state(config_, context_);
        checkpoint_ =
            member(client_->request("hold", {{"token", token_}, {"lsn", point.lsn.format()}}),
                   "checkpoint");
        auto state = RocksStore::open(checkpoint_);
        state->use_numbers(require_shape(context_, *state));
        return state;
    }

    const Config& config_;
    const Context& context_;
    const Program& program_;
    const SecretKey& key_;
    std::optional<ControlClient> client_;
    std::optional<Connection> replication_;
    std::string token_;
    std::filesystem::path checkpoint_;
    Console console_{stderr, false, 80};
    Logger log_;
    Progress progress_;
};

// A folder for this process alone. What killed ones left behind is removed.
std::filesystem::path scratch_folder(const Config& config) {
    const std::string prefix = config.state.string() + ".verify-";
    const std::filesystem::path parent = std::filesystem::absolute(config.state).parent_path();
    const std::string name = std::filesystem::path{prefix}.filename();
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator{parent, ignored}) {
        const std::string other = entry.path().filename();
        if (!other.starts_with(name)) continue;
        const auto process = parse_count(other.substr(name.size()));
        if (process && ::kill(static_cast<pid_t>(*process), 0) != 0 && errno == ESRCH)
            std::filesystem::remove_all(entry.path(), ignored);
    }
    return prefix + std::to_string(::getpid());
}

int run_verify(const Invocation& invocation, const VerifyFlags& flags) {
    const auto config = read_config(invocation);
    if (!config) return kFailed;
    const auto context = read_context(*config);
    if (!context) return kFailed;
    for (const std::string& name : flags.entities)
        entity_named(*context->program, name);
    const SecretKey key = read_or_create_secret_key(config->secrets.key_file);
    Bridge bridge{*config, *context, key};
    VerifyOptions options;
    options.source = source_options(*config, "verify");
    options.target = target_options(*config, "verify");
    options.slot = config->source.slot;
    options.scratch = scratch_folder(*config);
    options.entities = {flags.entities.begin(), flags.entities.end()};
    const Verification found = verify(*context->program, options, bridge.callbacks(),
                                      [](std::string_view, std::uint64_t, std::uint64_t) {});
    std::cout << (flags.json ? report_json(found) : report_text(found)) << '\n';
    if (flags.repair && !found.repairs.empty()) {
        bridge.repair(found.repairs);
        std::cerr << "repaired " << found.repairs.size()
                  << " roots; each is a bug worth a report\n";
    }
    return found.is_clean() ? kGood : kFound;
}

}  // namespace

void add_verify(CLI::App& app, Invocation& invocation) {
    auto flags = std::make_shared<VerifyFlags>();
    CLI::App* command =
        app.add_subcommand("verify", "compares both databases, exactly, at one position");
    command->add_option("--entity", flags->entities, "only these entities")->type_name("NAME");
    command->add_flag("--repair", flags->repair, "derives and writes again what differs");
    command->add_flag("--json", flags->json, "the report as JSON");
    command->callback([&invocation, flags] {
        invocation.run = [&invocation, flags] { return run_verify(invocation, *flags); };
    });
}

}  // namespace crossfade
