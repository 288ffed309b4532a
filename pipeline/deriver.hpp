// Derives every affected root of a batch, entity by entity, parents first, to a fixpoint, and turns
// the outcomes into writes for the target and records for the state. Pure over the staged state;
// may be run again from the same staging after the target refused some roots.
//
//   dirty roots --derive--> outcome --fate--> write | retire | remove | stand | nothing
//                              |
//                 outcome seen by others changed? their roots are dirty too (same entity, or a
//                 later one)
//
// After an entity's roots are derived, its claims are settled: who holds each touched value now,
// and the roots whose holding changed are derived as well. At the end, who owns each touched id.
//
// One class, a file for each idea: deriver.cpp the order of the whole, decide.cpp what becomes of a
// row, settle_claims.cpp who holds a unique value, own_id.cpp who owns an id, write_rows.cpp the
// writes for the target (takeover.cpp: rows of an earlier migration), record.cpp what the state
// stores.
#pragma once

#include "pipeline/affected.hpp"
#include "pipeline/claims.hpp"
#include "target/batch.hpp"
#include "transforms/derivation.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace crossfade {

// Work born in a batch, before it has its place in the queue.
using NewWork = std::vector<WorkItem>;

class Deriver {
public:
    struct Input {
        std::map<EntityIndex, std::set<KeyBytes>> dirty;
        std::map<RootRef, Refusal> refused;  // by the target, in an earlier attempt at this batch
        // Of these, what the target refused again after that: nothing of them is written any more,
        // and a row of theirs stays as it is.
        std::set<RootRef> stuck;
        // Deferred columns whose value the target refused: it is computed anew after the root's
        // next write.
        std::map<RootRef, std::set<std::uint32_t>> unfilled;
        std::set<RootRef> forgotten;  // repair: nothing is taken for granted of what stands there
        std::set<RootRef> missing;    // rows that somebody deleted: write them anew
        std::set<RootRef>
            unseated;  // it is not known what unique values their rows carry: given up first
        std::set<RootRef> emptied;     // of these, those that take what nobody has meanwhile
        std::set<ClaimValue> foreign;  // values that the target refused in an earlier attempt
        bool ask_again = true;         // of values that rows born on the target held once
        std::int64_t outcome_budget =
            2'000;   // edges walked per changed outcome before the rest becomes work
        EndLsn lsn;  // for quarantine records
        bool final_removals = false;  // no other work is open: what is still referred to is kept
        // Entities all of whose roots are derived later in any case.
        std::set<EntityIndex> unloaded;
        // Outcomes of roots of an entity that were derived beforehand; taken out as they are used.
        std::pair<EntityIndex, std::map<KeyBytes, Outcome>*> prepared{0, nullptr};
    };

    // Borrows all; `overlay` holds the staged images and indexes and takes the records.
    Deriver(const Program& program, const Reader& base, Overlay& overlay, const Input& input);

    TargetBatch run();
    NewWork& new_work() { return new_work_; }
    // After run(): the value of a claim that the root's row was to carry; empty: none.
    KeyBytes held_value(const RootRef& ref, std::uint32_t claim) const;
    // After run(): the target did not delete this root's row, because others still refer to it or
    // somebody changed it. `kept`: it stays for good and counts again; else it is tried again when
    // the other work is done.
    void keep_row(const RootRef& ref, bool kept, std::string_view flag);

private:
    // yield: the row that stood goes to another root, which owns its id.
    enum class Fate { nothing, write, retire, remove, stand, leave, yield };
    struct Working {
        DerivedRecord before;  // as of the state before the batch
        DerivedRecord after;
        bool existed = false;
        Outcome outcome;
        Fate fate = Fate::nothing;
        std::vector<std::uint32_t>
            detach;  // fate stand: columns to set NULL because their parent leaves
        std::vector<std::uint32_t> yielded;  // fate stand: claimed columns another root takes
        std::optional<StoredClaim> wish;     // for the id of the row that the root gives
        bool lost = false;                   // the id is another root's
        int turns = 0;                       // how often it was derived, if it has rivals
    };
    using Roots = std::map<KeyBytes, Working>;

    void derive_entity(EntityIndex entity);
    void derive_root(EntityIndex entity, const KeyBytes& root);
    Outcome derive_or_take(EntityIndex entity, const KeyBytes& root);
    void decide(EntityIndex entity, const KeyBytes& root, Working& working);
    bool has_moved(EntityIndex entity, const KeyBytes& root, const Working& working);
    void let_stand(Working& working);
    void decide_standing(EntityIndex entity, const KeyBytes& root, Working& working);
    void take_claims(EntityIndex entity, const KeyBytes& root, Working& working);
    void release_marks(const Working& working);
    void ask_again(const RootRef& ref, const Working& working);
    ClaimValue id_value(EntityIndex entity, const Uuid& id) const;
    void wish_id(EntityIndex entity, const KeyBytes& root, Working& working);
    std::vector<StoredClaim> id_claims(EntityIndex entity, const Working& working) const;
    void yield_row(EntityIndex entity, const KeyBytes& root, Working& working);
    bool is_taken(EntityIndex entity, const KeyBytes& root, const Uuid& id) const;
    std::optional<RootRef> root_of_row(EntityIndex entity, const Uuid& id) const;
    bool agrees(const RootRef& ref, const Working& working, const ClaimValue& value,
                const std::optional<RootRef>& owner) const;
    EntityIndex settle_ids(EntityIndex next);
    void keep_id(const RootRef& ref, DerivedRecord& record);
    void settle_touched();
    void note_held();
    void yield_claims(EntityIndex entity, const KeyBytes& root, Working& working);
    void rederive_children(const RootRef& parent);
    void publish(EntityIndex entity, const KeyBytes& root, Working& working);
    void finish_root(EntityIndex entity, const KeyBytes& root, Working& working,
                     TargetBatch& batch);
    void finish_write(EntityIndex entity, const KeyBytes& root, Working& working,
                      TargetBatch& batch);
    void finish_stand(EntityIndex entity, const KeyBytes& root, Working& working,
                      TargetBatch& batch);
    void finish_retire(EntityIndex entity, const KeyBytes& root, Working& working,
                       TargetBatch& batch);
    bool takes_over(EntityIndex entity, const KeyBytes& root, const Working& working) const;
    void unseat(EntityIndex entity, const KeyBytes& root, const Working& working,
                TargetBatch& batch);
    void unseat_standing(EntityIndex entity, const KeyBytes& root, const Working& working,
                         TargetBatch& batch, RowWrite& write);
    RowWrite partial_write(const RootRef& ref, const Working& working) const;
    void guard(EntityIndex entity, Working& working, RowWrite& write) const;
    void guard_new(EntityIndex entity, Working& working, RowWrite& write) const;
    std::vector<Value> last_written(EntityIndex entity, const KeyBytes& root,
                                    const Working& working);
    Value given_up(EntityIndex entity, const KeyBytes& root, std::uint32_t column);
    void vacate(EntityIndex entity, const KeyBytes& root, Working& working, TargetBatch& batch);
    void store(EntityIndex entity, const KeyBytes& root, Working& working);
    void count(EntityIndex entity, const DerivedRecord& record, std::int64_t sign);
    void quarantine(EntityIndex entity, const KeyBytes& root, const Working& working);
    void defer(EntityIndex entity, const KeyBytes& root, Working& working);
    std::uint32_t depth(EntityIndex entity, const KeyBytes& root);
    std::string row_hash(EntityIndex entity, const Outcome& outcome) const;
    Working& at(EntityIndex entity, const KeyBytes& root) { return working_[entity].at(root); }

    // Flag of a gone root whose row the target would not let go.
    static constexpr const char* kRefused = "refused";

    const Program& program_;
    const Reader& base_;
    StateView base_view_;
    Overlay& overlay_;
    StateView view_;
    const Input& input_;
    std::map<EntityIndex, std::set<KeyBytes>> dirty_;
    std::map<EntityIndex, Roots> working_;
    std::set<ClaimValue> touched_;
    std::set<ClaimValue> touched_ids_;
    // Parent -> rows of this batch that stand on it although their roots do not give them: no edge
    // of the state leads to them yet.
    std::map<RootRef, std::set<RootRef>> standing_;
    NewWork new_work_;
};

}  // namespace crossfade
