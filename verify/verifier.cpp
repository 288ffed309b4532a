#include "verify/verifier.hpp"

#include "pipeline/batch.hpp"
#include "postgres/quote.hpp"
#include "postgres/transaction.hpp"
#include "target/equality.hpp"
#include "target/progress.hpp"
#include "verify/accounts.hpp"
#include "verify/born.hpp"
#include "verify/expected.hpp"
#include "verify/images.hpp"
#include "verify/orphans.hpp"
#include "verify/rows.hpp"
#include "verify/unheld.hpp"

#include <exception>
#include <optional>
#include <utility>

namespace crossfade {

namespace {

using Clock = std::chrono::steady_clock;

std::chrono::milliseconds since(Clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

// Runs a callback once: when told to, or at the latest when the scope ends.
class Once {
public:
    explicit Once(std::function<void()> action) : action_{std::move(action)} {}
    ~Once() {
        try {
            run();
        } catch (const std::exception&) {
            // The verification failed before this; its failure is the one that is reported.
            return;
        }
    }
    Once(const Once&) = delete;
    Once& operator=(const Once&) = delete;

    void run() {
        if (const auto action = std::exchange(action_, nullptr)) action();
    }

private:
    std::function<void()> action_;
};

// A folder of this run alone.
class Scratch {
public:
    explicit Scratch(std::filesystem::path path) : path_{std::move(path)} {
        std::filesystem::remove_all(path_);
        std::filesystem::create_directories(path_);
        std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
    }
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    std::filesystem::path operator/(const char* name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

class Run {
public:
    Run(const Program& program, const VerifyOptions& options, const VerifyCallbacks& callbacks,
        const OnVerified& on_verified)
        : program_{program},
          options_{options},
          callbacks_{callbacks},
          on_verified_{on_verified},
          log_{result_, options.differences_max, options.repairs_max} {}

    Verification run() {
        const auto start = Clock::now();
        check_entities();
        prepare();
        target_.emplace(Connection::open(options_.target));
        take_snapshots();
        compare();
        result_.elapsed = since(start);
        return std::move(result_);
    }

private:
    bool is_wanted(const std::string& entity) const {
        return options_.entities.empty() || options_.entities.contains(entity);
    }

    void check_entities() const {
        for (const std::string& name : options_.entities) {
            if (program_.find_entity(name) != kNone) continue;
            throw Failure{Error{ErrorKind::configuration, "the mapping has no entity " + name}};
        }
    }

    void prepare() {
        for (const MappedRelation& relation : program_.relations) {
            result_.relations.push_back({.name = relation.table()});
        }
        scratch_directory_.emplace(options_.scratch);
        scratch_ = RocksStore::open(*scratch_directory_ / "state");
    }

    // From here on source, state and target are all read as of one position.
    void take_snapshots() {
        const auto start = Clock::now();
        Once release{callbacks_.release};
        if (callbacks_.pause) callbacks_.pause();
        const SourceSnapshot snapshot = callbacks_.open_snapshot();
        Once close{callbacks_.close_snapshot};
        result_.point = snapshot.point;
        state_ = callbacks_.hold(snapshot);
        transaction_.emplace(*target_, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
        for (const EntityProgram& entity : program_.entities) {
            const TargetSpec& spec = entity.target;
            tell_columns(*target_, spec, read_shape(*target_, spec.schema, spec.table));
        }
        const auto progress = read_progress(*target_, options_.slot);
        release.run();
        result_.held = since(start);
        check_position(progress);
        load(snapshot);
        close.run();
    }

    void check_position(const std::optional<TargetProgress>& progress) {
        const std::uint64_t batch = read_position(*state_).batch;
        if (!progress || progress->batch != batch) {
            throw Failure{Error{ErrorKind::trust, "the target stands at batch " +
                                                      (progress ? std::to_string(progress->batch)
                                                                : std::string{"none"}) +
                                                      ", the state at " + std::to_string(batch)}
                              .with_hint("the target was restored, or another bridge writes it")};
        }
        const WorkCount work = count_work(*state_);
        if (work.open > 0) {
            throw Failure{Error{ErrorKind::conflict, std::to_string(work.open) +
                                                         " items of work are open; nothing can be "
                                                         "said before they are done"}};
        }
        result_.batch = batch;
        result_.deferred = work.deferred;
    }

    void load(const SourceSnapshot& snapshot) {
        on_verified_("reading the source", 0, 0);
        Connection source = Connection::open(options_.source);
        Transaction reading{source, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"};
        source.exec("SET TRANSACTION SNAPSHOT " + quote_literal(snapshot.name));
        callbacks_.load_images(*scratch_, snapshot);
        count_source_rows(program_, source, result_);
        std::uint64_t rows = 0;
        for (const RelationVerification& relation : result_.relations)
            rows += relation.rows;
        on_verified_("reading the source", rows, rows);
    }

    void compare() {
        on_verified_("comparing images", 0, 0);
        check_source_rows(program_, *scratch_, result_, log_);
        compare_images(program_, *scratch_, *state_, result_, log_);
        History history{program_, *state_, *scratch_};
        ExpectedRows expected{program_, *scratch_, history, *scratch_directory_ / "rows"};
        std::uint64_t roots = 0;
        expected.derive([&](EntityIndex, std::uint64_t more) {
            roots += more;
            on_verified_("deriving", roots, 0);
        });
        RowComparison rows{program_, expected, *scratch_, *state_, *target_, log_};
        OrphanSearch orphans{program_, expected, *scratch_, *state_, *target_, log_};
        BornRows born{program_, *state_};
        if (options_.list_born) {
            rows.on_born([&](EntityIndex entity, const Uuid& id, bool taken) {
                born.add(entity, id, taken);
            });
        }
        for (EntityIndex entity = 0; entity < program_.entities.size(); ++entity) {
            const std::string& name = program_.entities[entity].name;
            if (!is_wanted(name)) continue;
            EntityVerification counts;
            counts.name = name;
            check_accounts(entity, *scratch_, *state_, counts, log_);
            compare_states(program_, entity, *scratch_, *state_, counts, log_);
            const auto total = static_cast<std::uint64_t>(counts.applied);
            std::uint64_t done = 0;
            rows.compare(entity, counts, [&](std::uint64_t more) {
                done += more;
                on_verified_("comparing " + name, done, total);
            });
            orphans.search(entity, counts);
            find_unheld(program_, entity, *state_, *target_, counts, log_);
            result_.entities.push_back(std::move(counts));
        }
        result_.born = born.take();
        transaction_->rollback();
    }

    const Program& program_;
    const VerifyOptions& options_;
    const VerifyCallbacks& callbacks_;
    const OnVerified& on_verified_;
    Verification result_;
    DifferenceLog log_;
    std::optional<Scratch> scratch_directory_;
    std::unique_ptr<RocksStore> scratch_;
    std::shared_ptr<const Reader> state_;
    std::optional<Connection> target_;
    std::optional<Transaction> transaction_;
};

}  // namespace

Verification verify(const Program& program, const VerifyOptions& options,
                    const VerifyCallbacks& callbacks, const OnVerified& on_verified) {
    return Run{program, options, callbacks, on_verified}.run();
}

}  // namespace crossfade
