// The engine against a model: random mappings, random transactions, random chunking and
// interleaving of the work queue. At the end the incrementally maintained target equals T computed
// from scratch, modulo declared history.
//
// One case is one seed; a failure prints it. CROSSFADE_MODEL_SEED runs that case alone,
// CROSSFADE_MODEL_CASES sets how many, both together how many from that seed on.
//
// A change of the mapping's text or of the changes must leave it able to find these, planted by
// hand in the engine:
//   lookups    an absent row in the middle of a chain is not tracked, or its arrival not noticed
//   fan-out    a row read by many changes while chunks of its earlier change are open: missed, or
//              a cursor skips an entry
//   rejection  a parent becomes rejected, and its children or its own parents do not concern it
//   truncate   with inserts in one transaction: new rows go with the old, or old ones stay
//   ring       three rows pass a claimed value on: not vacated, or vacated by what another holds
//   exchange   of rows that were changed by hand the one in the way is not unseated
//   fallback   a reserved value is claimed, or the loser of a claim writes what another row has
#include "pipeline/claims.hpp"
#include "pipeline/state_view.hpp"
#include "tests/pipeline/model_expected.hpp"
#include "tests/pipeline/model_mapping.hpp"
#include "tests/pipeline/model_reload.hpp"
#include "tests/pipeline/model_source.hpp"
#include "tests/state/random_numbers.hpp"
#include "tests/support/campaign.hpp"
#include "tests/support/catch.hpp"

#include "state/memory_store.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <utility>

namespace crossfade::test {
namespace {
// To read and compile a mapping takes as long as to try it once.
constexpr std::uint64_t kCasesOfMapping = 4;

class Case {
public:
    Case(std::uint64_t seed, const ModelProgram& model)
        : random_{seed}, program_{model.program}, shape_{model.shape}, target_{*program_} {
        limits_.inline_entries = static_cast<std::int64_t>(1 + below(random_, 8));
        limits_.chunk_roots = 1 + below(random_, 5);
        // A few entries a chunk: the fan-out of one row is under way over many other batches.
        const bool slow = chance(random_, 30);
        limits_.chunk_entries =
            static_cast<std::int64_t>(slow ? 1 + below(random_, 4) : 10 + below(random_, 30));
        if (chance(random_, 25)) {
            changes_.crowd();
        }
        // As after a mapping that came to its things in another order.
        if (chance(random_, 30)) {
            numbers_ = random_numbers();
            numbered_ = std::make_unique<NumberedStore>(*stored_, *numbers_);
            state_ = numbered_.get();
        }
    }

    // Empty, or what differs.
    std::string run() {
        const std::size_t rounds = 4 + below(random_, 14);
        for (std::size_t round = 0; round < rounds; ++round) {
            // What was missed is often made good by a later change: so it is looked for early too.
            if (chance(random_, 8)) {
                if (std::string difference = settle(); !difference.empty()) return difference;
            }
            source_batch();
            for (std::size_t chunks = below(random_, 4); chunks > 0; --chunks) {
                if (!work_batch()) break;
            }
            if (chance(random_, 15)) steal();
            if (chance(random_, 15)) exchange();
            if (chance(random_, 4)) lose_slot();
        }
        return settle();
    }

private:
    StateNumbers random_numbers() {
        StateNumbers numbers;
        numbers.relations = random_number_map(random_, program_->relations.size());
        numbers.indexes = random_number_map(random_, program_->indexes.size());
        numbers.nodes = random_number_map(random_, program_->nodes.size());
        numbers.entities = random_number_map(random_, program_->entities.size());
        numbers.claims = random_number_map(random_, program_->claims.size());
        for (const MappedRelation& relation : program_->relations)
            numbers.columns.push_back(random_number_map(random_, relation.columns.size()));
        for (const EntityProgram& entity : program_->entities) {
            numbers.target_columns.push_back(
                random_number_map(random_, entity.target.columns.size()));
            numbers.parents.push_back(
                random_number_map(random_, entity.variants.front().parents.size()));
        }
        for (const IndexSpec& index : program_->indexes)
            numbers.relation_of_index.push_back(
                index.over_roots == kNone ? index.relation : StateNumbers::kNoRelation);
        return numbers;
    }

    std::string settle() {
        for (int chunks = 0; work_batch(); ++chunks) {
            if (chunks > 20'000) return "the work queue does not drain";
        }
        return compare_with_expected(*program_, source_, *state_, target_);
    }

    void source_batch() {
        Batch batch{*program_, *state_, limits_};
        for (std::size_t n = 1 + below(random_, 3); n > 0; --n)
            batch.stage(changes_.transaction());
        lsn_ += 8;
        batch.close(EndLsn{Lsn{lsn_}});
        commit(batch);
    }

    bool work_batch() {
        Batch batch{*program_, *state_, limits_};
        if (!batch.add_work()) return false;
        commit(batch);
        return true;
    }

    void commit(Batch& batch) {
        BatchAnswer answer;
        for (int attempt = 0;; ++attempt) {
            if (attempt > 200) throw std::logic_error("refused again and again");
            const TargetBatch attempted = batch.derive();
            answer = target_.execute(attempted);
            if (answer.ready()) break;
            settle_refused_claims(*program_, *state_, keys_, holder_, attempted, batch, answer);
            batch.refuse(answer);
        }
        batch.accept(answer);
        Position position = read_position(*state_);
        ++position.batch;
        position.applied = batch.lsn();
        state_->write(batch.changes(position), true);
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
        const auto root = root_of_row(*program_, *state_, entity, id);
        if (!root) return;
        StateView view{*program_, *state_};
        const auto record = view.record(root->entity, root->root);
        if (record->state != StoredState::applied) return;
        // Work that is open may park it: then its last good row would stand, and nobody write it.
        if (derive(*program_, root->entity, root->root, view).state != RootState::row) return;
        if (!target_.steal(entity, id)) return;
        Batch repair{*program_, *state_, limits_};
        repair.add_root(*root);
        commit(repair);
    }

    // Somebody exchanges two unique values on the target; a repair of either row puts both right,
    // also when the stream comes first.
    void exchange() {
        const auto claim = static_cast<std::uint32_t>(below(random_, program_->claims.size()));
        const ClaimSpec& spec = program_->claims[claim];
        if (!spec.of_column()) return;
        std::vector<std::pair<Uuid, RootRef>> rows;
        for (const auto& [id, row] : target_.table(spec.entity)) {
            const auto root = root_of_row(*program_, *state_, spec.entity, id);
            if (!root || root->entity != spec.entity) continue;
            const auto record = StateView{*program_, *state_}.record(root->entity, root->root);
            if (record->state == StoredState::applied) rows.emplace_back(id, *root);
        }
        std::shuffle(rows.begin(), rows.end(), random_);
        if (rows.size() < 2 || !target_.exchange(claim, rows[0].first, rows[1].first)) return;
        const bool both = chance(random_, 50);
        for (std::size_t i = 0; i < 2; ++i) {
            Batch repair{*program_, *state_, limits_};
            repair.add_root(rows[i].second);
            if (both) repair.add_root(rows[1].second);
            commit(repair);
        }
    }

    // What happens on the source is lost; a new state is loaded over what the old one wrote.
    void lose_slot() {
        for (std::size_t n = below(random_, 6); n > 0; --n)
            changes_.transaction();
        lsn_ += 8;
        auto loaded = reload(*program_, shape_, *stored_, numbers_, source_, target_, lsn_);
        numbered_.reset();
        numbers_.reset();
        stored_ = std::move(loaded);
        state_ = stored_.get();
        // Nothing of the stream is taken in before the entities are loaded.
        for (auto item = first_work(*state_, WorkQueue::work);
             item && item->kind == WorkItem::Kind::load;
             item = first_work(*state_, WorkQueue::work))
            work_batch();
    }

    Random random_;
    std::shared_ptr<const Program> program_;
    const std::vector<ShapeThing>& shape_;
    ModelTarget target_;
    std::unique_ptr<MemoryStore> stored_ = std::make_unique<MemoryStore>();
    std::optional<StateNumbers> numbers_;
    std::unique_ptr<NumberedStore> numbered_;
    Store* state_ = stored_.get();
    SourceRows source_;
    ModelSource changes_{random_, *program_, source_};
    UniqueKeys keys_ = target_.unique_keys();
    HolderOf holder_ = [this](const RowWrite& write, const std::set<std::uint32_t>& key) {
        return target_.holder(write, key);
    };
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
    "[pipeline][property][campaign][model]") {
    const std::uint64_t single = from_environment("CROSSFADE_MODEL_SEED", 0);
    // The short form is a number of cases; the long one goes on with others until its time is over.
    const std::uint64_t cases = from_environment("CROSSFADE_MODEL_CASES", single != 0 ? 1 : 10'000);
    const auto until = std::chrono::steady_clock::now() + campaign_seconds(std::chrono::seconds{0});
    const std::uint64_t first = single != 0 ? single : 1;
    std::string yaml;
    ModelProgram model;
    std::uint64_t seed = first;
    for (; seed < first + cases || std::chrono::steady_clock::now() < until; ++seed) {
        if (!model.program || seed % kCasesOfMapping == 0) {
            Random random{seed / kCasesOfMapping};
            yaml = random_mapping(random);
            model = compile_model(yaml);
        }
        Case one{seed, model};
        std::string difference;
        try {
            difference = one.run();
        } catch (const std::exception& failure) {
            difference = failure.what();
        }
        if (difference.empty()) continue;
        INFO("seed " << seed << " (CROSSFADE_MODEL_SEED=" << seed << " runs it alone)");
        INFO(yaml);
        FAIL(difference);
    }
    if (is_long_campaign()) {
        std::cout << "model: " << seed - first << " cases without a difference\n";
    }
    SUCCEED();
}

}  // namespace crossfade::test
