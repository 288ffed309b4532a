#include "cli/applier.hpp"

#include "cli/complete_target.hpp"
#include "cli/context.hpp"
#include "cli/load_memory.hpp"
#include "cli/open_work.hpp"
#include "pipeline/stager.hpp"
#include "postgres/server_facts.hpp"
#include "postgres/target_catalog.hpp"
#include "telemetry/kill_point.hpp"

#include <algorithm>

namespace crossfade {

namespace {
constexpr std::string_view kIdentity = "source_identity";
constexpr unsigned kFullBatchesMax = 10;
constexpr std::chrono::milliseconds kNewsWait{500};
constexpr std::chrono::milliseconds kIdleStore{1'000};

BatchLimits limits_of(const Config& config) {
    BatchLimits limits;
    limits.inline_entries = static_cast<std::int64_t>(config.work.inline_roots_max);
    limits.chunk_roots = config.work.chunk_roots;
    limits.load_roots = share_memory(config.load).chunk_rows;
    limits.load_threads = static_cast<unsigned>(config.load.connections);
    limits.chunk_entries = static_cast<std::int64_t>(config.work.chunk_roots) * 20;
    return limits;
}
}  // namespace

Applier::Applier(const Program& program, RocksStore& store, Config config, SecretKey key,
                 Console& console, Logger log)
    : program_{program},
      store_{store},
      config_{std::move(config)},
      key_{key},
      log_{std::move(log)},
      road_{program, store, limits_of(config_)},
      load_progress_{program, store, console, log_},
      specs_{target_specs(program)},
      deferred_{program, store, source_options(config_, "secrets"), key, log_, [this] { wake(); }} {
    road_.on_refusal = [this](const Refusal& refusal) {
        log_.warning("row refused by the target",
                     {fields::entity(program_.entities[refusal.root.entity].name),
                      fields::sqlstate(refusal.sqlstate), fields::constraint(refusal.constraint)});
    };
}

Applier::~Applier() = default;

void Applier::connect() {
    if (writer_) return;
    target_.emplace(Connection::open(target_options(config_, "apply")));
    road_.recover(read_progress(*target_, config_.source.slot));
    WriterOptions options;
    options.slot = config_.source.slot;
    options.origin = "crossfade_" + config_.source.slot;
    options.merge_rows = config_.batch.copy_rows_min;
    writer_ = std::make_unique<TargetWriter>(*target_, specs_, options);
    read_unique_keys();
    // What was taken from the stream and is applied already is passed over by the road.
    log_.info("target connected", {fields::batch(road_.position().batch),
                                   fields::end_lsn(road_.position().applied.lsn.format())});
}

void Applier::read_unique_keys() {
    road_.unique_keys.clear();
    for (EntityIndex e = 0; e < specs_.size(); ++e) {
        const auto table = read_target_table(*target_, specs_[e].schema, specs_[e].table);
        if (!table) continue;
        for (const UniqueKey& key : table->unique_keys) {
            std::set<std::uint32_t> columns;
            for (std::uint32_t c = 0; c < specs_[e].columns.size(); ++c) {
                const auto& names = key.columns;
                if (std::find(names.begin(), names.end(), specs_[e].columns[c].name) != names.end())
                    columns.insert(c);
            }
            if (columns.size() == key.columns.size()) road_.unique_keys[{e, key.name}] = columns;
        }
    }
}

void Applier::disconnect() {
    writer_.reset();
    target_.reset();
}

SourceIdentity Applier::identity() {
    SourceIdentity found;
    const auto bytes = store_.get(Family::meta, kIdentity);
    if (!bytes) return found;
    const auto slash = bytes->find('/');
    found.system_identifier = std::stoull(bytes->substr(0, slash));
    found.timeline = static_cast<std::uint32_t>(std::stoul(bytes->substr(slash + 1)));
    return found;
}

void Applier::follow_session() {
    if (load_open_) return;
    if (session_ && session_->drained() && pending_.empty()) {
        const std::exception_ptr failure = session_->failure();
        session_.reset();
        if (failure) std::rethrow_exception(failure);
        log_.info("source closed the stream", {});
        back_off(Failure{Error{ErrorKind::unavailable, "the source closed the stream"}});
        return;
    }
    if (session_) return;
    StreamSession::Setup setup;
    setup.conninfo = config_.source.conninfo;
    setup.slot = config_.source.slot;
    setup.expected = identity();
    setup.key = key_;
    setup.transactions_max = std::max<std::uint64_t>(2 * config_.batch.transactions_max, 64);
    setup.assembler.slice_bytes_max = config_.batch.spill_bytes;
    session_ = std::make_unique<StreamSession>(program_, setup, road_.position().applied,
                                               [this] { wake(); });
    log_.info("stream started",
              {fields::slot(setup.slot), fields::end_lsn(road_.position().applied.lsn.format())});
}

bool Applier::take_items() {
    std::uint64_t changes = 0;
    for (const SourceTransaction& transaction : pending_)
        changes += transaction.changes.size();
    bool any = false;
    while (session_ && pending_.size() < config_.batch.transactions_max &&
           changes < config_.batch.rows_max) {
        auto item = session_->try_take();
        if (!item) break;
        any = true;
        if (auto* idle = std::get_if<IdlePosition>(&*item)) {
            idle_ = idle->end;
            seen_ = std::max(seen_, idle_.lsn);
            continue;
        }
        auto& transaction = std::get<SourceTransaction>(*item);
        changes += transaction.changes.size();
        seen_ = std::max(seen_, transaction.end.lsn);
        pending_.push_back(std::move(transaction));
    }
    const std::lock_guard lock{mutex_};
    received_ = pending_.size();
    if (!pending_.empty()) oldest_commit_ = pending_.front().commit_time;
    return any;
}

bool Applier::apply_transactions() {
    take_items();
    std::optional<Lsn> point;
    {
        const std::lock_guard lock{mutex_};
        point = hold_point_;
    }
    std::vector<SourceTransaction> batch;
    std::uint64_t changes = 0;
    while (!pending_.empty() && batch.size() < config_.batch.transactions_max &&
           changes < config_.batch.rows_max) {
        if (point && pending_.front().commit.lsn >= *point) break;
        changes += pending_.front().changes.size();
        batch.push_back(std::move(pending_.front()));
        pending_.pop_front();
    }
    behind_ = batch.size() >= config_.batch.transactions_max || changes >= config_.batch.rows_max;
    if (batch.empty()) {
        const bool due = Clock::now() - idle_stored_ >= kIdleStore || point;
        if (!pending_.empty() || idle_ <= road_.position().applied || !due) return false;
        road_.idle(idle_);
        idle_stored_ = Clock::now();
        if (session_) session_->confirm(road_.position().applied);
        return false;
    }
    try {
        road_.apply(*writer_, batch);
    } catch (...) {
        for (auto t = batch.rbegin(); t != batch.rend(); ++t)
            pending_.push_front(std::move(*t));
        throw;
    }
    kill_point("confirm");
    if (session_) session_->confirm(road_.position().applied);
    return true;
}

bool Applier::work() { return road_.work(*writer_); }

bool Applier::fill() {
    if (const auto filled = deferred_.take()) {
        road_.fill(*writer_, *filled);
        deferred_.begin();
        return true;
    }
    if (!deferred_work(store_, 1).empty()) deferred_.begin();
    return false;
}

bool Applier::run_tasks() {
    std::deque<std::packaged_task<void()>> tasks;
    {
        const std::lock_guard lock{mutex_};
        tasks.swap(tasks_);
    }
    for (auto& task : tasks)
        task();
    return !tasks.empty();
}

// Standing still for a verification: true while nothing may be applied.
bool Applier::held() {
    std::unique_lock lock{mutex_};
    if (!hold_point_) return false;
    if (holding_ || hold_directory_.empty()) return true;
    const bool behind = !pending_.empty() && pending_.front().commit.lsn >= *hold_point_;
    const bool reached = road_.position().applied.lsn >= *hold_point_;
    if ((!behind && !reached) || first_work(store_) || road_.position().partial_changes > 0)
        return false;
    try {
        store_.checkpoint(hold_directory_);
    } catch (const Failure& failure) {
        hold_error_ = failure.error().format();
    }
    holding_ = true;
    lock.unlock();
    news_.notify_all();
    return true;
}

void Applier::wait_for_news() {
    std::unique_lock lock{mutex_};
    news_.wait_for(lock, kNewsWait, [this] { return woken_ || stopping_ || !tasks_.empty(); });
    woken_ = false;
}

void Applier::wake() {
    {
        const std::lock_guard lock{mutex_};
        woken_ = true;
    }
    news_.notify_all();
}

void Applier::back_off(const Failure& failure) {
    retry_ = retry_.count() == 0 ? config_.retry.first : std::min(retry_ * 2, config_.retry.max);
    log_.warning("retrying", failure.error(), {fields::retry_ms(retry_.count())});
    retry_at_ = Clock::now() + retry_;
}

bool Applier::step(bool load_only) {
    bool busy = run_tasks();
    if (held()) return busy;
    if (Clock::now() < retry_at_) return busy;
    connect();
    follow_session();
    if (load_open_) {
        const auto item = first_work(store_);
        if (item && item->kind == WorkItem::Kind::load) {
            load_progress_.show(item->entity);
        } else {
            finish_load();
            load_open_ = false;
        }
    }
    if (apply_transactions()) busy = true;
    if (held()) return true;
    // The stream comes first while it is behind, but work never stands still.
    const bool wait = behind_ && work_owed_ < kFullBatchesMax;
    work_owed_ = wait ? work_owed_ + 1 : 0;
    if (wait) return true;
    if (work()) {
        if (load_open_) kill_point("load_chunk");
        busy = true;
    } else if (load_only) {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    if (fill()) busy = true;
    retry_ = std::chrono::milliseconds{0};
    return busy;
}

void Applier::finish_load() {
    const bool loaded = load_progress_.finish();
    kill_point("load_done");
    complete_target(*target_, config_.source.slot, specs_, loaded, log_);
    release_load_memory(store_);
    log_.info("load finished", {fields::end_lsn(road_.position().applied.lsn.format())});
}

void Applier::run(bool load_only) {
    while (true) {
        {
            const std::lock_guard lock{mutex_};
            if (stopping_) break;
        }
        bool busy = false;
        try {
            busy = step(load_only);
        } catch (const Failure& failure) {
            if (next_step(failure.error().kind()) != NextStep::retry) throw;
            disconnect();
            session_.reset();
            pending_.clear();
            back_off(failure);
        }
        if (!busy) wait_for_news();
    }
    session_.reset();
    run_tasks();
}

void Applier::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
        holding_ = true;  // wakes whoever waits in hold()
        hold_error_ = "the service is stopping";
    }
    news_.notify_all();
}

Status Applier::status() {
    Status status = read_status(program_, store_);
    status.open_work = read_open_work(program_, store_);
    const std::lock_guard lock{mutex_};
    status.phase = load_open_ ? "snapshot" : received_ > 1 ? "catching_up" : "streaming";
    status.lag_transactions = received_;
    if (received_ > 0) {
        const auto age = std::chrono::system_clock::now() - oldest_commit_;
        status.lag_seconds = std::max(0.0, std::chrono::duration<double>(age).count());
    }
    return status;
}

void Applier::execute(const std::function<void()>& task) {
    std::packaged_task<void()> packaged{task};
    std::future<void> done = packaged.get_future();
    {
        const std::lock_guard lock{mutex_};
        if (stopping_) throw Failure{Error{ErrorKind::unavailable, "the service is stopping"}};
        tasks_.push_back(std::move(packaged));
    }
    news_.notify_all();
    done.get();
}

void Applier::pause(const std::string& client) {
    execute([this, &client] {  // between two batches, so that nothing is under way when it returns
        const std::lock_guard lock{mutex_};
        if (hold_point_)
            throw Failure{Error{ErrorKind::conflict, "somebody else holds the bridge already"}};
        hold_point_ = Lsn{};
        holder_ = client;
        hold_directory_.clear();
        holding_ = false;
    });
}

void Applier::hold(Lsn point, const std::filesystem::path& directory) {
    std::unique_lock lock{mutex_};
    if (!hold_point_) throw Failure{Error{ErrorKind::conflict, "hold without pause"}};
    hold_point_ = point;
    hold_directory_ = directory;
    hold_error_.clear();
    holding_ = false;
    woken_ = true;
    news_.notify_all();
    news_.wait(lock, [this] { return holding_; });
    if (hold_error_.empty()) return;
    throw Failure{Error{ErrorKind::unavailable, hold_error_}};
}

void Applier::release() {
    {
        const std::lock_guard lock{mutex_};
        hold_point_.reset();
        holding_ = false;
        woken_ = true;
    }
    news_.notify_all();
}

void Applier::release_of(const std::string& client) {
    {
        const std::lock_guard lock{mutex_};
        if (!hold_point_ || holder_ != client) return;
    }
    log_.warning("who held the bridge went away, applying goes on", {});
    release();
}

void Applier::repair(const std::vector<RootRef>& roots) {
    execute([this, &roots] {
        connect();
        road_.derive_roots(*writer_, roots);
    });
}

}  // namespace crossfade
