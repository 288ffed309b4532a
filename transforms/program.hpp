// The compiled mapping: relations, indexes, entities, and the graph of what each root reads.
// Immutable, shared by all users.
//
// A *node* of the graph is one read. Its parent is the node one step nearer to the root; a node of
// kind root_row or member has none. When something changes, pipeline/affected walks from the nodes
// that read it towards the root, by the last column of this table:
//
//   kind             what is read                                the way back towards the root
//   root_row         the row of a row entity                     the row's key is the root
//   member           a row that is a member of a group           key_of(index, row) is the root
//   set_member       a row of a set, by a key of the parent's    edge `at` gives the parent's rows
//                    row
//   lookup           a row, by a key of the parent's row         the edge gives the parent's rows
//   lookup_by_root   a row, by the root's key                    edge over roots gives the roots
//   lookup_constant  a row, by a constant                        every root of the entity
//   parent           another root's outcome, by a key of the     the edge gives the parent's rows
//                    parent's row
//   parent_by_root   another root's outcome, by the root's key   edge over roots gives the roots
//   parent_of_row    the outcome of the root that the parent's   the rows that feed that root
//                    row feeds
#pragma once

#include "transforms/evaluate.hpp"
#include "transforms/mapping.hpp"
#include "transforms/target_spec.hpp"
#include "transforms/view.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace crossfade {

inline constexpr std::uint32_t kNone = 0xFFFFFFFF;

// An index: key -> rows (or roots). Edges, sets and groups are all of this kind; they differ in who
// reads them.
struct IndexSpec {
    std::string name;            // "lines by o.shop_id, o.day", for `plan`
    std::uint32_t tag = 0;       // the name in four bytes; no two indexes have the same
    RelationIndex relation = 0;  // over rows
    EntityIndex over_roots =
        kNone;              // else: over the roots of this entity, by a function of their key
    bool identity = false;  // the key is the row's (root's) own key: nothing is stored
    bool local = true;      // the key reads no other row, so it needs no stored inverse
    // A NULL key part is a key like any other (groups); else such rows have no entry.
    bool keeps_null = false;
    // An edge to a parent's key of several parts: a group may have NULL as one of them.
    bool null_parts = false;
    bool scan = false;    // nothing is stored; walking it back is a pass over the relation
    bool covers = false;  // an entry carries the row's image: who reads a group reads all its rows
    std::vector<std::vector<Eval>> key;  // per slot (one without slots): the parts
    // If the key is just columns of the row (no slots, nothing required): these columns. Empty: the
    // key is computed by `key`.
    std::vector<std::uint32_t> columns;
    std::vector<KeyForm> forms;        // of the parts of a set's or a group's key
    std::vector<Eval> filter;          // per slot; empty: all are members
    std::vector<RowEval> required;     // `through` rows, without which the key is unresolved
    std::size_t rows = 1, values = 0;  // sizes of a Frame; the row itself is rows[0]
};

struct Node {
    enum class Kind {
        root_row,
        member,
        set_member,
        lookup,
        lookup_by_root,
        lookup_constant,
        parent,
        parent_by_root,
        parent_of_row
    };
    Kind kind = Kind::root_row;
    EntityIndex entity = kNone;  // whose roots (kNone: the rows of `owner_index`)
    IndexId owner_index = kNone;
    std::uint32_t parent = kNone;    // the node nearer to the root
    RelationIndex relation = kNone;  // of the row read
    IndexId index = kNone;  // member: the group's; set_member: the set's; lookup, parent: the edge
    IndexId at = kNone;  // set_member: the edge by which the parent's rows (or roots) read the set
    EntityIndex of = kNone;           // parent kinds: the entity whose outcome is read
    std::set<std::uint32_t> columns;  // columns of the row that are read
};

struct ClaimSpec {
    std::uint32_t column = 0;           // of TargetSpec::columns
    std::vector<std::uint32_t> within;  // further columns of the unique key
    EntityIndex entity = 0;
    // Of no column, but of the ids of the entity's target table: who owns one that several roots
    // give, also roots of other entities that write to the table.
    bool of_id = false;
    // Of a column that several entities of one table claim: they share its values. Each has its own
    // claim as well, which says under which number its values are registered.
    bool of_table = false;
    std::uint32_t registry = 0;  // of Program::claims; its own number if it shares with nobody
    bool of_column() const { return !of_id && !of_table; }
};

struct ParentProgram {
    std::uint32_t column = 0;
    EntityIndex of = 0;
    std::vector<Eval> root;                                // the parent's root key, or
    RowEval row;                                           // a row of ...
    std::vector<std::pair<RelationIndex, IndexId>> feeds;  // ... one of these (kNone: a row entity)
    OnMissing missing = OnMissing::park;
    std::string reason;  // of a root parked for it
    OnGone gone = OnGone::remove;
    OnMissing cycle = OnMissing::detach;
    bool self = false;
};

struct ColumnProgram {
    ColumnSpec::Kind kind = ColumnSpec::Kind::value;
    std::uint32_t parent = kNone;  // this column is entities' parents[parent]
    Eval value;      // value, wish of a claim; json: the object; deferred: the secret (or NULL)
    Eval condition;  // claim
    std::vector<std::pair<Eval, bool>> order;  // claim; second: descending
    Eval otherwise;
    std::shared_ptr<const class ShapePattern> shape;
    std::string flag;
    std::uint32_t claim = kNone;  // index into Program::claims
    Eval until;                   // deferred
    Eval vacate;
    // deferred: the row and column that hold the secret, and the expression over the plain text
    RowEval secret_row;
    std::string secret_column;
    Eval plain;  // reads Frame::plain and Frame::salt
};

struct Variant {  // one per slot of a slotted row root, else exactly one
    Eval id;
    Eval exists;
    std::vector<Eval> adopt_match;  // the old keys of a row to adopt
    std::vector<ParentProgram> parents;
    std::vector<ColumnProgram> columns;  // in the order of TargetSpec::columns
};

// An expression whose value a column of the target is given as it is: what stands behind `if`,
// `coalesce`, `choose`, `first`, a `let` or a function of the mapping. `check` holds it against the
// column.
struct Given {
    enum class As : std::uint8_t { value, fallback, vacated };
    std::uint32_t column = 0;  // of TargetSpec::columns
    As as = As::value;
    Location where = {};
    std::string text = {};               // as the mapping writes it
    Type type = Type::any;               // any: not known before there is a row
    std::string type_name = {};          // of a column of the source: format_type()
    std::optional<Value> constant = {};  // a literal
    std::size_t length_min = 0;          // of a text that is not NULL, in characters
};

struct EntityProgram {
    std::string name;
    TargetSpec target;
    enum class RootKind { row, slot_row, group };
    RootKind root_kind = RootKind::row;
    RelationIndex relation = 0;           // row, slot_row
    std::vector<IndexId> member_indexes;  // slot_row: one; group: one per alias
    std::vector<RelationIndex> member_relations;
    std::vector<Variant> variants;
    std::vector<IndexId> root_edges;  // indexes over this entity's roots
    std::optional<EntitySpec::Adopt> adopt;
    Eval adopt_to;
    std::size_t adopt_value = 0;  // slot of Frame::values that adopt_to reads as `value`
    // A row root whose key has columns of which equal values may be written unlike: numeric,
    // citext.
    bool rounds_key = false;
    std::vector<Given> given;        // in no order, each once
    std::vector<KeyForm> key_forms;  // of the parts of the root's key; slots have none
    // Of Program::claims: who owns an id; kNone: no two roots of the table give one id.
    std::uint32_t id_claim = kNone;
    bool self_reference = false;
    bool keep_on_delete = false;
    std::vector<std::pair<std::uint32_t, Value>> keep_columns;
    bool keep_if_changed = false;
    bool stop_on_error = false;
    bool remove_on_park = false;
    std::uint64_t members_max = 0;
    std::size_t rows = 0, values = 0;  // sizes of a Frame
};

struct Program {
    std::vector<MappedRelation> relations;
    std::vector<IndexSpec> indexes;
    std::vector<Node> nodes;
    std::vector<ClaimSpec> claims;
    std::vector<EntityProgram> entities;  // parents before children
    Uuid name_space;
    std::uint32_t find_entity(std::string_view name) const;  // kNone if there is none
    std::uint32_t find_relation(std::string_view name) const;
};

// Checks the mapping against the source's tables (keyed by TableName::text()) and compiles it.
// Every problem is a finding; nullptr if there is an error.
std::shared_ptr<const Program> compile(const Mapping& mapping,
                                       const std::map<std::string, CatalogTable>& source,
                                       Findings& findings);
// The tables a mapping names, as TableName::text(): what the caller must look up before compile().
std::set<std::string> relations_of(const Mapping& mapping);

// The key of an index entry for a row, per slot. Empty optional: the row has no entry there.
struct IndexEntry {
    KeyBytes key;
    std::uint8_t slot = 0;
    bool unresolved = false;  // a `through` row is missing: a parked root of its own
};
std::vector<IndexEntry> index_entries(const Program& program, IndexId index,
                                      const KeyBytes& row_key,
                                      const std::shared_ptr<const Row>& row, View& view);
// A root key of a member whose key cannot be known: 0xFF, tag of the index (4 bytes), slot, row
// key. No encoded key begins with 0xFF. A tag that no index has throws Failure(trust).
bool is_unresolved(std::string_view root);
KeyBytes unresolved_root(const IndexSpec& index, const Member& member);
Member unresolved_member(std::string_view root);
IndexId unresolved_index(const Program& program, std::string_view root);

}  // namespace crossfade
