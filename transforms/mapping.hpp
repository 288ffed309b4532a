// What a mapping file says, parsed but not yet checked against the catalogs. One struct per
// construct of the language; docs/mapping.md is its reference, tests/mappings/shop.yaml uses every
// feature.
#pragma once

#include "model/finding.hpp"
#include "model/relation.hpp"
#include "transforms/expression.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace crossfade {

// relations: {accounts: {schema: public, key: [id], secret: [password], scan: true}}  — optional
// settings; a relation that an entity reads need not be listed.
// relations: {old_accounts: {table: archive.accounts}}  — a name of its own for a table.
struct RelationSettings {
    std::string name;
    Location where;
    std::string schema = "public";
    std::string table;  // in the schema; empty: the relation's name
    const std::string& table_name() const { return table.empty() ? name : table; }
    // Empty: the primary key of the catalog, else its replica identity.
    std::vector<std::string> key;
    std::vector<std::string> secret;  // become (HMAC, kind) in the decoder
    bool scan = false;  // read by very many rows: no edges towards it, a change costs a pass
};

// functions: {"created(r)": "coalesce(r.create_date, id_date(r.id))"}: a macro; parameters are rows
// or values.
struct Macro {
    std::string name;
    std::vector<std::string> parameters;
    ExprPtr body;
    Location where;
};

// slots: {n: [1, 2, 3], point: "point_id_{n}", if: "point is not null"}: one member per value of n.
// `n` and each further name are visible in the scope of the row; "{n}" is replaced in the
// expression text before it is parsed.
struct Slots {
    std::string variable;       // "n"
    std::vector<Value> values;  // integers or texts
    struct Name {
        std::string name;
        std::vector<ExprPtr> per_value;
    };
    std::vector<Name> names;      // "point" -> one parsed expression per value
    std::vector<ExprPtr> filter;  // one per value; empty: every slot is a member
    Location where;
};

struct Members;
// What `key.NAME` calls the parts of a group's key; empty where a part has no name.
std::vector<std::string> part_names(const Members& members);

// One relation that feeds a root or a set.
struct Members {
    std::string alias;
    std::string relation;
    // through: {o: "orders[order_id]"}: lookups without which the row has no key; a row that
    // lacks one is a parked root of its own. Visible by their name, in this member's scope.
    std::vector<std::pair<std::string, ExprPtr>> through;
    std::optional<Slots> slots;
    std::vector<ExprPtr> key;            // over the row, its `through` rows and slot names
    std::vector<std::string> key_names;  // of the parts, if the file names them
    Location where;
};

// sets: {acc: {from: logins, key: owner_id, at: id}}: the rows of a relation whose key equals
// `at`, evaluated over the root. For "children of", ranks, counts.
struct SetSpec {
    Members members;
    std::vector<ExprPtr> at;
};

// views: {points: {of: d, slots: {...}}}: the rows of an alias of the group or of a set, once for
// each slot, for aggregates: the alias keeps one member a row.
struct ViewSpec {
    Members members;  // as those of `of`, with the slots
    std::string of;
};

// root: {row: orders, as: o} | {row: lines, as: l, slots: {...}} | {group: {a: {...}, u: {...}}}
struct Root {
    enum class Kind { row, group };
    Kind kind = Kind::row;
    std::vector<Members> members;  // exactly one for row (its key left empty: the relation's own,
                                   // plus the slot value)
    Location where;
};

// park: the root waits; detach: the column is NULL, flag missing_parent; null: NULL for a NULL
// reference, without a flag, while one whose parent is not there waits.
enum class OnMissing { park, detach, null };
enum class OnGone {
    remove,
    detach
};  // what the standing child does when its parent's row leaves (file: delete|detach)

enum class Owner { bridge, target, trigger, until_changed, at_least };
std::string_view to_string(Owner owner);  // as the mapping writes it

// parents: {shelf_id: {of: shelves, root: [key.hall, key.row], missing: park, gone: delete}}
struct ParentSpec {
    std::string column;
    std::string entity;
    std::vector<ExprPtr> root;  // the parent's root key
    // Or: a row (alias or lookup) of a relation that feeds the parent; `root` then empty.
    ExprPtr row;
    OnMissing missing = OnMissing::park;
    OnGone gone = OnGone::remove;
    OnMissing cycle = OnMissing::detach;  // park or detach, for a parent of the same entity
    std::string reason;                   // of a root parked for it; empty: missing_parent COLUMN
    Owner owner = Owner::bridge;          // or until_changed
    std::string adopted;                  // as ColumnSpec::adopted
    Location where;
};

struct ColumnSpec {
    enum class Kind {
        value,    // columns.c: expr  |  {value: expr, owner: ...}
        json,     // columns.c: {k: expr, ...}: owned keys of a jsonb; others on the target are left
                  // alone
        claim,    // {claim: expr, if:, within: [cols], order: [...], else: expr, flag: name}
        deferred  // {deferred: "bcrypt(base64_password(a.password), 12)", until: expr}
    };
    std::string name;
    Kind kind = Kind::value;
    Owner owner = Owner::bridge;
    ExprPtr value;                                      // value, claimed value, deferred expression
    std::vector<std::pair<std::string, ExprPtr>> json;  // kind json
    ExprPtr condition;  // claim: `if` (sees `value`); null: any value that is not null
    std::vector<std::string> within;  // claim: further columns of the unique key
    std::vector<OrderTerm> order;     // claim: who holds; empty: lowest root key
    ExprPtr otherwise;                // claim: `else`, the fallback; null: NULL
    std::string shape;  // claim: `reserve`, RE2 pattern of values shaped like a fallback
    std::string flag;   // claim lost; empty: "lost_claim"
    ExprPtr until;      // deferred: what stands there meanwhile
    ExprPtr vacate;     // optional: value while another row takes this one's
    // until_changed, for an adopted row: an SQL condition over the target's row. True, or no
    // condition: the earlier migration wrote the value, so the bridge may replace it. Else it
    // counts as changed by others.
    std::string adopted;
    Location where;
};

struct EntitySpec {
    std::string name;
    std::string target_schema = "public";
    std::string target_table;
    std::string id_column = "id";
    Root root;
    ExprPtr id;  // text: the name under the namespace; `key` is the root's key (its only part, or
                 // use key.part)
    // adopt: {where: "SQL condition", from: "SQL expression on the target row", and either
    // to: "expr over value" -> name of the id, or match: "expr over the root" that is equal to it};
    // or {parent: column}: the row that refers to the root's parent.
    struct Adopt {
        std::string from;
        std::string where;
        ExprPtr to;
        std::vector<ExprPtr> match;  // any of these
        std::string parent;
        Location place;
    };
    std::optional<Adopt> adopt;
    ExprPtr exists;                         // false or null: filtered
    std::uint64_t members_max = 1'000'000;  // beyond it: rejected
    // alias -> row expression, or target(entity, row) -> uuid.
    std::vector<std::pair<std::string, ExprPtr>> lookups;
    std::vector<SetSpec> sets;
    std::vector<ViewSpec> views;
    std::vector<std::pair<std::string, ExprPtr>> lets;
    std::vector<ParentSpec> parents;
    std::vector<ColumnSpec> columns;
    // on_delete: delete | {keep: {is_active: "false"}}
    bool keep_on_delete = false;
    std::vector<std::pair<std::string, ExprPtr>> keep_columns;  // constants only
    // on_delete: {keep_if: changed}: a row somebody else changed on the target stays.
    bool keep_if_changed = false;
    bool stop_on_error = false;   // on_error: stop | reject
    bool remove_on_park = false;  // on_park: remove | keep (the last good row stands)
    Location where;
};

struct Mapping {
    std::string file;
    std::string text;      // of the file, and of the one that it extends
    bool extends = false;  // another file, of which this one replaces parts
    int version = 1;
    Uuid name_space;
    std::vector<RelationSettings> relations;
    std::vector<Macro> macros;
    std::vector<EntitySpec> entities;
    const RelationSettings* settings(std::string_view relation) const;  // null: none are given
    TableName table_of(const std::string& relation) const;
};

// Reads and parses; every problem of form (YAML, unknown or duplicate keys, wrong kinds, syntax of
// expressions, missing required keys) is a finding with file:line:column and a suggestion. nullopt
// if there is any error.
std::optional<Mapping> read_mapping(const std::filesystem::path& file, Findings& findings);
std::optional<Mapping> parse_mapping(std::string_view yaml, const std::string& file_name,
                                     Findings& findings);

}  // namespace crossfade
