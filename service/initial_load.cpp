#include "service/initial_load.hpp"

#include "pipeline/batch.hpp"
#include "pipeline/map_file.hpp"
#include "postgres/limits.hpp"
#include "postgres/server_facts.hpp"
#include "replicator/slot.hpp"
#include "service/adoption.hpp"
#include "service/context.hpp"
#include "service/load_memory.hpp"
#include "service/source_catalog.hpp"
#include "service/source_identity.hpp"
#include "service/target_catalog.hpp"
#include "service/target_ids.hpp"
#include "service/target_stop.hpp"
#include "state/keys.hpp"
#include "target/deferred_indexes.hpp"
#include "target/progress.hpp"
#include "target/schema.hpp"
#include "target/shape.hpp"
#include "telemetry/kill_point.hpp"

#include <chrono>
#include <thread>

namespace crossfade {

namespace {
constexpr const char* kImages = "images";
constexpr const char* kDerive = "derive";

void set_meta(RocksStore& store, const std::string& name, const std::string& value) {
    WriteSet set;
    set.put(Family::meta, name, value);
    store.write(set, true);
}
}  // namespace

// Its statements look at whole tables, so that only waits for locks are limited.
Connection InitialLoad::open_target() const {
    ConnectionOptions options = target_options(config_, "load");
    options.interrupt = &interrupt_;
    Connection target = Connection::open(options);
    set_limits(target, {.lock = config_.target.lock_timeout});
    return target;
}

void InitialLoad::check_target(Connection& target) const {
    const auto progress = read_progress(target, config_.source.slot);
    if (!progress) return;
    throw Failure{Error{ErrorKind::trust, "the target has been fed through slot " +
                                              config_.source.slot + " already (batch " +
                                              std::to_string(progress->batch) +
                                              "), but this state knows nothing of it"}
                      .with_hint("use the state directory that belongs to it; or `crossfade drop "
                                 "--state`, then `crossfade run` loads anew")};
}

// Ends waits for the source when the service stops, and when the slot is in danger.
class InitialLoad::SourceStop {
public:
    SourceStop(const std::stop_token& stop, const SlotWatch& watch)
        : asked_{stop, Raise{this}}, endangered_{watch.token(), Raise{this}} {}
    std::stop_token token() const { return either_.get_token(); }
    Interrupt& interrupt() { return waits_.interrupt(); }

private:
    struct Raise {
        SourceStop* self;
        void operator()() const {
            self->either_.request_stop();
            self->waits_.interrupt().raise();
            self->waits_.begin();
        }
    };
    std::stop_source either_;
    TargetStop waits_;
    std::stop_callback<Raise> asked_;
    std::stop_callback<Raise> endangered_;
};

void InitialLoad::drop_own_slot(SourceStop& stop) const {
    // Not over the replication connection: that one has no parameters.
    ConnectionOptions options = source_options(config_, "load");
    options.interrupt = &stop.interrupt();
    Connection source = Connection::open(options);
    // The server may take a moment to see that the process that held the slot is gone.
    const auto end = std::chrono::steady_clock::now() + config_.retry.connect_timeout;
    for (auto slot = inspect_slot(source, config_.source.slot);
         slot && slot->active && std::chrono::steady_clock::now() < end;
         slot = inspect_slot(source, config_.source.slot)) {
        std::this_thread::sleep_for(config_.retry.first);
    }
    drop_slot(source, config_.source.slot);
}

bool has_images(const Reader& state) { return state.get(Family::meta, keys::kLoad) == kDerive; }

void InitialLoad::run(const std::stop_token& stop) {
    if (has_images(store_)) return forget_map();
    SourceStop source_stop{stop, slot_watch_};
    try {
        begin(source_stop);
    } catch (const Failure&) {
        if (const auto danger = slot_watch_.danger()) throw Failure{*danger};
        throw;
    }
}

void InitialLoad::begin(SourceStop& stop) {
    const auto phase = store_.get(Family::meta, keys::kLoad);
    Connection target = open_target();
    ensure_schema(target);
    ConnectionOptions source = source_options(config_, "load");
    source.replication = true;
    source.interrupt = &stop.interrupt();  // a new slot waits for open transactions
    Connection replication = Connection::open(source);
    if (phase == kImages) {
        log_.info("a load was cut off and begins anew", {});
        drop_own_slot(stop);
        wipe_images(store_);
        drop_progress(target, config_.source.slot);
        ensure_schema(target);
    } else {
        check_target(target);
    }
    refuse_rules(target, target_specs(program_));
    keep_target_catalog(program_, store_, target);
    {
        ConnectionOptions options = source_options(config_, "load");
        options.interrupt = &stop.interrupt();
        Connection catalog = Connection::open(options);
        keep_catalog(program_, store_, catalog);
    }
    set_meta(store_, std::string{keys::kLoad}, kImages);
    load(replication, stop);
}

void InitialLoad::defer_indexes(Connection& target) {
    const std::vector<TargetSpec> specs = target_specs(program_);
    const auto others = tables_of_others(target, specs);
    if (!others.empty()) {
        throw Failure{
            Error{ErrorKind::configuration,
                  "load.defer_indexes: " + others.front().table + " is not this role's to change"}
                .with_hint("GRANT " + others.front().owner +
                           " TO the role, or leave load.defer_indexes off")};
    }
    log_.info("indexes and foreign keys taken off",
              {fields::rows(take_off_indexes(target, config_.source.slot, specs))});
    kill_point("indexes_off");
}

void InitialLoad::load(Connection& replication, SourceStop& stop) {
    const SystemPosition system = identify_system(replication);
    const CreatedSlot slot = create_slot(replication, config_.source.slot, config_.source.plugin);
    kill_point("slot_created");
    log_.info("slot created", {fields::slot(config_.source.slot),
                               fields::end_lsn(slot.consistent_point.lsn.format())});
    ImageLoadOptions options;
    options.source_conninfo = config_.source.conninfo;
    options.snapshot_name = slot.snapshot;
    options.connections = static_cast<unsigned>(config_.load.connections);
    options.scratch = config_.state / "scratch";
    options.stop = stop.token();
    options.interrupt = &stop.interrupt();
    options.chunk_bytes = share_memory(config_.load).sort_bytes;
    const SecretFingerprinter fingerprinter{
        std::string_view{reinterpret_cast<const char*>(key_.data()), key_.size()}};
    Progress progress{console_, log_};
    load_images(program_, store_, fingerprinter, options, progress, log_);
    kill_point("images_loaded");
    Connection target = open_target();
    const std::vector<RootRef> gone = know_rows(target);
    if (config_.load.defer_indexes) defer_indexes(target);
    TargetProgress start;
    start.end = slot.consistent_point;
    start.source_system = std::to_string(system.identity.system_identifier);
    insert_progress(target, config_.source.slot, start);
    WriteSet set;
    Position position;
    position.applied = slot.consistent_point;
    write_position(set, position);
    enqueue_load(program_, store_, set, slot.consistent_point.lsn);
    for (const RootRef& root : gone)
        enqueue_root(store_, set, root, slot.consistent_point.lsn);
    write_source_identity(set, system.identity);
    set.put(Family::meta, std::string{keys::kLoad}, kDerive);
    store_.write(set, true);
    forget_map();
}

// Whose the rows are that stand: by the map of an earlier state, by what the mapping says of an
// earlier migration, by their ids. Gives the roots whose rows stand without a source row.
std::vector<RootRef> InitialLoad::know_rows(Connection& target) {
    const TargetIds ids{program_, target};
    ReadMap map;
    if (std::filesystem::exists(kept_map(config_.state))) {
        map = read_map(program_, store_, kept_map(config_.state),
                       [&](EntityIndex entity, const Uuid& id) { return ids.stands(entity, id); });
        log_.info("the map of the earlier state is taken over", {fields::rows(map.rows)});
        if (map.lost > 0)
            log_.warning("rows that it knows do not stand any more", {fields::rows(map.lost)});
        for (const std::string& entity : map.left_out) {
            log_.warning(
                "what the mapping says of its roots or ids changed: rows of the earlier "
                "state are known by their ids alone",
                {fields::entity(entity)});
        }
    }
    adopt(program_, target, store_);
    const std::uint64_t own = adopt_by_id(program_, ids, store_);
    if (own > 0) log_.info("rows adopted by their ids", {fields::rows(own)});
    return std::move(map.gone);
}

// It is in the state now, which changes from here on.
void InitialLoad::forget_map() const {
    std::error_code error;
    std::filesystem::remove(kept_map(config_.state), error);
}

}  // namespace crossfade
