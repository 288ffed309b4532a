#include "verify/expected.hpp"

#include "model/encoding.hpp"
#include "state/keys.hpp"

namespace crossfade {

namespace {

// Readers of an outcome always become work, so that it can be told whose they are.
constexpr BatchLimits kLimits{.inline_entries = 0,
                              .chunk_roots = 2'000,
                              .chunk_entries = 20'000,
                              .ask_again = false,
                              .load_roots = 20'000,
                              .load_threads = 2};
// All work of a scratch state was born at once. Our own items stand apart from those that batches
// number.
constexpr Lsn kBirth{1};
constexpr std::uint64_t kFirstSequence = std::uint64_t{1} << 62;

std::string row_key(EntityIndex entity, const Uuid& id) {
    return ExpectedRows::prefix(entity) + keys::target(id);
}

std::string encode(const KeyBytes& root, const std::vector<Value>& values) {
    std::string bytes;
    append_text(bytes, root);
    if (!values.empty()) bytes += encode_row(values);
    return bytes;
}

// Whose roots the item makes be derived; nothing: it cannot be said.
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
    scratch_.scan(Family::work, {}, {}, [&](std::string_view key, std::string_view) {
        clear.erase(Family::work, std::string{key});
        return true;
    });
    scratch_.write(clear, false);
    for (EntityIndex entity = 0; entity < program_.entities.size(); ++entity) {
        WorkItem load;
        load.kind = WorkItem::Kind::load;
        load.entity = entity;
        enqueue({load});
        drain(entity, on_roots);
        History::Planted planted = history_.plant(entity);
        enqueue(std::move(planted.work));
        drain(entity, on_roots);
        refuse(entity, on_roots);
        mark_standing(planted.standing);
    }
}

void ExpectedRows::enqueue(std::vector<WorkItem> items) {
    WriteSet set;
    for (WorkItem& item : items) {
        item.birth = kBirth;
        item.sequence = sequence_++;
        set.put(Family::work, keys::work(item.birth, item.sequence), item.encode());
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
        // Once refused, what is written of it is what its standing row gives up.
        if (!refusal || !refused.insert(root).second) return;
        answer.refused.push_back(std::move(*refusal));
    };
    for (const RowWrite& write : batch.writes)
        ask(write.root);
    for (const RowDelete& removal : batch.deletes)
        ask(removal.root);
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
            set.put(Family::targets, key, encode(write.root.root, write.values));
            continue;
        }
        // A part of a row; without the rest it is a row that stands by history.
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
