// Every key of the state is made and read here and nowhere else. Numbers are big-endian, so that
// keys sort as they count; (4) is a number of four bytes. A change of a key is a change of the
// format: see state/format.hpp.
//
//   family      key                                              value
//   images      relation(4) row_key                              the row
//   edges       index(4) key row_key slot(1)                     nothing, or the row
//               stale(4) parent(4) length(4) parent_root entity(4) root
//                                                                nothing
//   members     index(4) length(4) row_key slot(1)               key of the entry in edges
//   claims      claim(4) value order root                        root; the order of an id's claim
//                                                                names the entity
//               claim(4) value                                   nothing: a row born there has it
//   derived     entity(4) root                                   DerivedRecord
//   targets     uuid(16) entity(4)                               root
//   work        queue(1) birth_lsn(8) sequence(8)                WorkItem
//   quarantine  entity(4) root                                   QuarantineRecord
//   intents     "batch"                                          batch number, WriteSet
//   meta        "position" "work_sequence" "load" "load_finished" "source_identity"
//               "mapping_shape" "displaced" "checked"
//               "source_catalog" "source_catalog_seen" "target_catalog"
//               "work_front/" queue(1)                           key of work: none is before it
//               "count/" entity(4) what                          decimal number
//               "adopted/" entity(4) uuid(16)                    uuid(16), columns of others
//               "adopter/" entity(4) uuid(16)                    root
//               "discarded/" entity(4) root                      the refusal that was accepted
//               "unread/" row                                    UnreadRow (pipeline/unread.hpp);
//                                                                row: the table's name, the key
//               "unread_at/" birth_lsn(8) row                    nothing
//
// members has what indexes need whose key reads other rows: the key under which a row stands. The
// first entry under a claim's value holds the value. A stale entry stands for a row that refers to
// its parent although its root does not any more. The queues are those of pipeline/work_queue.hpp,
// by their number.
#pragma once

#include "model/identity.hpp"
#include "model/lsn.hpp"
#include "model/relation.hpp"
#include "model/uuid.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossfade::keys {

// What reads a key throws Failure(trust) when the key is cut short.

// The relation or the index that a key of images, edges or members begins with.
std::uint32_t number_of(std::string_view key);
std::string_view after_number(std::string_view key);
// The smallest key behind this one: where a scan goes on.
std::string behind(std::string_view key);

// Numbers inside of keys, for state/numbers: the key with another number at a place, and the places
// of the entities' numbers in a stale entry, or in an entry of meta, as far as the key reaches.
inline constexpr std::size_t kNumberBytes = 4;
std::string with_number(std::string_view key, std::size_t place, std::uint32_t number);
bool is_stale(std::string_view key);  // of Family::edges
std::string all_stale();              // the beginning of every stale entry
std::vector<std::size_t> places_of_stale(std::string_view key);
std::optional<std::size_t> place_of_entity(std::string_view key);

std::string image_prefix(RelationIndex relation);
std::string image(RelationIndex relation, std::string_view row);

std::string index_prefix(IndexId index);
std::string index_prefix(IndexId index, std::string_view key);
std::string index_entry(IndexId index, std::string_view key, const Member& member);
Member member_of(std::string_view entry, std::size_t prefix_size);  // what follows the prefix
// The key, of so many parts, that what follows an index's prefix begins with.
std::string_view first_parts(std::string_view rest, std::size_t parts);

std::string member_key(IndexId index, const Member& member);

std::string stale_prefix(EntityIndex parent, std::string_view root);
std::string stale(EntityIndex parent, std::string_view parent_root, EntityIndex entity,
                  std::string_view root);
RootRef stale_of(std::string_view entry, std::size_t prefix_size);  // who refers to the parent

std::string claim_prefix(std::uint32_t claim, std::string_view value);
std::string claim(std::uint32_t claim, std::string_view value, std::string_view order,
                  std::string_view root);

std::string root(EntityIndex entity, std::string_view root);
std::string entity_prefix(EntityIndex entity);
RootRef root_of(std::string_view key);
std::string target(const Uuid& id);  // the beginning of the entries of rows with this id
// Of Family::targets: rows of two tables may have one id, so the entity tells which it is.
std::string row(const Uuid& id, EntityIndex entity);
EntityIndex entity_of_row(std::string_view key);
std::string entity_target(EntityIndex entity, const Uuid& id);

std::string work_prefix(std::uint8_t queue);
std::string work(std::uint8_t queue, Lsn birth, std::uint64_t sequence);
std::pair<Lsn, std::uint64_t> work_of(std::string_view key);  // without the queue

inline constexpr std::string_view kIntent = "batch";

// Family::meta.
inline constexpr std::string_view kPosition = "position";
inline constexpr std::string_view kWorkSequence = "work_sequence";
inline constexpr std::string_view kLoad = "load";  // how far the initial load is
// There once all work of the load is done and the target is complete.
inline constexpr std::string_view kLoadFinished = "load_finished";
inline constexpr std::string_view kSourceIdentity = "source_identity";
inline constexpr std::string_view kMappingShape = "mapping_shape";
inline constexpr std::string_view kSourceCatalog = "source_catalog";  // service/catalog_watch
inline constexpr std::string_view kChecked = "checked";               // service/checked
inline constexpr std::string_view kSourceCatalogSeen = "source_catalog_seen";
inline constexpr std::string_view kTargetCatalog = "target_catalog";  // service/target_catalog
inline constexpr std::string_view kDisplaced = "displaced";           // pipeline/displaced.hpp
inline constexpr std::string_view kCounters = "count/";
inline constexpr std::string_view kAdopted = "adopted/";
inline constexpr std::string_view kAdopter = "adopter/";
inline constexpr std::string_view kDiscarded = "discarded/";
inline constexpr std::string_view kUnread = "unread/";
inline constexpr std::string_view kUnreadAt = "unread_at/";

// Where a queue begins: what is before that key has been removed.
std::string work_front(std::uint8_t queue);
// A counter of an entity: "source", "applied", ...; how often they began anew: kEpoch.
inline constexpr std::string_view kEpoch = "epoch";
std::string counter(EntityIndex entity, std::string_view what);
std::pair<EntityIndex, std::string_view> counter_of(std::string_view key);
// Where an adopted row stands, by the id its root would have; and by the row's id the root that
// adopts it.
std::string adopted(EntityIndex entity, const Uuid& computed);
std::string adopter(EntityIndex entity, const Uuid& id);
// The mark that somebody looked at a refusal and accepted it.
std::string discarded(EntityIndex entity, std::string_view root);
// A row that is to be read again, by what names it, and its place among all of them.
std::string unread(std::string_view row);
std::string unread_at(Lsn birth, std::string_view row);
std::pair<Lsn, std::string_view> unread_of(std::string_view key);

}  // namespace crossfade::keys
