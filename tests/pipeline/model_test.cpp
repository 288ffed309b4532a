// The engine against a model: random mappings, random transactions, random chunking and
// interleaving of the work queue. At the end the incrementally maintained target equals T computed
// from scratch, modulo declared history.
//
// One case is one seed; a failure prints it. CROSSFADE_MODEL_SEED runs that case alone,
// CROSSFADE_MODEL_CASES sets how many.
#include "tests/pipeline/model_expected.hpp"
#include "tests/pipeline/model_mapping.hpp"
#include "tests/support/catch.hpp"

#include "state/memory_store.hpp"

#include <cstdlib>
#include <stdexcept>

namespace crossfade::test {
namespace {

class Case {
public:
    explicit Case(std::uint64_t seed)
        : random_{seed},
          yaml_{random_mapping(random_)},
          program_{compile_model(yaml_)},
          target_{*program_} {
        limits_.inline_entries = static_cast<std::int64_t>(1 + below(random_, 8));
        limits_.chunk_roots = 1 + below(random_, 5);
        limits_.chunk_entries = static_cast<std::int64_t>(10 + below(random_, 30));
    }

    // Empty, or what differs.
    std::string run() {
        const std::size_t rounds = 4 + below(random_, 12);
        for (std::size_t round = 0; round < rounds; ++round) {
            source_batch();
            for (std::size_t chunks = below(random_, 4); chunks > 0; --chunks) {
                if (!work_batch()) break;
            }
            if (chance(random_, 15)) steal();
        }
        for (int chunks = 0; work_batch(); ++chunks) {
            if (chunks > 20'000) return "the work queue does not drain";
        }
        return compare_with_expected(*program_, source_, state_, target_);
    }

    const std::string& yaml() const { return yaml_; }

private:
    void source_batch() {
        Batch batch{*program_, state_, limits_};
        for (std::size_t n = 1 + below(random_, 3); n > 0; --n)
            batch.stage(transaction());
        lsn_ += 8;
        batch.close(EndLsn{Lsn{lsn_}});
        commit(batch);
    }

    bool work_batch() {
        Batch batch{*program_, state_, limits_};
        if (!batch.add_work()) return false;
        commit(batch);
        return true;
    }

    void commit(Batch& batch) {
        BatchAnswer answer;
        for (int attempt = 0;; ++attempt) {
            if (attempt > 200) throw std::logic_error("refused again and again");
            answer = target_.execute(batch.derive());
            if (answer.ready()) break;
            batch.refuse(answer);
        }
        batch.accept(answer);
        Position position = read_position(state_);
        ++position.batch;
        position.applied = batch.lsn();
        state_.write(batch.changes(position), true);
    }

    // Somebody deletes a row on the target; repair brings it back.
    void steal() {
        const EntityIndex entity =
            static_cast<EntityIndex>(below(random_, program_->entities.size()));
        const auto& table = target_.table(entity);
        if (table.empty()) return;
        auto row = table.begin();
        std::advance(row, static_cast<std::ptrdiff_t>(below(random_, table.size())));
        const Uuid id = row->first;
        const auto owner =
            state_.get(Family::targets, std::string{id.bytes.begin(), id.bytes.end()});
        if (!owner) return;
        const EntityIndex e = entity;
        const auto record = DerivedRecord::decode(*state_.get(Family::derived, *owner));
        if (record.state != StoredState::applied || !target_.steal(e, id)) return;
        Batch repair{*program_, state_, limits_};
        repair.add_root({e, KeyBytes{owner->substr(4)}});
        commit(repair);
    }

    std::vector<Change> transaction() {
        std::vector<Change> changes;
        for (std::size_t n = 1 + below(random_, 6); n > 0; --n)
            change(changes);
        return changes;
    }

    void change(std::vector<Change>& changes) {
        const auto relation =
            static_cast<RelationIndex>(below(random_, program_->relations.size()));
        auto& rows = source_[relation];
        Change change;
        change.relation = relation;
        const auto kind = below(random_, 100);
        if (kind < 1) {
            change.operation = Operation::truncate;
            rows.clear();
        } else if (kind < 45 || rows.empty()) {
            change.row = random_row(relation);
            if (rows.contains(key_of(relation, change.row))) return;
            rows[key_of(relation, change.row)] = change.row;
        } else {
            auto row = rows.begin();
            std::advance(row, static_cast<std::ptrdiff_t>(below(random_, rows.size())));
            if (kind < 60) {
                change.operation = Operation::remove;
                change.old_key = decode_key(row->first);
                rows.erase(row);
            } else {
                if (!update(relation, row, change)) return;
            }
        }
        changes.push_back(std::move(change));
    }

    bool update(RelationIndex relation, std::map<KeyBytes, Row>::iterator row, Change& change) {
        auto& rows = source_[relation];
        change.operation = Operation::update;
        Row next = row->second;
        const Row fresh = random_row(relation);
        const auto& key = program_->relations[relation].key;
        const bool moves = chance(random_, 10);
        for (std::uint32_t i = 0; i < next.size(); ++i) {
            const bool is_key = std::find(key.begin(), key.end(), i) != key.end();
            if (is_key ? moves : chance(random_, 45)) next[i] = fresh[i];
        }
        const KeyBytes to = key_of(relation, next);
        if (to != row->first && rows.contains(to)) return false;
        if (to != row->first) change.old_key = decode_key(row->first);
        change.row = next;
        for (std::uint32_t i = 0; i < next.size(); ++i) {
            const bool is_key = std::find(key.begin(), key.end(), i) != key.end();
            if (!is_key && next[i] == row->second[i] && chance(random_, 50))
                change.row[i] = Absent{};
        }
        rows.erase(row);
        rows[to] = std::move(next);
        return true;
    }

    Row random_row(RelationIndex relation) {
        Row row;
        for (const MappedColumn& column : program_->relations[relation].columns)
            row.push_back(random_value(column));
        return row;
    }

    Value random_value(const MappedColumn& column) {
        const auto number = [&](std::uint64_t bound) {
            return Value{static_cast<std::int64_t>(1 + below(random_, bound))};
        };
        if (column.name == "id") return number(5);
        if (chance(random_, 12)) return Null{};
        if (column.name == "active") return static_cast<std::int64_t>(below(random_, 3));
        if (column.name == "note")
            return std::string{chance(random_, 15) ? "refuse" : chance(random_, 50) ? "a" : "b"};
        if (column.type == Type::integer) return number(5);
        // Few values, so that they collide; some shaped like a fallback.
        if (chance(random_, 15)) return "fb_" + std::to_string(1 + below(random_, 5));
        return std::string(1, static_cast<char>('p' + below(random_, 3)));
    }

    KeyBytes key_of(RelationIndex relation, const Row& row) const {
        KeyBytes key;
        for (const std::uint32_t position : program_->relations[relation].key)
            append_key(key, row[position]);
        return key;
    }

    Random random_;
    std::string yaml_;
    std::shared_ptr<const Program> program_;
    ModelTarget target_;
    MemoryStore state_;
    SourceRows source_;
    BatchLimits limits_;
    std::uint64_t lsn_ = 0;
};

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

TEST_CASE(
    "whatever the mapping, the changes, the chunks and their interleaving, the target equals T "
    "from scratch",
    "[pipeline][property]") {
    const std::uint64_t cases = from_environment("CROSSFADE_MODEL_CASES", 10'000);
    const std::uint64_t single = from_environment("CROSSFADE_MODEL_SEED", 0);
    const std::uint64_t first = single != 0 ? single : 1;
    const std::uint64_t last = single != 0 ? single : cases;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        Case one{seed};
        std::string difference;
        try {
            difference = one.run();
        } catch (const std::exception& failure) {
            difference = failure.what();
        }
        if (difference.empty()) continue;
        INFO("seed " << seed << " (CROSSFADE_MODEL_SEED=" << seed << " runs it alone)");
        INFO(one.yaml());
        FAIL(difference);
    }
    SUCCEED();
}

}  // namespace crossfade::test
