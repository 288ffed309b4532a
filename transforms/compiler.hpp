// Internal to transforms/: turns syntax trees into closures and records what they read. Used by
// compile() alone.
#pragma once

#include "transforms/aggregate_source.hpp"
#include "transforms/program.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace crossfade::compiler {

struct Compiled {
    Eval eval;
    Type type = Type::any;
    std::optional<std::uint32_t> column = std::nullopt;  // it is this column of a row, as it stands
    // The type's name, if it is a column of a type whose equality we do not know.
    std::string loose_type = {};
    KeyForm form = {};  // of a column; of alternatives that of any whose spelling matters
    std::string source_type = {};  // of a column of the source: its name there
};

// What stands for an expression that could not be compiled; a finding says why.
inline const Compiled kNothing{[](Frame&) -> Value { return Null{}; }, Type::any};

// Whether a value of type `given` may stand where `wanted` is expected.
inline bool fits(Type given, Type wanted) {
    if (given == wanted || given == Type::any || wanted == Type::any) return true;
    const auto number = [](Type t) { return t == Type::integer || t == Type::decimal; };
    if (number(given) && number(wanted)) return true;
    const auto moment = [](Type t) { return t == Type::timestamp || t == Type::timestamptz; };
    return moment(given) && moment(wanted);
}

inline std::string in_quotes(const std::string& text) { return "\"" + text + "\""; }

// Whether values of `given` are to be brought into a key of the form `wanted`.
bool is_other(const Compiled& given, const KeyForm& wanted);
const KeyForm* form_at(const std::vector<KeyForm>& forms, std::size_t part);

struct CompiledRow {
    RowEval eval;
    std::vector<std::uint32_t> nodes;  // one per alternative of a first-of lookup
    RelationIndex relation = kNone;
    std::optional<std::size_t> frame_slot = std::nullopt;  // the row lies in Frame::rows already
};

// A row that names resolve to: where it lies in the Frame, and what else is visible beside it.
struct RowVariable {
    std::string alias;
    RelationIndex relation = 0;
    std::uint32_t node = kNone;
    std::size_t frame_slot = 0;
    const Members* members = nullptr;  // slot names and `through`
    std::size_t slot = 0;
};

// Innermost first. A macro's body sees its parameters, each bound to a tree and the scope of the
// call.
struct Scope {
    const Scope* outer = nullptr;
    std::optional<RowVariable> row;
    std::map<std::string, std::pair<ExprPtr, const Scope*>> parameters;
    std::optional<std::size_t> claimed_value;  // Frame::values slot of `value`
    std::string secret_column;  // deferred: reads Frame::plain instead of this column
};

// What an expression reads directly, used to decide by which index it can be walked back.
struct Tracker {
    std::set<std::uint32_t> nodes;
    bool key = false;
    bool other = false;  // aggregates, outcomes
    std::set<std::string> columns;
};

// What is being compiled: an entity's expressions, or an index's key.
struct Owning {
    EntityIndex entity = kNone;
    IndexId index = kNone;
    const EntitySpec* spec = nullptr;
    std::size_t rows = 0, values = 0;
};

class Compiler {
public:
    Compiler(const Mapping& mapping, const std::map<std::string, CatalogTable>& source,
             Findings& findings);
    std::shared_ptr<const Program> run();

private:
    // compile.cpp: relations, order, entry
    RelationIndex relation(const std::string& name, const Location& where);
    void refuse_second_name(const std::string& name, const Location& where);
    std::optional<std::uint32_t> column(RelationIndex relation, const std::string& name);
    std::vector<std::string> column_names(RelationIndex relation) const;
    const CatalogTable& table(RelationIndex relation) const { return *tables_[relation]; }
    void order_entities();
    void error(const Location& where, const std::string& message);
    std::uint32_t add_node(Node node);

    // compile_entity.cpp
    void entity(EntityIndex index);
    void root(EntityIndex index);
    void variant(EntityIndex index, std::size_t slot);
    ParentProgram parent(const ParentSpec& spec, const Scope& scope);
    ColumnProgram value_column(const ColumnSpec& spec, const Scope& scope, std::uint32_t into);
    void claim(EntityIndex index, const ColumnSpec& spec, const Scope& scope,
               ColumnProgram& column);
    void deferred(const ColumnSpec& spec, const Scope& scope, ColumnProgram& column);
    void target_columns(EntityIndex index);
    IndexId members_index(const Members& members, bool keeps_null, const std::string& name);

    // compile_id.cpp
    void check_id(EntityIndex index);
    void warn_of_id(const EntitySpec& spec);
    bool may_hold(const ExprPtr& expr, char separator, const EntitySpec& spec, int depth) const;
    bool column_may_hold(const std::string& relation, const std::string& column) const;
    bool key_may_hold(const std::string& part, char separator, const EntitySpec& spec,
                      int depth) const;

    // compile_owner.cpp
    using KeyParts = std::vector<std::pair<std::string, Type>>;
    KeyParts key_parts(EntityIndex index) const;
    void note_key_type(IndexId members, std::size_t part, Type type);
    void owners();
    void share_claims();

    // compile_types.cpp: what can be said of an expression before there is a row
    // `into`: the column of the entity that the value goes to as it is.
    Compiled expression(const ExprPtr& expr, const Scope& scope, std::uint32_t into = kNone);
    // The same, where only true, false and NULL have a meaning. `what` wants it, for the finding.
    Compiled condition(const ExprPtr& expr, const Scope& scope, const std::string& what);
    void note_given(const Expr& expr, const Compiled& compiled, std::uint32_t into);
    Type key_part_type(std::size_t position) const;
    void want_number(Type type, const std::string& what, const Location& where);
    void want_alike(Type left, Type right, const Location& where);
    // Parts of a key that is looked for, against the types of those that are there.
    std::vector<Type> relation_types(RelationIndex relation) const;
    std::vector<Type> root_types(EntityIndex entity) const;
    void want_key(const Compiled& part, const std::vector<Type>& there, std::size_t position,
                  const ExprPtr& expr);
    void want_one_key(IndexId one, IndexId other, const Location& where);
    void try_constants(const Function& function, const Expr& expr,
                       const std::vector<Compiled>& args);
    std::string misplaced_aggregate(const Expr& expr) const;

    // compile_expression.cpp
    Compiled tree(const ExprPtr& expr, const Scope& scope, std::uint32_t into);
    Compiled name(const Expr& expr, const Scope& scope, std::uint32_t into);
    Compiled field(const Expr& expr, const Scope& scope, std::uint32_t into);
    Compiled call(const ExprPtr& expr, const Scope& scope, std::uint32_t into);
    Compiled special(const ExprPtr& expr, const Scope& scope, std::uint32_t into, bool& known);
    Compiled function(const Expr& expr, const Scope& scope, std::uint32_t into);
    Compiled in_range(Compiled number, std::uint32_t column);
    // The special forms; the number of arguments is right already.
    Compiled if_call(const Expr& expr, const Scope& scope, std::uint32_t into);
    Compiled coalesce_call(const Expr& expr, const Scope& scope, std::uint32_t into);
    Compiled exists_call(const Expr& expr, const Scope& scope, std::uint32_t into);
    Compiled target_call(const Expr& expr, const Scope& scope, std::uint32_t into);
    Compiled compact_call(const Expr& expr, const Scope& scope, std::uint32_t into);
    Compiled park_call(const Expr& expr, const Scope& scope, std::uint32_t into);
    Compiled bcrypt_call(const Expr& expr, const Scope& scope, std::uint32_t into);
    Compiled binary(const Expr& expr, const Scope& scope);
    Compiled unary(const Expr& expr, const Scope& scope);
    Compiled object(const Expr& expr, const Scope& scope, bool compact = false);
    Compiled key_part(const Expr& expr, const std::string& part);
    // compile_key.cpp
    // An expression that is a part of a key; one whose equality we do not know is a finding.
    // `wanted`: the form of the key that it is compared with; nullptr: it is the key, and its own.
    Compiled key_expression(const ExprPtr& expr, const Scope& scope, const KeyForm* wanted);
    Compiled in_form(Compiled compiled, const KeyForm* wanted) const;
    std::vector<KeyForm> relation_forms(RelationIndex relation) const;
    std::vector<KeyForm> root_forms(EntityIndex entity) const;
    void note_form(IndexId members, std::size_t part, const KeyForm& form, const Location& where);
    void refuse_unlike_forms(const KeyForm& one, const KeyForm& other, const Location& where);
    void refuse_loose_key(const std::string& what, const std::string& type, const Location& where);
    Compiled column_of(const CompiledRow& row, const std::string& name, const Location& where);
    std::optional<Compiled> scoped_name(const Expr& expr, const Scope& scope, std::uint32_t into);
    std::optional<Compiled> slot_name(const RowVariable& row, const std::string& name,
                                      const Scope& scope, std::uint32_t into);

    // compile_row.cpp: rows, lookups, edges
    std::optional<CompiledRow> try_row(const ExprPtr& expr, const Scope& scope);
    CompiledRow lookup(const Expr& expr, const Scope& scope);
    CompiledRow first_of(const std::vector<ExprPtr>& args, const Scope& scope);
    CompiledRow variable_row(const RowVariable& row);
    std::optional<CompiledRow> named_row(const std::string& name, const Scope& scope);
    CompiledRow first_member(std::size_t alias);
    // The edge by which `key`, local to one node or to the root's key, is walked back. kNone after
    // a finding.
    struct Edge {
        std::uint32_t node = kNone;  // whose rows; kNone: over the root's key, or a constant
        bool constant = false;
        IndexId index = kNone;
    };
    // `wanted`: the forms of the key that is looked for.
    // `what`: whose key, for a finding.
    Edge edge(const std::vector<ExprPtr>& key, const Scope& scope, bool scan,
              const std::vector<KeyForm>& wanted, const Location& where, const std::string& what);
    std::string computed_key(const Expr& part);
    IndexId rows_edge(const std::vector<ExprPtr>& key, const Scope& scope, std::uint32_t node,
                      const std::string& text, bool scan, const std::vector<KeyForm>& wanted);
    IndexId roots_edge(const std::vector<ExprPtr>& key, const Scope& scope, const std::string& text,
                       const std::vector<KeyForm>& wanted);

    // compile_aggregate.cpp
    bool is_aggregate(const Expr& expr, const Scope& scope) const;
    Node members_node(const std::string& alias, const Scope& scope, std::vector<Eval>& at);
    Body aggregate_body(const Expr& expr, const Scope& scope, std::uint32_t into, bool view,
                        Type& type);
    std::optional<Source> aggregate_source(const Expr& expr, const std::string& alias,
                                           const Scope& scope, std::uint32_t into, Type& type);
    Compiled aggregate(const Expr& expr, const Scope& scope, std::uint32_t into);

    const Mapping& mapping_;
    const std::map<std::string, CatalogTable>& source_;
    Findings& findings_;
    std::shared_ptr<Program> program_;
    std::vector<const CatalogTable*> tables_;
    std::map<std::string, RelationIndex> relation_of_;
    std::vector<const EntitySpec*> specs_;  // in the order of Program::entities
    std::map<std::string, IndexId> edges_;
    std::map<std::string, std::vector<std::string>> places_of_;  // of computed keys, by their name
    std::map<std::string, IndexId> group_index_;                 // "entity/alias"
    std::map<std::string, std::pair<IndexId, std::string>> set_index_;
    std::map<IndexId, std::vector<Type>> key_types_;  // any: slots give unlike ones
    std::map<IndexId, std::vector<KeyForm>> key_forms_;
    Owning owner_;
    Tracker* tracker_ = nullptr;
    std::uint32_t retarget_ = kNone;     // edges: columns of this node are read from rows[0]
    const Scope* root_scope_ = nullptr;  // of the entity being compiled
    int macro_depth_ = 0;
    Given::As given_as_ = Given::As::value;
    std::size_t given_ = 0;            // how many were noted, known ones too
    std::set<std::string> expanding_;  // macros and lets being expanded, against recursion
    std::string path_;                 // for findings
};

}  // namespace crossfade::compiler
