#include "pipeline/refused_claims.hpp"

#include "pipeline/claims.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

namespace {
class RefusedClaims {
public:
    RefusedClaims(const Program& program, const Reader& state, const UniqueKeys& keys,
                  const HolderOf& holder_of, const TargetBatch& attempt)
        : program_{program}, state_{state}, keys_{keys}, holder_of_{holder_of}, attempt_{attempt} {}

    // The claim that covers the unique key by which a root was refused.
    std::optional<std::uint32_t> claim_of(const Refusal& refusal) const {
        const auto key = keys_.find({refusal.root.entity, refusal.constraint});
        if (refusal.sqlstate != "23505" || key == keys_.end()) return std::nullopt;
        for (std::uint32_t claim = 0; claim < program_.claims.size(); ++claim) {
            const ClaimSpec& spec = program_.claims[claim];
            std::set<std::uint32_t> columns{spec.within.begin(), spec.within.end()};
            columns.insert(spec.column);
            if (spec.of_column() && spec.entity == refusal.root.entity && columns == key->second)
                return claim;
        }
        return std::nullopt;
    }

    // The root of ours whose row is in the way: it has the row, or an earlier migration left it and
    // the root has not written it yet. nullopt: the row is born on the target.
    std::optional<RootRef> holder(const Refusal& refusal) const {
        const EntityIndex entity = refusal.root.entity;
        const std::set<std::uint32_t>& key = keys_.at({entity, refusal.constraint});
        const auto write = std::ranges::find_if(attempt_.writes, [&](const RowWrite& candidate) {
            const auto writes = [&](std::uint32_t column) {
                return std::ranges::find(candidate.only, column) != candidate.only.end();
            };
            return candidate.root == refusal.root &&
                   (candidate.only.empty() || std::ranges::all_of(key, writes));
        });
        if (write == attempt_.writes.end()) return std::nullopt;
        const auto row = holder_of_(*write, key);
        if (!row) return std::nullopt;
        auto ours = root_of_row(program_, state_, entity, *row);
        if (!ours) {
            auto root = state_.get(Family::meta, keys::adopter(entity, *row));
            if (root) ours = RootRef{entity, KeyBytes{std::move(*root)}};
        }
        return ours == refusal.root ? std::nullopt : ours;
    }

private:
    const Program& program_;
    const Reader& state_;
    const UniqueKeys& keys_;
    const HolderOf& holder_of_;
    const TargetBatch& attempt_;
};
}  // namespace

void settle_refused_claims(const Program& program, const Reader& state, const UniqueKeys& keys,
                           const HolderOf& holder_of, const TargetBatch& attempt, Batch& batch,
                           BatchAnswer& answer) {
    const RefusedClaims claims{program, state, keys, holder_of, attempt};
    // Of these nothing was written: not even a value was given up.
    std::set<RootRef> refused{answer.left_out.begin(), answer.left_out.end()};
    for (const Refusal& refusal : answer.refused)
        refused.insert(refusal.root);
    bool unseated = false;
    // Who waits for a holder that was refused as well, or left out: it may have kept a value that
    // it was to give up in this batch.
    std::map<RootRef, RootRef> waiting;
    for (const Refusal& refusal : answer.refused) {
        if (!claims.claim_of(refusal)) continue;
        const auto holder = claims.holder(refusal);
        if (holder && refused.contains(*holder))
            waiting.emplace(refusal.root, *holder);
        else if (holder && (batch.unseat(*holder) || batch.clear_unique(refusal.root)))
            unseated = true;
    }
    const bool all_wait = waiting.size() == answer.refused.size();
    for (const auto& [root, holder] : waiting)
        unseated = (all_wait && batch.unseat(holder)) || unseated;
    // Rows that need each other were refused together: what is left shows in the next attempt.
    if (unseated) return answer.refused.clear();
    std::erase_if(answer.refused, [&](const Refusal& refusal) {
        const auto claim = claims.claim_of(refusal);
        if (!claim) return false;
        return (!all_wait && waiting.contains(refusal.root)) ||
               batch.lose_claim(refusal.root, *claim);
    });
}

}  // namespace crossfade
