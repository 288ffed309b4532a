// What can be asked of a state that has images and nothing derived yet.
#pragma once

#include "pipeline/state_view.hpp"
#include "transforms/derivation.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace crossfade {

// What derivations may see before anything is derived: parents by the ids they will have.
class EarlyView : public View {
public:
    // `own`: the entity whose roots show their computed ids; kNone: all show the adopted ones.
    // `parents`: whether parents are there at all; what is asked of a parent is its id alone, which
    // needs none of its own parents.
    EarlyView(const Program& program, StateView& state, EntityIndex own, bool parents)
        : program_{program}, state_{state}, own_{own}, parents_{parents} {}

    std::shared_ptr<const Row> image(RelationIndex relation, const KeyBytes& key) override {
        return state_.image(relation, key);
    }
    void members(IndexId index, const KeyBytes& key,
                 const std::function<bool(const Member&)>& each) override {
        state_.members(index, key, each);
    }
    std::optional<KeyBytes> key_of(IndexId index, const Member& member) override {
        return state_.key_of(index, member);
    }
    std::optional<ParentView> parent(EntityIndex entity, const KeyBytes& root) override {
        if (!parents_) return std::nullopt;
        EarlyView ids{program_, state_, kNone, false};
        const Outcome outcome = derive(program_, entity, root, ids);
        if (outcome.id == Uuid{}) return std::nullopt;
        return ParentView{outcome.id, true};
    }
    std::optional<AdoptedRow> adopted(EntityIndex entity, const Uuid& computed) override {
        if (entity == own_) return std::nullopt;
        return state_.adopted(entity, computed);
    }

private:
    const Program& program_;
    StateView& state_;
    EntityIndex own_;
    bool parents_;
};

// Roots in the order of their keys, per relation that feeds them; parked ones of a group left out,
// since they have no id.
void each_root(const Program& program, const Reader& store, EntityIndex entity,
               const std::function<void(const KeyBytes&)>& each);

}  // namespace crossfade
