// Derive(entity, root, view) -> row | filtered | parked | rejected | gone. Pure: the view is all it
// reads.
#pragma once

#include "transforms/program.hpp"

#include <optional>
#include <string>
#include <vector>

namespace crossfade {

enum class RootState : std::uint8_t {
    gone,      // no source row feeds it any more
    row,       // it gives a target row
    filtered,  // the mapping says: no target row
    parked,    // waits for something; `wanted` says for what
    rejected   // cannot be carried; `reason` says why
};
std::string_view to_string(RootState state);

struct ClaimWish {
    std::uint32_t claim = 0;
    KeyBytes value;  // the unique key's parts, encoded
    KeyBytes order;  // smaller holds
    Value fallback;
};

struct ParentRef {
    std::uint32_t parent = 0;  // ordinal in Variant::parents
    KeyBytes root;
};

struct Outcome {
    RootState state = RootState::gone;
    std::string reason;  // parked, rejected: "missing_parent course_id", "bad_value: ..."
    std::vector<std::string> wanted;  // parked: "entity key" or "relation key", for people
    std::set<std::string> flags;
    Uuid id;
    Uuid computed;                      // what `id` is unless a row was adopted, namely ...
    std::optional<AdoptedRow> adopted;  // ... this one
    std::uint64_t members = 0;          // source rows (or slots) that feed the root
    std::uint32_t variant = 0;
    std::vector<Value> values;       // state row: per target column, claims holding their wish
    std::vector<ClaimWish> wishes;   // for the columns Program::claims[wish.claim].column
    std::vector<ParentRef> parents;  // the parents whose uuids stand in `values`
    // Columns that are NULL because their parent is missing or on a cycle.
    std::vector<std::uint32_t> detached;
};

Outcome derive(const Program& program, EntityIndex entity, const KeyBytes& root, View& view);

// The id that a root would have if it gave a row, whatever `exists` says and unless a row was
// adopted for it; nullopt: it cannot be told, or no source row feeds the root.
std::optional<Uuid> computed_id(const Program& program, EntityIndex entity, const KeyBytes& root,
                                View& view);

// Replaces the value of each claim that is not held by its fallback, and adds the flag of the lost
// claim. `held[i]` says whether outcome.wishes[i] is held.
void settle_claims(const Program& program, EntityIndex entity, Outcome& outcome,
                   const std::vector<bool>& held);

// What the row writes when another root takes over its unique value: the column's `vacate`, else
// the fallback of its claim, else NULL. For a root that is gone: NULL, or with `by_key` what can be
// computed from its key alone.
Value vacated_value(const Program& program, EntityIndex entity, const KeyBytes& root,
                    std::uint32_t column, View& view, bool by_key = false);

// For a self-reference: the root key of the row's parent by its image, empty if there is none.
KeyBytes self_parent(const Program& program, EntityIndex entity, const KeyBytes& root, View& view);
// The roots on the cycle that `root` lies on (itself included), empty if it lies on none.
std::vector<KeyBytes> cycle_of(const Program& program, EntityIndex entity, const KeyBytes& root,
                               View& view);

// A deferred column: where the secret stands now, and its value from the plain text.
struct SecretPlace {
    RelationIndex relation = 0;
    KeyBytes row;
    std::string column;
    Value fingerprint;  // Secret or NULL
};
std::optional<SecretPlace> secret_place(const Program& program, EntityIndex entity,
                                        const KeyBytes& root, std::uint32_t column, View& view);
// NULL result: the column keeps its `until` value. `salt`: 16 bytes.
Result<Value> deferred_value(const Program& program, EntityIndex entity, const KeyBytes& root,
                             std::uint32_t column, const Value& plain, const std::string& salt,
                             View& view);
// The texts by which a row of an earlier migration is found (adopt: match).
std::vector<std::string> adopt_matches(const Program& program, EntityIndex entity,
                                       const KeyBytes& root, View& view);
Value until_value(const Program& program, EntityIndex entity, const KeyBytes& root,
                  std::uint32_t column, View& view);

}  // namespace crossfade
