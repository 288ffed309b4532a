// The derivation of a load: chunks, threads and what is derived ahead change nothing of its end.
#include "pipeline/load_ahead.hpp"

#include "tests/pipeline/model_mapping.hpp"
#include "tests/pipeline/model_target.hpp"
#include "tests/support/catch.hpp"

#include "pipeline/batch.hpp"
#include "state/keys.hpp"
#include "state/memory_store.hpp"

namespace crossfade::test {
namespace {

// One in ten is NULL, references among them point to rows that may not be there.
Value random_value(Random& random, Type type, bool key) {
    if (!key && chance(random, 10)) return Null{};
    if (type == Type::integer) return static_cast<std::int64_t>(1 + below(random, key ? 400 : 12));
    return std::string(1, static_cast<char>('p' + below(random, 4)));
}

std::vector<Change> random_rows(Random& random, const Program& program, std::size_t count) {
    std::vector<Change> changes;
    for (RelationIndex r = 0; r < program.relations.size(); ++r) {
        const MappedRelation& relation = program.relations[r];
        std::set<KeyBytes> known;
        for (std::size_t i = 0; i < count; ++i) {
            Change change;
            change.relation = r;
            change.operation = Operation::insert;
            for (std::uint32_t c = 0; c < relation.columns.size(); ++c) {
                const bool key = std::ranges::find(relation.key, c) != relation.key.end();
                change.row.push_back(random_value(random, relation.columns[c].type, key));
            }
            KeyBytes key;
            for (const std::uint32_t position : relation.key)
                append_key(key, change.row[position]);
            if (known.insert(key).second) changes.push_back(std::move(change));
        }
    }
    return changes;
}

// A state and a target of their own.
class Side {
public:
    explicit Side(const Program& program) : program_{program}, target_{program} {}

    void stream(const std::vector<Change>& changes) {
        Batch batch{program_, state_, {}};
        batch.stage(changes);
        batch.close(EndLsn{Lsn{8}});
        commit(batch);
        drain({}, nullptr);
    }

    // Images and indexes first, as a snapshot brings them, then the queue.
    void load(const std::vector<Change>& changes, BatchLimits limits, bool ahead) {
        Overlay staged{state_};
        Stager stager{program_, state_, staged};
        for (const Change& change : changes)
            stager.stage(change);
        stager.finish();
        enqueue_load(program_, staged, staged.staged(), Lsn{8});
        state_.write(staged.staged(), true);
        LoadAhead derive_ahead{program_, state_, limits.load_roots, limits.load_threads};
        drain(limits, ahead ? &derive_ahead : nullptr);
    }

    std::vector<ModelTarget::Table> tables() const {
        std::vector<ModelTarget::Table> tables;
        for (EntityIndex e = 0; e < program_.entities.size(); ++e)
            tables.push_back(target_.table(e));
        return tables;
    }
    std::vector<std::pair<std::string, std::string>> records() const {
        std::vector<std::pair<std::string, std::string>> records;
        state_.scan(Family::derived, {}, {}, [&](std::string_view key, std::string_view value) {
            records.emplace_back(key, value);
            return true;
        });
        return records;
    }

private:
    void drain(BatchLimits limits, LoadAhead* ahead) {
        for (;;) {
            Batch work{program_, state_, limits, ahead};
            if (!work.add_work()) return;
            // A store of the real kind may be read while it is written; this one may not.
            commit(work);
            if (ahead != nullptr && work.rest_of_load()) ahead->begin(*work.rest_of_load());
        }
    }
    void commit(Batch& batch) {
        BatchAnswer answer = target_.execute(batch.derive());
        for (int attempt = 0; !answer.ready(); ++attempt) {
            REQUIRE(attempt < 200);
            batch.refuse(answer);
            answer = target_.execute(batch.derive());
        }
        batch.accept(answer);
        Position position = read_position(state_);
        position.applied = batch.lsn();
        state_.write(batch.changes(position), true);
    }

    const Program& program_;
    ModelTarget target_;
    MemoryStore state_;
};

}  // namespace

TEST_CASE("a load ends as the stream of the same rows, whatever its chunks and threads",
          "[pipeline][tsan]") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        Random random{seed};
        const auto program = compile_model(random_mapping(random)).program;
        const auto rows = random_rows(random, *program, 30 + below(random, 300));
        Side streamed{*program};
        streamed.stream(rows);
        BatchLimits limits;
        limits.load_roots = 1 + below(random, chance(random, 50) ? 20 : 1'000);
        limits.load_threads = static_cast<unsigned>(1 + below(random, 4));
        Side loaded{*program};
        loaded.load(rows, limits, chance(random, 70));
        CHECK((loaded.tables() == streamed.tables()));
        CHECK((loaded.records() == streamed.records()));
    }
}

TEST_CASE("the chunks of a load give every root once", "[pipeline]") {
    Random random{7};
    for (int i = 0; i < 20; ++i) {
        const auto program = compile_model(random_mapping(random)).program;
        MemoryStore state;
        Overlay staged{state};
        Stager stager{*program, state, staged};
        for (const Change& change : random_rows(random, *program, 60))
            stager.stage(change);
        stager.finish();
        state.write(staged.staged(), true);
        for (EntityIndex e = 0; e < program->entities.size(); ++e) {
            std::optional<WorkItem> item = WorkItem{};
            item->kind = WorkItem::Kind::load;
            item->entity = e;
            std::set<KeyBytes> seen;
            while (item) {
                const std::size_t most = 1 + below(random, 7);
                LoadChunk chunk = next_load_chunk(*program, state, *item, most);
                CHECK(chunk.roots.size() <= most);
                WriteSet derived;
                for (const KeyBytes& root : chunk.roots) {
                    CHECK(seen.insert(root).second);
                    derived.put(Family::derived, keys::root(e, root), DerivedRecord{}.encode());
                }
                state.write(derived, true);
                item = std::move(chunk.rest);
            }
            StateView view{*program, state};
            for (const KeyBytes& root : seen)
                CHECK(derive(*program, e, root, view).state != RootState::gone);
        }
    }
}

}  // namespace crossfade::test
