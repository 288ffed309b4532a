#include "verify/expected.hpp"

#include "model/encoding.hpp"
#include "pipeline/state_view.hpp"
#include "state/keys.hpp"

namespace crossfade {

namespace {

// Readers of a changed outcome always become work items: an item says whose roots it derives.
constexpr BatchLimits kLimits{.inline_entries = 0,
                              .chunk_roots = 2'000,
                              .chunk_entries = 20'000,
                              .ask_again = false,
                              .load_roots = 20'000,
                              .load_threads = 2};
// All work in the scratch state has the same birth position. The items made here have sequence
// numbers that the batches do not use.
constexpr Lsn kBirth{1};
constexpr std::uint64_t kFirstSequence = std::uint64_t{1} << 62;

constexpr std::size_t kIdleBytes = std::size_t{1} << 20;

std::string row_key(EntityIndex entity, const Uuid& id) { return keys::entity_target(entity, id); }

std::string encode(const KeyBytes& root, const std::vector<Value>& values) {
    std::string bytes;
    append_text(bytes, root);
    if (!values.empty()) bytes += encode_row(values);
    return bytes;
}

// The entity whose roots the item derives; nullopt: it cannot be told from the item.
std::optional<EntityIndex> reader_of(const Program& program, const WorkItem& item) {
    if (item.kind != WorkItem::Kind::expand) return std::nullopt;
    return program.nodes.at(item.node).entity;
}

}  // namespace

ExpectedRows::ExpectedRows(const Program& program, Store& scratch, History& history,
                           const std::filesystem::path& directory)
    : program_{program},
      scratch_{scratch},
      history_{history},
      rows_{RocksStore::open(directory)},
      sequence_{kFirstSequence} {}

std::string ExpectedRows::prefix(EntityIndex entity) { return keys::entity_prefix(entity); }

ExpectedRow ExpectedRows::decode(std::string_view suffix, std::string_view bytes) {
    ExpectedRow row;
    std::copy(suffix.begin(), suffix.end(), row.id.bytes.begin());
    row.root = take_text(bytes);
    if (!bytes.empty()) row.values = decode_row(bytes);
    return row;
}

void ExpectedRows::derive(const OnRoots& on_roots) {
    history_.copy_declared();
    WriteSet clear;
    clear_work(clear);
    scratch_.write(clear, false);
    for (EntityIndex entity = 0; entity < program_.entities.size(); ++entity) {
        WorkItem load;
        load.kind = WorkItem::Kind::load;
        load.entity = entity;
        enqueue({load});
        drain(entity, on_roots);
        History::Seeded seeded = history_.seed(entity);
        enqueue(std::move(seeded.work));
        drain(entity, on_roots);
        refuse(entity, on_roots);
        mark_standing(seeded.standing);
    }
}

std::optional<KeyBytes> ExpectedRows::idle_root(EntityIndex entity, const Uuid& id) {
    if (noted_idle_.insert(entity).second) note_idle(entity);
    auto root = rows_->get(Family::edges, row_key(entity, id));
    if (!root) return std::nullopt;
    return KeyBytes{std::move(*root)};
}

void ExpectedRows::note_idle(EntityIndex entity) {
    StateView view{program_, scratch_};
    WriteSet set;
    const std::string prefix = keys::entity_prefix(entity);
    scratch_.scan(Family::derived, prefix, {}, [&](std::string_view key, std::string_view bytes) {
        if (DerivedRecord::decode(bytes).present) return true;
        KeyBytes root{key.substr(prefix.size())};
        const auto id = computed_id(program_, entity, root, view);
        if (!id || view.adopted(entity, *id)) return true;
        set.put(Family::edges, row_key(entity, *id), std::move(root));
        if (set.bytes() < kIdleBytes) return true;
        rows_->write(set, false);
        set.clear();
        view.forget_all();
        return true;
    });
    rows_->write(set, false);
}

void ExpectedRows::enqueue(std::vector<WorkItem> items) {
    WriteSet set;
    for (WorkItem& item : items) {
        item.birth = kBirth;
        item.sequence = sequence_++;
        put_numbered_work(scratch_, set, item);
    }
    scratch_.write(set, false);
}

void ExpectedRows::drain(EntityIndex entity, const OnRoots& on_roots) {
    for (;;) {
        Batch batch{program_, scratch_, kLimits};
        batch.loaded_until(entity + 1);
        if (!batch.add_work()) return;
        run(batch, entity, on_roots);
    }
}

void ExpectedRows::refuse(EntityIndex entity, const OnRoots& on_roots) {
    BatchAnswer told;
    told.refused = history_.outstanding_refusals(entity);
    if (told.refused.empty()) return;
    Batch batch{program_, scratch_, kLimits};
    batch.loaded_until(entity + 1);
    batch.refuse(told);
    run(batch, entity, on_roots);
    drain(entity, on_roots);
}

void ExpectedRows::run(Batch& batch, EntityIndex entity, const OnRoots& on_roots) {
    std::set<RootRef> refused;
    TargetBatch rows = batch.derive();
    BatchAnswer told = answer(rows, refused);
    while (!told.ready()) {
        batch.refuse(told);
        rows = batch.derive();
        told = answer(rows, refused);
    }
    batch.accept(told);
    keep(rows);
    Position position = read_position(scratch_);
    ++position.batch;
    WriteSet changes = batch.changes(position);
    std::vector<std::string> dropped;
    for (const auto& [key, bytes] : changes.entries(Family::work)) {
        if (!bytes) continue;
        const WorkItem item = WorkItem::decode(key, *bytes);
        const auto reader = reader_of(program_, item);
        const bool later = reader && *reader != kNone && *reader > entity;
        if (later || item.kind == WorkItem::Kind::deferred) dropped.push_back(key);
    }
    for (std::string& key : dropped)
        changes.erase(Family::work, std::move(key));
    scratch_.write(changes, false);
    on_roots(entity, changes.entries(Family::derived).size());
}

BatchAnswer ExpectedRows::answer(const TargetBatch& batch, std::set<RootRef>& refused) const {
    BatchAnswer answer;
    const auto ask = [&](const RootRef& root) {
        auto refusal = history_.refusal(root);
        // A root that was refused already is written only to give up values of its standing row.
        if (!refusal || !refused.insert(root).second) return;
        answer.refused.push_back(std::move(*refusal));
    };
    for (const RowWrite& write : batch.writes)
        ask(write.root);
    for (const RowDelete& removal : batch.deletes) {
        // What stands in spite of a refusal was not let go either, and then stays as it is.
        if (history_.stands(removal.root) && history_.kept(removal.root).empty())
            refused.erase(removal.root);
        ask(removal.root);
    }
    if (!answer.refused.empty()) return answer;
    for (const RowDelete& removal : batch.deletes) {
        const std::string why = history_.kept(removal.root);
        if (why == "referred") answer.referred.push_back(removal.root);
        if (why == "changed") answer.changed.push_back(removal.root);
    }
    return answer;
}

void ExpectedRows::keep(const TargetBatch& batch) {
    WriteSet set;
    for (const RowWrite& write : batch.writes) {
        const std::string key = row_key(write.root.entity, write.id);
        if (write.only.empty()) {
            clear_of_others(set, write);
            set.put(Family::targets, key, encode(write.root.root, write.values));
            continue;
        }
        // Only some columns are written. If the others are not known here, the row stands by
        // history.
        const auto bytes = rows_->get(Family::targets, key);
        if (!bytes) continue;
        ExpectedRow row = decode(keys::target(write.id), *bytes);
        if (row.stands_by_history()) continue;
        for (const std::uint32_t column : write.only)
            row.values.at(column) = write.values.at(column);
        set.put(Family::targets, key, encode(row.root, row.values));
    }
    for (const RowDelete& removal : batch.deletes)
        set.erase(Family::targets, row_key(removal.root.entity, removal.id));
    rows_->write(set, false);
}

// A row goes to the root that owns its id, also from one of another entity that writes to the
// table.
void ExpectedRows::clear_of_others(WriteSet& set, const RowWrite& write) const {
    const std::uint32_t claim = program_.entities[write.root.entity].id_claim;
    if (claim == kNone) return;
    for (EntityIndex other = 0; other < program_.entities.size(); ++other) {
        if (other != write.root.entity && program_.entities[other].id_claim == claim)
            set.erase(Family::targets, row_key(other, write.id));
    }
}

void ExpectedRows::mark_standing(const std::vector<RootRef>& roots) {
    WriteSet set;
    for (const RootRef& root : roots) {
        const auto record = read_record(scratch_, root);
        if (!record || !record->present || record->state == StoredState::applied) continue;
        set.put(Family::targets, row_key(root.entity, record->id), encode(root.root, {}));
    }
    rows_->write(set, false);
}

}  // namespace crossfade
