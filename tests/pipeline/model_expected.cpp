#include "tests/pipeline/plain_view.hpp"

#include "pipeline/stager.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade::test {

namespace {
class Expected {
public:
    Expected(const Program& program, const SourceRows& source, const Store& state,
             const ModelTarget& target)
        : program_{program},
          source_{source},
          state_{state},
          target_{target},
          view_{program, source},
          state_view_{program, state} {}

    std::string run() {
        for (EntityIndex e = 0; e < program_.entities.size(); ++e)
            add_history(e);
        for (EntityIndex e = 0; e < program_.entities.size(); ++e) {
            for (const KeyBytes& root : roots(e))
                view_.computed[e].try_emplace(root);
            derive_entity(e);
        }
        for (EntityIndex e = 0; e < program_.entities.size() && difference_.empty(); ++e) {
            settle(e);
            compare_rows(e);
            compare_counts(e);
            compare_quarantine(e);
            for (EntityIndex of = 0; of <= e && !difference_.empty(); ++of)
                difference_ += roots_of(of);
        }
        if (difference_.empty()) compare_indexes();
        return difference_;
    }

private:
    std::set<KeyBytes> roots(EntityIndex e) {
        std::set<KeyBytes> roots;
        const EntityProgram& entity = program_.entities[e];
        if (entity.root_kind == EntityProgram::RootKind::row) {
            if (const auto rows = source_.find(entity.relation); rows != source_.end()) {
                for (const auto& [key, row] : rows->second)
                    roots.insert(key);
            }
            return roots;
        }
        for (const IndexId index : entity.member_indexes) {
            const auto rows = source_.find(program_.indexes[index].relation);
            if (rows == source_.end()) continue;
            for (const auto& [key, row] : rows->second) {
                for (const IndexEntry& entry : view_.entries(index, key, row))
                    roots.insert(entry.key);
            }
        }
        return roots;
    }

    // Rows that stand by declared history: kept, or the last good row of a parked or rejected root.
    void add_history(EntityIndex e) {
        state_.scan(Family::derived, keys::entity_prefix(e), {},
                    [&](std::string_view key, std::string_view bytes) {
                        const KeyBytes root{key.substr(4)};
                        const DerivedRecord record = DerivedRecord::decode(bytes);
                        records_[e][root] = record;
                        if (record.present && record.state != StoredState::applied)
                            view_.computed[e].try_emplace(root);
                        return true;
                    });
    }

    bool stands(EntityIndex e, const KeyBytes& root) {
        const auto record = records_[e].find(root);
        return record != records_[e].end() && record->second.present &&
               record->second.state != StoredState::applied;
    }

    bool refused(const Outcome& outcome, EntityIndex e) const {
        const auto& columns = program_.entities[e].target.columns;
        for (std::size_t i = 0; i < outcome.values.size(); ++i) {
            const auto* text = std::get_if<std::string>(&outcome.values[i]);
            if (columns[i].name == "note" && text != nullptr &&
                (*text == "refuse" || *text == "swallow"))
                return true;
        }
        return false;
    }

    // Self-references: rounds until nothing changes, from nothing present.
    void derive_entity(EntityIndex e) {
        auto& computed = view_.computed[e];
        for (auto& [root, entry] : computed) {
            if (!stands(e, root)) continue;
            entry.outcome.id = records_[e][root].id;
            entry.present = true;
        }
        for (bool changed = true; changed;) {
            changed = false;
            std::map<KeyBytes, Outcome> outcomes;
            for (const auto& [root, entry] : computed)
                outcomes[root] = derive(program_, e, root, view_);
            settle_ids(e, outcomes);
            for (auto& [root, entry] : computed) {
                Outcome& outcome = outcomes[root];
                const bool present = outcome.state == RootState::row || stands(e, root);
                if (outcome.state != RootState::row && stands(e, root))
                    outcome.id = records_[e][root].id;
                changed = changed || present != entry.present ||
                          outcome.state != entry.outcome.state ||
                          !(outcome.values == entry.outcome.values);
                entry = {std::move(outcome), present};
            }
        }
    }

    using Wish = std::tuple<bool, std::string, KeyBytes>;  // of a root that is gone, entity, root
    using Wishes = std::map<Uuid, std::set<Wish>>;

    void wish(EntityIndex e, const KeyBytes& root, const Outcome& outcome, Wishes& wishes) {
        const EntityProgram& entity = program_.entities[e];
        if (stands(e, root)) {
            const DerivedRecord& record = records_[e][root];
            wishes[record.id].emplace(record.state == StoredState::gone, entity.name, root);
        }
        const bool waits =
            outcome.state == RootState::parked && outcome.id != Uuid{} && entity.self_reference;
        if ((outcome.state == RootState::row && !refused(outcome, e)) || waits)
            wishes[outcome.id].emplace(false, entity.name, root);
    }

    // Of other entities that write to the same table.
    void add_rivals(EntityIndex e, Wishes& wishes) {
        for (EntityIndex other = 0; other < program_.entities.size(); ++other) {
            if (other == e || &target_.table(other) != &target_.table(e)) continue;
            std::set<KeyBytes> rivals = roots(other);
            for (const auto& [root, record] : records_[other])
                rivals.insert(root);
            for (const KeyBytes& root : rivals)
                wish(other, root, derive(program_, other, root, view_), wishes);
        }
    }

    // Of the roots that give one id the lowest has it, but for one that the target refuses; the row
    // of a root that is gone has it last. A root that waits has it only if rows of its own entity
    // may be what it waits for.
    void settle_ids(EntityIndex e, std::map<KeyBytes, Outcome>& outcomes) {
        const EntityProgram& entity = program_.entities[e];
        Wishes wishes;
        for (const auto& [root, outcome] : outcomes) {
            refused_[e][root] = refused(outcome, e);
            wish(e, root, outcome, wishes);
        }
        add_rivals(e, wishes);
        for (auto& [root, outcome] : outcomes) {
            if (outcome.state != RootState::row) continue;
            const auto& rivals = wishes[outcome.id];
            const Wish own{false, entity.name, root};
            const bool owns = rivals.empty() || own <= *rivals.begin();
            if (!owns) refused_[e][root] = false;
            if (owns && !refused_[e][root]) continue;
            outcome.state = RootState::rejected;
        }
    }

    using Claimants = std::map<ClaimValue, std::map<KeyBytes, RootRef>>;  // by order and root

    void add_claimants(EntityIndex e, Claimants& claimants) {
        const auto add = [&](const StoredClaim& claim, const KeyBytes& root) {
            claimants[registered_as(program_, claim)].insert_or_assign(claim.order + root,
                                                                       RootRef{e, root});
        };
        for (auto& [root, entry] : view_.computed[e]) {
            if (entry.outcome.state == RootState::row || refused_[e][root]) {
                for (const StoredClaim& claim : living_claims(program_, e, entry.outcome))
                    add(claim, root);
            }
            if (!stands(e, root)) continue;
            for (const StoredClaim& claim : records_[e][root].claims) {
                if (claim.held) add(claim, root);
            }
        }
    }

    void settle(EntityIndex e) {
        Claimants claimants;
        for (EntityIndex other = 0; other < program_.entities.size(); ++other) {
            if (&target_.table(other) == &target_.table(e)) add_claimants(other, claimants);
        }
        for (auto& [root, entry] : view_.computed[e]) {
            if (entry.outcome.state != RootState::row) continue;
            std::vector<bool> held;
            for (const StoredClaim& claim : living_claims(program_, e, entry.outcome)) {
                held.push_back(claimants[registered_as(program_, claim)].begin()->second ==
                               RootRef{e, root});
            }
            settle_claims(program_, e, entry.outcome, held);
        }
    }

    // For who reads a failure: each root as the state has it, and as it should be.
    std::string roots_of(EntityIndex e) {
        std::string text =
            "\n" + program_.entities[e].name + ": state, reason, row | expected, row";
        for (auto& [root, entry] : view_.computed[e]) {
            const DerivedRecord& record = records_[e][root];
            text += "\n" + (is_unresolved(root) ? "unresolved" : display_key(root)) + ": " +
                    std::string{to_string(record.state)} + ", " + record.reason + ", " +
                    (record.present ? record.id.format() : "none");
            for (const StoredClaim& claim : record.claims)
                text += " " + std::to_string(claim.claim) + (claim.held ? "+" : "-") +
                        display_key(claim.value);
            text += " | " + std::string{to_string(entry.outcome.state)} + ", " +
                    (entry.present ? entry.outcome.id.format() : "none");
            if (refused_[e][root]) text += ", refused";
        }
        return text;
    }

    void differ(const std::string& text) {
        if (difference_.empty()) difference_ = text;
    }

    void compare_rows(EntityIndex e) {
        const EntityProgram& entity = program_.entities[e];
        std::set<Uuid>& expected = expected_[&target_.table(e)];
        for (auto& [root, entry] : view_.computed[e]) {
            const std::string name =
                entity.name + " " + (is_unresolved(root) ? "unresolved" : display_key(root));
            const auto record = records_[e].find(root);
            if (record == records_[e].end()) return differ(name + ": the state does not know it");
            check_standing(e, root, entry, name);
            if (!entry.present) continue;
            expected.insert(entry.outcome.id);
            const auto row = target_.table(e).find(entry.outcome.id);
            if (row == target_.table(e).end()) return differ(name + ": missing on the target");
            if (entry.outcome.state != RootState::row) continue;
            for (std::size_t i = 0; i < row->second.size(); ++i) {
                if (row->second[i] == entry.outcome.values[i]) continue;
                differ(name + "." + entity.target.columns[i].name + ": expected " +
                       to_display(entry.outcome.values[i]) + ", found " +
                       to_display(row->second[i]));
            }
        }
        for (EntityIndex later = e + 1; later < program_.entities.size(); ++later) {
            if (&target_.table(later) == &target_.table(e)) return;
        }
        for (const auto& [id, row] : target_.table(e)) {
            if (!expected.contains(id))
                differ(entity.name + ": a row on the target that should not be there");
        }
    }

    // A standing row must have a right to stand.
    void check_standing(EntityIndex e, const KeyBytes& root, const Computed& entry,
                        const std::string& name) {
        const EntityProgram& entity = program_.entities[e];
        const DerivedRecord& record = records_[e][root];
        if (record.leaving) differ(name + ": still leaving though no work is open");
        const RootState state = entry.outcome.state;
        const bool row = state == RootState::row;
        if (row != (record.state == StoredState::applied)) {
            differ(name + ": state " + std::string{to_string(record.state)} + ", expected " +
                   std::string{to_string(state)});
        }
        if (row || !record.present) return;
        // Nobody but the bridge writes here, and whoever referred to it was told that it leaves.
        if (record.flags.contains("referred")) differ(name + ": kept for a row that refers to it");
        if (state == RootState::filtered) differ(name + ": filtered, yet it stands");
        if (state == RootState::gone && !entity.keep_on_delete)
            differ(name + ": gone, yet it stands");
        if (state != RootState::gone && entity.remove_on_park)
            differ(name + ": parked, yet it stands");
        for (const StoredParent& parent : record.parents) {
            const auto seen = view_.parent(parent.entity, parent.root);
            if (!seen || !seen->present) differ(name + ": stands on a parent that is gone");
        }
    }

    // Every row feeds a root, whatever it lacks; slots alone may leave it out.
    std::int64_t rows_that_feed(const EntityProgram& entity) const {
        std::vector<RelationIndex> relations = entity.member_relations;
        if (relations.empty()) relations.push_back(entity.relation);
        std::size_t count = 0;
        for (const RelationIndex relation : relations) {
            const auto rows = source_.find(relation);
            if (rows != source_.end()) count += rows->second.size();
        }
        return static_cast<std::int64_t>(count);
    }

    void compare_counts(EntityIndex e) {
        std::map<std::string, std::int64_t> counts;
        for (const auto& [root, entry] : view_.computed[e]) {
            const auto members = static_cast<std::int64_t>(entry.outcome.members);
            counts["source"] += members;
            if (members == 0) continue;
            if (entry.outcome.state == RootState::row) {
                counts["applied"] += 1;
                counts["merged"] += members - 1;
            } else {
                counts[std::string{to_string(entry.outcome.state)}] += members;
            }
        }
        const EntityProgram& entity = program_.entities[e];
        if (entity.root_kind != EntityProgram::RootKind::slot_row &&
            counts["source"] != rows_that_feed(entity))
            differ(entity.name + ": " + std::to_string(rows_that_feed(entity)) +
                   " rows, but roots of " + std::to_string(counts["source"]));
        for (const char* what : {"source", "applied", "merged", "filtered", "parked", "rejected"}) {
            const std::int64_t stored = read_counter(state_, e, what);
            if (stored != counts[what]) {
                differ(program_.entities[e].name + ": counted " + std::to_string(stored) + " " +
                       what + ", expected " + std::to_string(counts[what]));
            }
        }
    }

    // What `quarantine list` shows and what `status` counts are one.
    void compare_quarantine(EntityIndex e) {
        const std::string prefix = keys::entity_prefix(e);
        std::map<StoredState, std::int64_t> listed;
        state_.scan(Family::quarantine, prefix, {}, [&](std::string_view key, std::string_view) {
            const DerivedRecord& record = records_[e][KeyBytes{key.substr(prefix.size())}];
            if (record.members == 0) differ("a root without rows is in quarantine");
            listed[record.state] += static_cast<std::int64_t>(record.members);
            return true;
        });
        const bool parked = listed[StoredState::parked] == read_counter(state_, e, "parked");
        const bool rejected = listed[StoredState::rejected] == read_counter(state_, e, "rejected");
        if (!parked || !rejected || listed.size() > 2)
            differ(program_.entities[e].name + ": quarantine and account disagree");
    }

    void compare_indexes() {
        std::set<std::string> expected;
        for (IndexId index = 0; index < program_.indexes.size(); ++index) {
            const IndexSpec& spec = program_.indexes[index];
            if (spec.over_roots != kNone || spec.identity || spec.scan) continue;
            const auto rows = source_.find(spec.relation);
            if (rows == source_.end()) continue;
            for (const auto& [key, row] : rows->second) {
                for (const IndexEntry& entry : view_.entries(index, key, row)) {
                    expected.insert(keys::index_entry(index, entry.key, {key, entry.slot}));
                }
            }
        }
        std::set<std::string> found;
        state_.scan(Family::edges, {}, {}, [&](std::string_view key, std::string_view) {
            const IndexId index = keys::number_of(key);
            if (index < program_.indexes.size() && program_.indexes[index].over_roots == kNone)
                found.emplace(key);
            return true;
        });
        if (expected != found) differ("the indexes of the state differ from those of the source");
    }

    const Program& program_;
    const SourceRows& source_;
    const Store& state_;
    const ModelTarget& target_;
    PlainView view_;
    StateView state_view_;
    std::map<EntityIndex, std::map<KeyBytes, DerivedRecord>> records_;
    std::map<EntityIndex, std::map<KeyBytes, bool>> refused_;
    std::map<const ModelTarget::Table*, std::set<Uuid>> expected_;  // ids of rows
    std::string difference_;
};
}  // namespace

std::string compare_with_expected(const Program& program, const SourceRows& source,
                                  const Store& state, const ModelTarget& target) {
    return Expected{program, source, state, target}.run();
}

}  // namespace crossfade::test
