// The part of Deriver that decides what becomes of a root's row on the target.
#include "pipeline/deriver.hpp"

#include <algorithm>

namespace crossfade {

namespace {
constexpr const char* kMoved = "moved";
}

// What becomes of the root's target row, and its record but for what is known only once claims are
// settled.
void Deriver::decide(EntityIndex entity, const KeyBytes& root, Working& working) {
    const EntityProgram& program = program_.entities[entity];
    const bool stood = working.before.present;
    DerivedRecord& after = working.after;
    const Outcome& outcome = working.outcome;
    working.detach.clear();
    working.yielded.clear();
    after = working.before;
    after.members = outcome.members;
    after.reason = outcome.reason;
    after.flags = outcome.flags;
    after.leaving = false;
    switch (outcome.state) {
        case RootState::row:
            working.fate = Fate::write;
            after.state = StoredState::applied;
            after.id = outcome.id;
            after.present = true;
            return;
        case RootState::filtered:
            after.state = StoredState::filtered;
            working.fate = stood ? Fate::remove : Fate::nothing;
            break;
        case RootState::gone:
            after.state = StoredState::gone;
            if (stood && has_moved(entity, root, working)) after.flags.emplace(kMoved);
            working.fate = !stood                         ? Fate::nothing
                           : after.flags.contains(kMoved) ? Fate::remove
                           : program.keep_on_delete       ? Fate::retire
                                                          : Fate::remove;
            if (working.fate == Fate::retire) decide_standing(entity, root, working);
            break;
        case RootState::parked:
        case RootState::rejected:
            after.state =
                outcome.state == RootState::parked ? StoredState::parked : StoredState::rejected;
            if (input_.stuck.contains({entity, root})) {
                working.fate = stood ? Fate::stand : Fate::nothing;
                break;
            }
            working.fate = !stood                   ? Fate::nothing
                           : program.remove_on_park ? Fate::remove
                                                    : Fate::stand;
            if (working.fate == Fate::stand) decide_standing(entity, root, working);
            break;
    }
    after.present = working.fate == Fate::stand || working.fate == Fate::retire;
}

// A group whose members all live on under other keys is deleted, never kept: nobody is gone. Once
// it is known it stays known, for the row may have to wait until nothing refers to it.
bool Deriver::has_moved(EntityIndex entity, const KeyBytes& root, const Working& working) {
    const EntityProgram& program = program_.entities[entity];
    if (program.root_kind != EntityProgram::RootKind::group || is_unresolved(root)) return false;
    if (working.before.state == StoredState::gone) return working.before.flags.contains(kMoved);
    bool any = false, all = true;
    for (std::size_t i = 0; i < program.member_indexes.size() && all; ++i) {
        const RelationIndex relation = program.member_relations[i];
        base_view_.members(program.member_indexes[i], root, [&](const Member& member) {
            any = true;
            all = view_.image(relation, member.row) != nullptr;
            return all;
        });
    }
    return any && all;
}

// No source row is behind a root that is gone, so there is none to reject. What the target refuses
// to delete, or to give the values of `keep`, stands as it is until the root is derived again.
void Deriver::let_stand(Working& working) {
    if (!working.before.present) return;
    working.fate = Fate::stand;
    working.detach.clear();
    working.after.present = true;
    working.after.parents = working.before.parents;
    working.after.flags.emplace(kRefused);
}

// The last good row stands although its root does not give it now; parents it refers to may leave.
void Deriver::decide_standing(EntityIndex entity, const KeyBytes& root, Working& working) {
    const auto& parents = program_.entities[entity].variants.front().parents;
    for (const StoredParent& parent : working.before.parents) {
        const auto seen = view_.parent(parent.entity, parent.root);
        if (seen && seen->present) {
            const RootRef on{parent.entity, parent.root};
            if (on != RootRef{entity, root}) standing_[on].insert({entity, root});
            continue;
        }
        if (parents[parent.parent].gone == OnGone::remove) {
            working.fate = Fate::remove;
            return;
        }
        working.detach.push_back(parent.column);
    }
    std::erase_if(working.after.parents, [&](const StoredParent& parent) {
        return std::find(working.detach.begin(), working.detach.end(), parent.column) !=
               working.detach.end();
    });
}

}  // namespace crossfade
