#include "pipeline/road.hpp"

#include "model/encoding.hpp"
#include "pipeline/claims.hpp"
#include "pipeline/refused_claims.hpp"
#include "pipeline/root_name.hpp"
#include "pipeline/state_view.hpp"
#include "state/keys.hpp"
#include "telemetry/kill_point.hpp"

#include <algorithm>

namespace crossfade {

namespace {
constexpr int kAttemptsMax = 1'000;

std::string encode_intent(std::uint64_t number, const WriteSet& set) {
    std::string head;
    append_varint(head, number);
    return set.serialize(head);
}

[[noreturn]] void distrust(const std::string& what) {
    throw Failure{Error{ErrorKind::trust, what}.with_hint(
        "another bridge wrote to the target, or one of the two was restored from a backup; load "
        "again with an empty "
        "state and target, or bring back the one that was replaced")};
}
}  // namespace

Road::Road(const Program& program, Store& store, BatchLimits limits)
    : program_{program},
      store_{store},
      limits_{limits},
      ahead_{program, store, limits.load_roots, limits.load_threads},
      position_{read_position(store)} {}

void settle_intent(Store& store, const std::optional<TargetProgress>& progress) {
    const auto bytes = store.get(Family::intents, keys::kIntent);
    const std::uint64_t target = progress ? progress->batch : 0;
    if (bytes) {
        std::string_view in = *bytes;
        const std::uint64_t number = take_varint(in);
        WriteSet set;
        if (target == number) {
            set = WriteSet::deserialize(in);
        } else if (target + 1 != number) {
            distrust("the target is at batch " + std::to_string(target) +
                     ", the state is about to make " + std::to_string(number));
        }
        set.erase(Family::intents, std::string{keys::kIntent});
        store.write(set, true);
    }
    const Position position = read_position(store);
    if (position.batch != target) {
        distrust("the target is at batch " + std::to_string(target) + ", the state at " +
                 std::to_string(position.batch));
    }
}

void Road::recover(const std::optional<TargetProgress>& progress) {
    settle_intent(store_, progress);
    Overlay staged{store_};
    if (drop_unmapped(program_, staged)) store_.write(staged.staged(), true);
    position_ = read_position(store_);
}

BatchAnswer Road::execute(TargetWriter& writer, Batch& batch, const Position& next, bool& wrote) {
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
        TargetBatch target = batch.derive();
        kill_point("derive");
        wrote = !target.empty();
        if (!wrote) return {};
        target.number = position_.batch + 1;
        target.end = next.applied;
        target.loading = batch.loading();
        BatchAnswer answer = writer.execute(target);
        kill_point("execute");
        if (answer.ready()) return answer;
        const HolderOf holder = [&writer](const RowWrite& write, const auto& key) {
            return writer.holder(write, key);
        };
        settle_refused_claims(program_, store_, unique_keys, holder, target, batch, answer);
        for (const Refusal& refusal : answer.refused) {
            on_refusal(refusal);
            if (!program_.entities[refusal.root.entity].stop_on_error) continue;
            throw Failure{
                Error{ErrorKind::trust,
                      "the target refused a row of " + program_.entities[refusal.root.entity].name +
                          ": " + refusal.message,
                      refusal.sqlstate}
                    .with_constraint(refusal.constraint)
                    .with_hint("the mapping says on_error: stop; fix the row, then start again")};
        }
        batch.refuse(answer);
    }
    throw Failure{Error{ErrorKind::internal, "a batch was refused again and again"}};
}

void Road::commit(TargetWriter& writer, Batch& batch, Position next) {
    bool wrote = false;
    const BatchAnswer answer = execute(writer, batch, next, wrote);
    batch.accept(answer);
    if (wrote) next.batch = position_.batch + 1;
    WriteSet set = batch.changes(next);
    if (wrote) return settle(writer, std::move(set), next);
    store_.write(set, true);
    position_ = next;
}

// What the target has executed becomes durable: intent, target, state.
void Road::settle(TargetWriter& writer, WriteSet set, const Position& next) {
    {
        WriteSet intent;
        intent.put(Family::intents, std::string{keys::kIntent}, encode_intent(next.batch, set));
        kill_point("before_intent");
        store_.write(intent, true);
    }
    kill_point("after_intent");
    kill_point("before_commit");
    writer.commit();
    kill_point("after_commit");
    set.erase(Family::intents, std::string{keys::kIntent});
    kill_point("before_settle");
    store_.write(set, false);  // made durable by the next intent, or found again from this one
    kill_point("after_settle");
    position_ = next;
}

namespace {
// Says where the source has what stops the bridge.
void stage_part(Batch& batch, const SourceTransaction& transaction, std::uint64_t skip) {
    const auto first = transaction.changes.begin() + static_cast<std::ptrdiff_t>(skip);
    try {
        batch.stage({first, transaction.changes.end()}, transaction.last_slice);
    } catch (const Failure& failure) {
        Error error = failure.error();
        error.within("transaction " + std::to_string(transaction.xid) + ", committed at " +
                     transaction.commit.lsn.format());
        throw Failure{std::move(error)};
    }
}
}  // namespace

void Road::apply(TargetWriter& writer, const std::vector<SourceTransaction>& transactions,
                 RowReads reads) {
    ahead_.forget();
    Batch batch{program_, store_, limits_};
    batch.read_again(std::move(reads));
    Position next = position_;
    for (const SourceTransaction& transaction : transactions) {
        // Transactions come in the order of their commits, so one that began to commit before what
        // is applied is applied as a whole: slices of it know no end to compare.
        if (transaction.commit.lsn < next.applied.lsn) continue;
        std::uint64_t skip = 0;
        if (next.partial_commit == transaction.commit &&
            next.partial_changes > transaction.first_ordinal) {
            skip = std::min<std::uint64_t>(next.partial_changes - transaction.first_ordinal,
                                           transaction.changes.size());
        }
        stage_part(batch, transaction, skip);
        if (transaction.last_slice) {
            next.applied = transaction.end;
            next.partial_commit = {};
            next.partial_changes = 0;
        } else {
            next.partial_changes = std::max<std::uint64_t>(
                next.partial_commit == transaction.commit ? next.partial_changes : 0,
                transaction.first_ordinal + transaction.changes.size());
            next.partial_commit = transaction.commit;
        }
    }
    kill_point("stage");
    batch.close(next.applied);
    commit(writer, batch, next);
}

bool Road::settle_unread(TargetWriter& writer, const RowReads* exact) {
    if (!first_unread(store_)) return false;
    ahead_.forget();
    Batch batch{program_, store_, limits_};
    if (!batch.settle_unread(exact)) return false;
    commit(writer, batch, position_);
    return true;
}

bool Road::work(TargetWriter& writer) {
    Batch batch{program_, store_, limits_, &ahead_};
    if (!batch.add_work()) return false;
    if (batch.rest_of_load()) ahead_.begin(*batch.rest_of_load());
    commit(writer, batch, position_);
    return true;
}

void Road::fill(TargetWriter& writer, const std::vector<std::pair<WorkItem, Value>>& values) {
    Batch batch{program_, store_, limits_};
    for (const auto& [item, value] : values)
        batch.fill(item, value);
    commit(writer, batch, position_);
}

void Road::derive_roots(TargetWriter& writer, const std::vector<RootRef>& roots) {
    ahead_.forget();
    Batch batch{program_, store_, limits_};
    for (const RootRef& root : roots)
        batch.add_root(root);
    commit(writer, batch, position_);
}

namespace {
// The entity whose rule a row that no root gives leaves by: of those that write to its table the
// first that keeps rows.
EntityIndex leaves_by(const Program& program, EntityIndex entity) {
    const TargetSpec& table = program.entities[entity].target;
    for (EntityIndex other = 0; other < program.entities.size(); ++other) {
        const EntityProgram& candidate = program.entities[other];
        const bool same =
            candidate.target.table == table.table && candidate.target.schema == table.schema;
        if (same && (candidate.keep_on_delete || candidate.keep_if_changed)) return other;
    }
    return entity;
}
}  // namespace

std::string Road::take_unknown(TargetWriter& writer, EntityIndex entity, const Uuid& id) {
    if (const auto root = root_of_row(program_, store_, entity, id))
        return "it is the row of " + program_.entities[root->entity].name + " " +
               display_root(program_, root->root);
    const EntityProgram& rule = program_.entities[leaves_by(program_, entity)];
    // It cannot be told whether somebody changed it: what the bridge wrote there is not known.
    if (rule.keep_if_changed || (rule.keep_on_delete && rule.keep_columns.empty()))
        return std::string{kKept};
    ahead_.forget();
    const RootRef root{leaves_by(program_, entity), encode_key(id)};
    TargetBatch batch;
    batch.number = position_.batch + 1;
    batch.end = position_.applied;
    if (rule.keep_on_delete) {
        RowWrite& write = batch.writes.emplace_back();
        write.root = root;
        write.id = id;
        write.present = true;
        write.blind = true;
        write.values.assign(rule.target.columns.size(), Value{Null{}});
        for (const auto& [column, value] : rule.keep_columns) {
            write.only.push_back(column);
            write.values[column] = value;
        }
    } else {
        RowDelete& removal = batch.deletes.emplace_back();
        removal.root = root;
        removal.id = id;
    }
    const BatchAnswer answer = writer.execute(batch);
    if (!answer.refused.empty()) return answer.refused.front().message;
    if (!answer.missing.empty()) return "it is not there any more";
    Position next = position_;
    next.batch = batch.number;
    WriteSet set;
    write_position(set, next);
    settle(writer, std::move(set), next);
    if (!answer.referred.empty()) return "other rows refer to it";
    return std::string{rule.keep_on_delete ? kKept : kRemoved};
}

void Road::idle(EndLsn end) {
    if (end <= position_.applied) return;
    Position next = position_;
    next.applied = end;
    WriteSet set;
    write_position(set, next);
    store_.write(set, true);
    position_ = next;
}

}  // namespace crossfade
