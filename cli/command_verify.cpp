// crossfade verify: an exact comparison of both databases at one position (docs/decisions/0006).
#include "cli/read_config.hpp"
#include "config/quantity.hpp"
#include "model/encoding.hpp"
#include "pipeline/road.hpp"
#include "pipeline/root_name.hpp"
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

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>

namespace crossfade {

namespace {

struct VerifyFlags {
    std::vector<std::string> entities;
    bool repair = false;
    bool born = false;
    bool adopt_unknown = false;
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
        calls.hold = [this](const SourceSnapshot& snapshot) { return hold(snapshot); };
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

    // Those that are in quarantine now, with the reason.
    std::map<RootRef, std::string> repair(const std::vector<RootRef>& roots) {
        require_service("--repair");
        std::map<RootRef, std::string> quarantined;
        for (const RootRef& root : roots) {
            const std::string answer = client_->request(
                "repair",
                {{"entity", program_.entities[root.entity].name}, {"root_hex", to_hex(root.root)}});
            const JsonMembers members = parse_members(answer).value();
            if (argument(members, "repaired") == "0")
                quarantined[root] = argument(members, "reason");
        }
        return quarantined;
    }

    // What became of a row that no root gives: Road::take_unknown().
    std::string take_unknown(const BornRow& row) {
        require_service("--adopt-unknown");
        return member(
            client_->request("take_unknown", {{"entity", row.name}, {"id", row.id.format()}}),
            "outcome");
    }

    ~Bridge() {
        // The service does it as well, but it may be gone.
        std::error_code ignored;
        if (!checkpoint_.empty()) std::filesystem::remove_all(checkpoint_, ignored);
    }
    Bridge(const Bridge&) = delete;
    Bridge& operator=(const Bridge&) = delete;

private:
    void require_service(const std::string& flag) const {
        if (client_) return;
        throw Failure{
            Error{ErrorKind::configuration, flag + " needs the running service"}.with_hint(
                "start `crossfade run`, then `crossfade verify " + flag + "`")};
    }

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

    std::shared_ptr<const Reader> hold(const SourceSnapshot& snapshot) {
        if (!client_) return open_settled_state(config_, context_);
        checkpoint_ = member(client_->request("hold", {{"token", token_},
                                                       {"lsn", snapshot.point.lsn.format()},
                                                       {"snapshot", snapshot.name}}),
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

class VerifyRun {
public:
    VerifyRun(const Config& config, const Context& context, const VerifyFlags& flags)
        : config_{config},
          context_{context},
          key_{read_or_create_secret_key(config.secrets.key_file)} {
        options_.source = source_options(config, "verify");
        options_.target = target_options(config, "verify");
        options_.slot = config.source.slot;
        options_.scratch = scratch_folder(config);
        options_.list_born = flags.born || flags.adopt_unknown;
        options_.entities = {flags.entities.begin(), flags.entities.end()};
    }

    Verification look() {
        bridge_.reset();  // the next look has a connection and a copy of its own
        bridge_.emplace(config_, context_, key_);
        return verify(*context_.program, options_, bridge_->callbacks(),
                      [](std::string_view, std::uint64_t, std::uint64_t) {});
    }

    // Takes over the rows that no root gives, those of children first.
    void take_unknown(std::vector<BornRow> rows) {
        std::erase_if(rows, [](const BornRow& row) { return !row.unknown; });
        std::ranges::stable_sort(rows, std::ranges::greater{}, &BornRow::entity);
        std::size_t removed = 0, kept = 0;
        for (const BornRow& row : rows) {
            const std::string outcome = bridge_->take_unknown(row);
            removed += outcome == Road::kRemoved ? 1 : 0;
            kept += outcome == Road::kKept ? 1 : 0;
            if (outcome == Road::kRemoved || outcome == Road::kKept) continue;
            std::cerr << "could not remove " << row.name << " id " << row.id.format() << ": "
                      << outcome << '\n';
        }
        std::cerr << "unknown rows: " << removed << " removed, " << kept
                  << " kept as the mapping says, " << rows.size() - removed - kept << " left\n";
    }

    // Derives and writes again what differs, and looks again.
    void repair(const std::vector<RootRef>& roots) {
        const auto quarantined = bridge_->repair(roots);
        const Verification after = look();
        std::set<RootRef> left{after.repairs.begin(), after.repairs.end()};
        std::size_t repaired = 0;
        for (const RootRef& root : roots) {
            const auto reason = quarantined.find(root);
            if (reason == quarantined.end() && !left.contains(root)) {
                ++repaired;
                continue;
            }
            const std::string entity = context_.program->entities[root.entity].name;
            const std::string key = display_root(*context_.program, root.root);
            std::cerr << "could not repair " << entity << " " << key << ": "
                      << (reason == quarantined.end() ? remaining(after, entity, key)
                                                      : reason->second)
                      << '\n';
        }
        for (const Difference& difference : after.kept) {
            if (needs_people(difference.kind))
                std::cerr << "could not repair: " << difference_text(difference) << '\n';
        }
        if (repaired > 0) {
            std::cerr << "repaired " << repaired << " roots; each is a bug worth a report\n";
        }
    }

private:
    static std::string remaining(const Verification& after, const std::string& entity,
                                 const std::string& key) {
        for (const Difference& difference : after.kept) {
            if (difference.entity == entity && difference.key == key)
                return "still " + difference_text(difference);
        }
        return "it still differs";
    }

    const Config& config_;
    const Context& context_;
    SecretKey key_;
    VerifyOptions options_;
    std::optional<Bridge> bridge_;
};

int run_verify(const Invocation& invocation, const VerifyFlags& flags) {
    const auto config = read_config(invocation);
    if (!config) return kFailed;
    const CommandWatch watch{*config};
    const auto context = read_context(*config);
    if (!context) return kFailed;
    for (const std::string& name : flags.entities)
        entity_named(*context->program, name);
    VerifyRun run{*config, *context, flags};
    Verification found = run.look();
    std::cout << (flags.json ? report_json(found) : report_text(found)) << '\n';
    if (flags.adopt_unknown) {
        run.take_unknown(found.born);
        // What they held may be wanted.
        if (flags.repair) found = run.look();
    }
    if (flags.repair && !found.is_clean()) run.repair(found.repairs);
    return found.is_clean() ? kGood : kFound;
}

}  // namespace

void add_verify(CLI::App& app, Invocation& invocation) {
    auto flags = std::make_shared<VerifyFlags>();
    CLI::App* command =
        app.add_subcommand("verify", "compares both databases, exactly, at one position");
    command->add_option("--entity", flags->entities, "only these entities")->type_name("NAME");
    command->add_flag("--repair", flags->repair, "derives and writes again what differs");
    command->add_flag("--born", flags->born, "lists the rows that are not the bridge's");
    command->add_flag("--adopt-unknown", flags->adopt_unknown,
                      "takes rows over that no root gives and that an earlier load may have "
                      "written, and removes them as the mapping says");
    command->add_flag("--json", flags->json, "the report as JSON");
    command->callback([&invocation, flags] {
        invocation.run = [&invocation, flags] { return run_verify(invocation, *flags); };
    });
}

}  // namespace crossfade
