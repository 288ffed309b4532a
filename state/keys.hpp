// Every key of the state is made here and nowhere else. Numbers are big-endian so that keys sort as
// they count.
//
//   images      relation(4) row_key
//   edges       index(4) key row_key slot(1)            members of an index, in the order of their
//   rows
//               stale(4) parent_entity(4) parent_root_length(4) parent_root entity(4) root
//   members     index(4) row_key_length(4) row_key slot(1) -> key      inverse of indexes whose key
//   reads other rows claims      claim(4) value order root -> root        the first entry under a
//   value holds it derived     entity(4) root                           -> DerivedRecord targets
//   uuid(16) -> entity(4) root work        birth_lsn(8) sequence(8)                 -> WorkItem
//   quarantine  entity(4) root                           -> QuarantineRecord
//   meta        name
//   intents     "batch"
#pragma once

#include "model/identity.hpp"
#include "model/lsn.hpp"
#include "model/relation.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace crossfade::keys {

void append_number(std::string& out, std::uint32_t value);
void append_long(std::string& out, std::uint64_t value);
std::uint32_t take_number(std::string_view& in);  // throws Failure(trust) when cut short
std::uint64_t take_long(std::string_view& in);

std::string image_prefix(RelationIndex relation);
std::string image(RelationIndex relation, std::string_view row);

std::string index_prefix(IndexId index);
std::string index_prefix(IndexId index, std::string_view key);
std::string index_entry(IndexId index, std::string_view key, const Member& member);
Member member_of(std::string_view entry, std::size_t prefix_size);  // what follows the prefix

std::string member_key(IndexId index, const Member& member);

std::string stale_prefix(EntityIndex parent, std::string_view root);
std::string stale(EntityIndex parent, std::string_view parent_root, EntityIndex entity,
                  std::string_view root);

std::string claim_prefix(std::uint32_t claim, std::string_view value);
std::string claim(std::uint32_t claim, std::string_view value, std::string_view order,
                  std::string_view root);

std::string root(EntityIndex entity, std::string_view root);
std::string entity_prefix(EntityIndex entity);
std::string target(const Uuid& id);
std::string work(Lsn birth, std::uint64_t sequence);

}  // namespace crossfade::keys
