#include "check/all.hpp"

#include <filesystem>

namespace crossfade {

void Preflight::guard(const std::string& path, const std::function<void()>& part) {
    try {
        part();
    } catch (const Failure& failure) {
        // The connection's errors begin with its side, as the path does.
        std::string message = failure.error().message();
        if (message.starts_with(path + ": ")) message.erase(0, path.size() + 2);
        if (failure.error().hint().empty() && failure.error().sqlstate() == "42501")
            message += "; docs/operations.md says which rights the role needs";
        findings.push_back(about(path, std::move(message), failure.error().hint()));
        could_not_run = true;
    }
}

namespace {

// A server that goes away in the middle, or a catalog that may not be read, ends this part alone.
class WholeCheck {
public:
    WholeCheck(const Config& config, Preflight& report, WorldTrouble trouble)
        : config_{config}, report_{report}, trouble_{trouble} {}

    void run(const std::string& command) {
        report_.source = reach(source_options(config_, command));
        report_.target = reach(target_options(config_, command));
        check_mapping();
        if (report_.source) part("source", [this] { check_source(*report_.source); });
        if (report_.target) part("target", [this] { check_target(*report_.target); });
        check_pair();
        if (!std::filesystem::exists(config_.state))
            report_.creates.push_back("here: the state directory " + config_.state.string());
    }

private:
    void rethrow_trouble(const Failure& failure) const {
        if (trouble_ == WorldTrouble::thrown &&
            next_step(failure.error().kind()) == NextStep::retry)
            throw Failure{failure};
    }

    std::optional<Preflight::Server> reach(const ConnectionOptions& options) {
        try {
            Connection connection = Connection::open(options);
            ServerFacts facts = read_server_facts(connection);
            return Preflight::Server{std::move(connection), std::move(facts)};
        } catch (const Failure& failure) {
            rethrow_trouble(failure);
            report_.findings.push_back(about(options.purpose,
                                             "cannot be reached: " + failure.error().message(),
                                             failure.error().hint()));
            report_.could_not_run = true;
            return std::nullopt;
        }
    }

    void part(const std::string& path, const std::function<void()>& what) {
        if (trouble_ == WorldTrouble::finding) return report_.guard(path, what);
        try {
            what();
        } catch (const Failure& failure) {
            rethrow_trouble(failure);
            report_.guard(path, [&] { throw Failure{failure}; });
        }
    }

    void check_mapping() {
        auto mapping = read_mapping(config_, report_.findings);
        if (!mapping) {
            report_.could_not_run = true;
            return;
        }
        Context& context = report_.context;
        context.mapping = std::move(*mapping);
        if (!report_.source) return;
        part("source", [&] {
            context.catalog = read_catalog(context.mapping, report_.source->connection);
            context.program = compile(context.mapping, context.catalog, report_.findings);
        });
        if (!context.program) report_.could_not_run = true;
    }

    void check_source(Preflight::Server& source) {
        check_source_server(source.connection, source.facts, config_, report_.findings,
                            report_.creates);
        check_source_tables(source.connection, source.facts, config_, report_.context,
                            report_.findings);
    }

    void check_target(Preflight::Server& target) {
        check_target_server(target.connection, target.facts, config_, report_.findings,
                            report_.creates);
        if (!report_.context.program) return;
        check_target_tables(target.connection, target.facts, report_.context, report_.findings);
        if (config_.load.defer_indexes)
            check_deferred_indexes(target.connection, target.facts, report_.context,
                                   report_.findings);
    }

    void check_pair() {
        if (!report_.source || !report_.target) return;
        const ServerFacts& source = report_.source->facts;
        const ServerFacts& target = report_.target->facts;
        if (source.system_identifier != target.system_identifier ||
            source.database != target.database)
            return;
        report_.findings.push_back(
            about("target", "is the source's own database", "target: {conninfo: ...}"));
    }

    const Config& config_;
    Preflight& report_;
    WorldTrouble trouble_;
};

}  // namespace

Preflight check_all(const Config& config, const std::string& command, Findings findings,
                    WorldTrouble trouble) {
    Preflight report;
    report.findings = std::move(findings);
    WholeCheck{config, report, trouble}.run(command);
    return report;
}

}  // namespace crossfade
