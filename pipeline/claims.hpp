// The registry of claims: who wants which unique value, and who holds it. The first entry under a
// value holds it.
//
// An entry's order is one rank byte, the claim's own order, then the root's key: so the lowest
// legacy key holds unless the mapping orders otherwise, and rows kept after their root is gone rank
// behind all living ones. Where several entities share the values of a column the name of the
// entity stands between the claim's order and the root's key, and in the entry before the root. A
// value held by a row born on the target is marked by an entry without order and root, which sorts
// first.
#pragma once

#include "state/records.hpp"
#include "state/store.hpp"
#include "transforms/derivation.hpp"

#include <functional>
#include <optional>
#include <set>
#include <utility>

namespace crossfade {

using ClaimValue = std::pair<std::uint32_t, KeyBytes>;  // claim, value

inline constexpr char kLiving = '\x01';
inline constexpr char kKept = '\x02';
inline constexpr char kRefusedWish = '\x03';  // wishes for an id alone

// Where a claim's value is registered. Entities that claim one column of one table register under
// one number; what a record stores is the claim of the entity.
ClaimValue registered_as(const Program& program, const StoredClaim& claim);
// Registers one claim of a root.
void put_claim(const Program& program, WriteSet& set, const RootRef& root,
               const StoredClaim& claim);

// The living and the kept roots that want a value, the holder first, until `each` gives false. The
// mark of a value that a row born on the target holds is passed over.
void each_claimant(const Program& program, const Reader& reader, const ClaimValue& value,
                   const std::function<bool(char rank, const RootRef&)>& each);
// The root that holds a value by the registry as `reader` shows it; nullopt: nobody of ours.
std::optional<RootRef> claim_holder(const Program& program, const Reader& reader,
                                    const ClaimValue& value);

// Replaces the claims registered for a root; adds every value that came or went to `touched`.
void register_claims(const Program& program, Overlay& overlay, const RootRef& root,
                     const std::vector<StoredClaim>& before, const std::vector<StoredClaim>& after,
                     std::set<ClaimValue>& touched);

// Marks a value as held by a row that was born on the target.
void mark_foreign(Overlay& overlay, const ClaimValue& value);
bool unmark_foreign(Overlay& overlay, const ClaimValue& value);  // false: it was not marked

// Ids are claimed by their table (ClaimSpec::of_id): the value is the id, and the order says after
// the rank whether the row was adopted (0) or not (1), and the name of the root's entity.
KeyBytes id_order(const EntityProgram& entity, char rank, bool adopted);
// The roots that wish an id or have its row, the owner first, until `each` gives false.
void each_wish(const Program& program, const Reader& reader, const ClaimValue& value,
               const std::function<bool(const RootRef&)>& each);
std::optional<RootRef> id_owner(const Program& program, const Reader& reader,
                                const ClaimValue& value);

// The root whose row of an entity's table has this id, by Family::targets.
std::optional<RootRef> root_of_row(const Program& program, const Reader& reader, EntityIndex entity,
                                   const Uuid& id);

// What a root's wishes register as.
std::vector<StoredClaim> living_claims(const Program& program, EntityIndex entity,
                                       const Outcome& outcome);

}  // namespace crossfade
