// What a derivation may read. Implemented over the state by pipeline/, over plain maps by the
// tests.
#pragma once

#include "model/identity.hpp"
#include "model/relation.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <set>

namespace crossfade {

// What others may know of a root: its uuid, and whether its row stands on the target (and is not
// leaving it).
struct ParentView {
    Uuid id;
    bool present = false;
};

// The row of an earlier migration that a root takes over.
struct AdoptedRow {
    Uuid id;
    // Columns (of TargetSpec::columns) whose values are somebody else's: left alone.
    std::set<std::uint32_t> others;
    friend bool operator==(const AdoptedRow&, const AdoptedRow&) = default;
};

class View {
public:
    virtual ~View() = default;
    // The row's image, or nullptr.
    virtual std::shared_ptr<const Row> image(RelationIndex relation, const KeyBytes& key) = 0;
    // The same for a row that is most likely read once: a view that keeps images need not keep it.
    virtual std::shared_ptr<const Row> passing_image(RelationIndex relation, const KeyBytes& key) {
        return image(relation, key);
    }
    // Members of an index under a key, in the order of row key and slot, until `each` returns
    // false.
    virtual void members(IndexId index, const KeyBytes& key,
                         const std::function<bool(const Member&)>& each) = 0;
    // The same, each with its row.
    using EachRow = std::function<bool(const Member&, std::shared_ptr<const Row>)>;
    virtual void member_rows(IndexId index, RelationIndex relation, const KeyBytes& key,
                             const EachRow& each) {
        members(index, key, [&](const Member& member) {
            return each(member, passing_image(relation, member.row));
        });
    }
    // The key under which a member stands in an index; nullopt: it is not in it.
    virtual std::optional<KeyBytes> key_of(IndexId index, const Member& member) = 0;
    // nullopt: the root is not known.
    virtual std::optional<ParentView> parent(EntityIndex entity, const KeyBytes& root) = 0;
    // What stands instead of a computed id because a row of an earlier migration was adopted.
    virtual std::optional<AdoptedRow> adopted(EntityIndex entity, const Uuid& computed) = 0;
};

}  // namespace crossfade
