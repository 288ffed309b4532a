#include "service/applier.hpp"

#include "pipeline/stager.hpp"
#include "postgres/limits.hpp"
#include "postgres/server_facts.hpp"
#include "service/batch_limit.hpp"
#include "service/complete_target.hpp"
#include "service/context.hpp"
#include "service/initial_load.hpp"
#include "service/load_memory.hpp"
#include "service/source_identity.hpp"
#include "service/unique_keys.hpp"
#include "state/keys.hpp"
#include "target/schema.hpp"
#include "telemetry/kill_point.hpp"

#include <algorithm>

namespace crossfade {

namespace {
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
      servers_{config_, log_},
      row_reader_{program, reading_source()},
      slot_watch_{source_options(config_, "slot"), config_.source.slot, log_},
      source_catalog_{program, store},
      target_catalog_{program, store},
      tasks_{Error{ErrorKind::conflict, "the initial load is under way"}.with_hint(
          "`crossfade status` says how far it is")},
      hold_{config_.state, log_, [this] { wake(); }},
      source_watch_{source_options(config_, "catalog"),
                    [this](Connection& on, bool fresh) { return source_catalog_.look(on, fresh); },
                    [this] { wake(); }},
      target_watch_{target_options(config_, "catalog"),
                    [this](Connection& on, bool fresh) { return target_catalog_.look(on, fresh); },
                    [this] { wake(); }},
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
    target_.emplace(Connection::open(target_connection("apply")));
    upgrade_schema(*target_);
    check_target_catalog(program_, store_, *target_);
    // What a load writes at once, and the indexes behind it, may take as long as they take.
    set_limits(*target_, {.lock = config_.target.lock_timeout,
                          .statement = load_open_ ? std::chrono::milliseconds{0}
                                                  : config_.target.statement_timeout});
    road_.recover(read_progress(*target_, config_.source.slot));
    WriterOptions options;
    options.slot = config_.source.slot;
    options.origin = "crossfade_" + config_.source.slot;
    options.merge_rows = config_.batch.copy_rows_min;
    writer_ = std::make_unique<TargetWriter>(*target_, specs_, options);
    road_.unique_keys = read_unique_keys(*target_, specs_);
    // What was taken from the stream and is applied already is passed over by the road.
    log_.info("target connected", {fields::batch(road_.position().batch),
                                   fields::end_lsn(road_.position().applied.lsn.format())});
}

ConnectionOptions Applier::target_connection(const char* command) {
    ConnectionOptions options = target_options(config_, command);
    options.interrupt = &target_stop_.interrupt();
    return options;
}

ConnectionOptions Applier::reading_source() {
    ConnectionOptions options = source_options(config_, "rows");
    options.interrupt = &target_stop_.interrupt();
    return options;
}

void Applier::disconnect() {
    writer_.reset();
    target_.reset();
}

// An error of the source's connection ends here: the target's has no part in it.
void Applier::follow_session() {
    if (load_open_) return;
    try {
        if (session_ && session_->drained() && pending_.empty()) {
            const std::exception_ptr failure = session_->failure();
            session_.reset();
            if (failure) std::rethrow_exception(failure);
            throw Failure{Error{ErrorKind::unavailable, "the source closed the stream"}};
        }
        if (!session_ && Clock::now() >= source_retry_.at) start_session();
        if (session_ && session_->begun()) note_up(source_down_);
    } catch (const Failure& failure) {
        if (next_step(failure.error().kind()) != NextStep::retry) throw;
        note_down(source_down_, failure.error());
        back_off(source_retry_, failure.error());
    }
}

void Applier::start_session() {
    StreamSession::Setup setup;
    setup.conninfo = config_.source.conninfo;
    setup.slot = config_.source.slot;
    setup.decoder = decoding_;
    setup.expected = read_source_identity(store_);
    setup.plugin = config_.source.plugin;
    setup.key = key_;
    setup.transactions_max = std::max<std::uint64_t>(2 * config_.batch.transactions_max, 64);
    setup.bytes_max = config_.batch.spill_bytes;
    setup.connect_timeout = config_.retry.connect_timeout;
    setup.limit = proven_;
    setup.behind = [this] { return source_watch_.server_ends(); };
    setup.assembler.slice_bytes_max = config_.batch.spill_bytes;
    session_ = std::make_unique<StreamSession>(program_, setup, road_.position().applied,
                                               [this] { wake(); });
    log_.info("stream started",
              {fields::slot(setup.slot), fields::end_lsn(road_.position().applied.lsn.format())});
}

bool Applier::take_items() {
    BatchLimit held{config_.batch};
    for (const SourceTransaction& transaction : pending_)
        held.add(transaction);
    bool any = false;
    while (session_ && !held.full()) {
        auto item = session_->try_take();
        if (!item) break;
        any = true;
        if (auto* idle = std::get_if<IdlePosition>(&*item)) {
            idle_ = idle->end;
            seen_ = std::max(seen_, idle_.lsn);
            continue;
        }
        auto& transaction = std::get<SourceTransaction>(*item);
        held.add(transaction);
        seen_ = std::max(seen_, transaction.end.lsn);
        pending_.push_back(std::move(transaction));
    }
    if (any) source_retry_ = {};
    const std::lock_guard lock{mutex_};
    received_ = pending_.size();
    if (!pending_.empty()) oldest_commit_ = pending_.front().commit_time;
    return any;
}

// What waits, up to a batch and up to the point of a hold.
std::vector<SourceTransaction> Applier::next_batch() {
    std::vector<SourceTransaction> batch;
    BatchLimit limit{config_.batch};
    while (!pending_.empty() && limit.takes(pending_.front())) {
        if (point_ && pending_.front().commit.lsn >= *point_) break;
        limit.add(pending_.front());
        batch.push_back(std::move(pending_.front()));
        pending_.pop_front();
    }
    behind_ = limit.full() || (!pending_.empty() && !limit.takes(pending_.front()));
    return batch;
}

void Applier::give_back(std::vector<SourceTransaction>& batch) {
    for (auto t = batch.rbegin(); t != batch.rend(); ++t)
        pending_.push_front(std::move(*t));
}

bool Applier::apply_transactions() {
    take_items();
    std::vector<SourceTransaction> batch = next_batch();
    if (batch.empty()) {
        const bool due =
            Clock::now() - idle_stored_ >= kIdleStore || point_ || first_unread(store_);
        if (!pending_.empty() || idle_ <= road_.position().applied || !due) return false;
        road_.idle(idle_);
        idle_stored_ = Clock::now();
        if (session_) session_->confirm(road_.position().applied);
        return false;
    }
    auto reads = read_again(batch);
    if (!reads) {
        give_back(batch);
        behind_ = false;  // work goes on meanwhile
        return false;
    }
    try {
        road_.apply(*writer_, batch, std::move(*reads));
    } catch (...) {
        give_back(batch);
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
    const bool any = tasks_.run_all();
    if (task_failure_) std::rethrow_exception(std::exchange(task_failure_, nullptr));
    return any;
}

// True while somebody holds the bridge and nothing may be applied.
bool Applier::stands_still() {
    const BridgeHold::Standing standing = hold_.stand();
    point_ = standing.point;
    snapshot_ = standing.snapshot;
    if (!point_) return standing.applies_nothing;
    if (!at_point() || first_work(store_) || first_unread(store_)) return false;
    hold_.reached(store_);
    return true;
}

bool Applier::at_point() const {
    if (!point_ || road_.position().partial_changes > 0) return false;
    const bool behind = !pending_.empty() && pending_.front().commit.lsn >= *point_;
    return behind || road_.position().applied.lsn >= *point_;
}

void Applier::wait_for_news() {
    std::unique_lock lock{mutex_};
    news_.wait_for(lock, kNewsWait, [this] { return woken_ || stopping_; });
    woken_ = false;
}

void Applier::wake() {
    {
        const std::lock_guard lock{mutex_};
        woken_ = true;
    }
    news_.notify_all();
}

void Applier::back_off(BackOff& retry, const Error& error) {
    const auto wait = retry.wait;
    retry.wait = wait.count() == 0 ? config_.retry.first : std::min(wait * 2, config_.retry.max);
    log_.warning("retrying", error, {fields::retry_ms(retry.wait.count())});
    retry.at = Clock::now() + retry.wait;
}

bool Applier::step(bool load_only) {
    require_same_tables();
    keep_proven();
    if (stands_still()) return false;
    bool busy = run_tasks();
    if (Clock::now() < target_retry_.at) return busy;
    connect();
    follow_session();
    if (load_open_) {
        if (const auto danger = slot_watch_.danger()) throw Failure{*danger};
        const auto item = load_is_open(store_) ? first_work(store_) : std::nullopt;
        if (item) {
            if (item->kind == WorkItem::Kind::load) load_progress_.show(item->entity);
        } else {
            finish_load();
            load_open_ = false;
            hold_.load_ended();
            slot_watch_.streaming();
        }
    }
    if (apply_transactions()) busy = true;
    if (settle_unread()) busy = true;
    if (stands_still()) return true;
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
    target_retry_ = {};
    return busy;
}

void Applier::finish_load() {
    if (load_is_open(store_)) {
        const bool loaded = load_progress_.finish();
        kill_point("load_done");
        complete_target(*target_, config_.source.slot, specs_, loaded, log_);
        WriteSet set;
        set.put(Family::meta, std::string{keys::kLoadFinished}, "");
        store_.write(set, true);
        log_.info("load finished", {fields::end_lsn(road_.position().applied.lsn.format())});
    }
    release_load_memory(store_);
    set_limits(*target_, {config_.target.lock_timeout, config_.target.statement_timeout});
}

void Applier::run(bool load_only) {
    tasks_.open();
    proven_ = proven_catalog(store_);
    while (!is_stopping()) {
        bool busy = false;
        try {
            busy = step(load_only);
            if (writer_) note_up(target_down_);
        } catch (const Failure& failure) {
            // The source's connection has its own, in follow_session().
            if (next_step(failure.error().kind()) != NextStep::retry) halt(failure);
            if (target_stop_.begun()) continue;
            disconnect();
            note_down(target_down_, failure.error());
            back_off(target_retry_, failure.error());
        }
        if (!busy) wait_for_news();
    }
    session_.reset();
}

bool Applier::is_stopping() {
    const std::lock_guard lock{mutex_};
    return stopping_;
}

void Applier::stop(const Error& reason) {
    target_stop_.begin();
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    news_.notify_all();
    hold_.close(reason);
    tasks_.close(reason);
}

}  // namespace crossfade
