#include "transforms/shape_text.hpp"

#include <algorithm>
#include <functional>

namespace crossfade {

namespace {

std::string_view kind_name(ColumnSpec::Kind kind) {
    switch (kind) {
        case ColumnSpec::Kind::value: return "value";
        case ColumnSpec::Kind::json: return "json";
        case ColumnSpec::Kind::claim: return "claim";
        case ColumnSpec::Kind::deferred: return "deferred";
    }
    return "";
}

class ShapeText {
public:
    ShapeText(const Mapping& mapping, const Program& program)
        : mapping_{mapping}, program_{program} {}

    std::vector<ShapeThing> things() {
        rule("namespace " + program_.name_space.format());
        for (const MappedRelation& relation : program_.relations)
            add_relation(relation);
        for (const IndexSpec& index : program_.indexes)
            add_index(index);
        for (const Node& node : program_.nodes)
            things_.push_back({Kind::node, {}, node_text(node), {}, true});
        for (const EntityProgram& entity : program_.entities)
            add_entity(entity);
        for (const ClaimSpec& claim : program_.claims)
            add_claim(claim);
        return std::move(things_);
    }

private:
    using Kind = ShapeThing::Kind;
    void rule(std::string text) { things_.push_back({Kind::rule, {}, std::move(text), {}}); }

    // The expression with what its names stand for, each once: functions of the mapping, and the
    // lets of `entity` if it is in the scope of one.
    std::string text(const ExprPtr& expr, const EntitySpec* entity = nullptr) const {
        if (!expr) return "-";
        std::string text = to_text(*expr);
        std::set<std::string> named;
        append_named(*expr, entity, named, text);
        return text;
    }

    void append_named(const Expr& expr, const EntitySpec* entity, std::set<std::string>& named,
                      std::string& out) const {
        const auto visit = [&](const ExprPtr& part) {
            if (part) append_named(*part, entity, named, out);
        };
        const auto append = [&](const std::string& name, const ExprPtr& body) {
            if (!named.insert(name).second) return;
            out += " where " + name + ": " + to_text(*body);
            visit(body);
        };
        for (const Macro& macro : mapping_.macros) {
            if (expr.kind == Expr::Kind::call && macro.name == expr.text)
                append(macro.name + "(" + joined(macro.parameters) + ")", macro.body);
        }
        if (entity != nullptr && expr.kind == Expr::Kind::name) {
            for (const auto& [name, body] : entity->lets) {
                if (name == expr.text) append(name, body);
            }
        }
        each_part(expr, visit);
    }

    static void each_part(const Expr& expr, const std::function<void(const ExprPtr&)>& visit) {
        for (const ExprPtr& arg : expr.args)
            visit(arg);
        visit(expr.filter);
        for (const OrderTerm& term : expr.order)
            visit(term.expr);
    }

    // Keys by which rows are looked up, where an index is stored over more than columns.
    void add_keys(const ExprPtr& expr, const EntitySpec& entity, std::set<std::string>& keys,
                  std::set<const Expr*>& seen) const {
        if (!expr || !seen.insert(expr.get()).second) return;
        if (expr->kind == Expr::Kind::lookup) {
            for (const ExprPtr& arg : expr->args) {
                const std::string whole = text(arg, &entity);
                const bool plain = arg->kind == Expr::Kind::name || arg->kind == Expr::Kind::field;
                if (!plain || whole != to_text(*arg)) keys.insert(expr->text + "[" + whole + "]");
            }
        }
        for (const Macro& macro : mapping_.macros) {
            if (expr->kind == Expr::Kind::call && macro.name == expr->text)
                add_keys(macro.body, entity, keys, seen);
        }
        each_part(*expr, [&](const ExprPtr& part) { add_keys(part, entity, keys, seen); });
    }

    std::set<std::string> computed_keys(const EntitySpec& spec) const {
        std::set<std::string> keys;
        std::set<const Expr*> seen;
        const auto visit = [&](const ExprPtr& expr) { add_keys(expr, spec, keys, seen); };
        visit(spec.id);
        visit(spec.exists);
        for (const auto& [name, expr] : spec.lookups)
            visit(expr);
        for (const auto& [name, expr] : spec.lets)
            visit(expr);
        for (const ParentSpec& parent : spec.parents) {
            visit(parent.row);
            for (const ExprPtr& expr : parent.root)
                keys.insert("parent " + parent.column + "[" + text(expr, &spec) + "]");
        }
        for (const SetSpec& set : spec.sets) {
            for (const ExprPtr& expr : set.at)
                keys.insert("set " + set.members.alias + "[" + text(expr, &spec) + "]");
        }
        for (const ColumnSpec& column : spec.columns) {
            for (const ExprPtr& expr :
                 {column.value, column.condition, column.otherwise, column.until})
                visit(expr);
            for (const auto& [name, expr] : column.json)
                visit(expr);
            for (const OrderTerm& term : column.order)
                visit(term.expr);
        }
        return keys;
    }

    static std::string joined(const std::vector<std::string>& parts) {
        std::string all;
        for (const std::string& part : parts)
            all += (all.empty() ? "" : ", ") + part;
        return all;
    }

    void add_relation(const MappedRelation& relation) {
        const std::string name = relation.table();
        std::vector<std::string> key;
        for (const std::uint32_t position : relation.key)
            key.push_back(relation.columns[position].name +
                          form_text(relation.columns[position].key));
        things_.push_back({Kind::relation,
                           {},
                           name,
                           "key (" + joined(key) + ")" + (relation.repeats ? " repeats" : "")});
        for (const MappedColumn& column : relation.columns) {
            things_.push_back(
                {Kind::column, name, column.name,
                 std::string{to_string(column.type)} + (column.secret ? " secret" : "")});
        }
    }

    // What keys of the type are brought to, if that is not the value itself. Of citext also how the
    // database folds: under another locale, or another version of it, other keys are equal.
    static std::string form_text(const KeyForm& form) {
        if (!form.changes()) return "";
        std::string text = " as " + form.name();
        if (form.folding) text += " " + std::to_string(form.folding->checksum());
        return text;
    }

    std::string relation_name(RelationIndex relation) const {
        return relation == kNone ? "-" : program_.relations[relation].table();
    }
    std::string entity_name(EntityIndex entity) const {
        return entity == kNone ? "-" : program_.entities[entity].name;
    }
    std::string index_name(IndexId index) const {
        return index == kNone ? "-" : program_.indexes[index].name;
    }

    // Edges have their key in their name; those of groups and sets are told by add_entity.
    void add_index(const IndexSpec& index) {
        std::string details = "over ";
        details += index.over_roots != kNone ? "roots of " + entity_name(index.over_roots)
                                             : relation_name(index.relation);
        details += " of " + std::to_string(index.key.size()) + " slot(s)";
        if (index.identity) details += " identity";
        if (index.local) details += " local";
        if (index.keeps_null) details += " keeps_null";
        if (index.null_parts) details += " null_parts";
        if (index.scan) details += " scan";
        if (index.covers) details += " covers";
        for (std::size_t i = 0; i < index.forms.size(); ++i) {
            if (const std::string form = form_text(index.forms[i]); !form.empty())
                details += " key " + std::to_string(i + 1) + form;
        }
        const bool stored = !index.identity && !index.scan;
        things_.push_back({Kind::index, {}, index.name, std::move(details), !stored});
    }

    std::string node_text(const Node& node) const {
        std::string text = std::to_string(static_cast<int>(node.kind)) + " of " +
                           (node.entity != kNone ? entity_name(node.entity)
                                                 : "\"" + index_name(node.owner_index) + "\"");
        text += " reads " + relation_name(node.relation) + " by \"" + index_name(node.index) +
                "\" at \"" + index_name(node.at) + "\" outcome of " + entity_name(node.of);
        if (node.parent != kNone) text += " under (" + node_text(program_.nodes[node.parent]) + ")";
        return text;
    }
    std::string members_text(const Members& members) const {
        std::string line = members.alias + " from " + members.relation;
        for (const auto& [alias, expr] : members.through)
            line += " through " + alias + " " + text(expr);
        if (members.slots) {
            line += " slots " + members.slots->variable;
            for (const Value& value : members.slots->values)
                line += " " + to_display(value);
            for (const Slots::Name& name : members.slots->names) {
                for (const ExprPtr& expr : name.per_value)
                    line += " " + name.name + " " + text(expr);
            }
            for (const ExprPtr& expr : members.slots->filter)
                line += " if " + text(expr);
        }
        line += " key";
        for (const ExprPtr& expr : members.key)
            line += " " + text(expr);
        return line;
    }

    // A column that follows the source is derived for the rows that stand as well.
    static bool follows(const TargetColumn& column) {
        return column.owner == Owner::bridge && !column.parent &&
               (column.kind == ColumnSpec::Kind::value || column.kind == ColumnSpec::Kind::json);
    }

    void add_entity(const EntityProgram& entity) {
        const auto spec = std::ranges::find(mapping_.entities, entity.name, &EntitySpec::name);
        if (spec == mapping_.entities.end()) return;
        const std::string name = "entity " + entity.name;
        const TargetSpec& target = entity.target;
        things_.push_back({Kind::entity,
                           {},
                           entity.name,
                           "target " + target.schema + "." + target.table + " id " +
                               target.id_column + " " + text(spec->id, &*spec)});
        for (const Members& members : spec->root.members) {
            rule(name + (spec->root.kind == Root::Kind::group ? " group " : " row ") +
                 members_text(members));
        }
        for (std::size_t i = 0; i < entity.key_forms.size(); ++i) {
            if (const std::string form = form_text(entity.key_forms[i]); !form.empty())
                rule(name + " key " + std::to_string(i + 1) + form);
        }
        for (const SetSpec& set : spec->sets)
            rule(name + " set " + members_text(set.members));
        for (const TargetColumn& column : target.columns) {
            things_.push_back({Kind::target_column, entity.name, column.name,
                               std::string{kind_name(column.kind)} + ", owner " +
                                   std::string{to_string(column.owner)},
                               follows(column)});
        }
        for (const ParentProgram& parent : entity.variants.front().parents) {
            things_.push_back({Kind::parent, entity.name, target.columns[parent.column].name,
                               "of " + entity_name(parent.of)});
        }
        for (const std::string& key : computed_keys(*spec))
            things_.push_back({Kind::look_up, {}, name + " looks up " + key, {}});
    }

    void add_claim(const ClaimSpec& claim) {
        const EntityProgram& entity = program_.entities[claim.entity];
        if (claim.of_id) {
            const std::string table = entity.target.schema + "." + entity.target.table;
            things_.push_back({Kind::claim, {}, table + " ids", {}});
            return;
        }
        std::string column = entity.target.columns[claim.column].name;
        std::string details;
        for (const std::uint32_t within : claim.within)
            details += " within " + entity.target.columns[within].name;
        if (claim.of_table) {
            const std::string table = entity.target.schema + "." + entity.target.table;
            things_.push_back(
                {Kind::claim, {}, table + "." + column + details + " of several entities", {}});
            return;
        }
        const auto spec = std::ranges::find(mapping_.entities, entity.name, &EntitySpec::name);
        if (spec != mapping_.entities.end()) {
            const auto claimed = std::ranges::find(spec->columns, column, &ColumnSpec::name);
            if (claimed != spec->columns.end()) {
                for (const OrderTerm& term : claimed->order)
                    details +=
                        " order " + text(term.expr, &*spec) + (term.descending ? " desc" : "");
            }
        }
        things_.push_back({Kind::claim, {}, entity.name + "." + column, std::move(details)});
    }

    const Mapping& mapping_;
    const Program& program_;
    std::vector<ShapeThing> things_;
};

}  // namespace

std::vector<ShapeThing> shape_of(const Mapping& mapping, const Program& program) {
    return ShapeText{mapping, program}.things();
}

std::string_view to_string(Owner owner) {
    switch (owner) {
        case Owner::bridge: return "bridge";
        case Owner::target: return "target";
        case Owner::trigger: return "trigger";
        case Owner::until_changed: return "until_changed";
        case Owner::at_least: return "at_least";
    }
    return "";
}

std::string ShapeThing::line() const {
    constexpr std::string_view kNames[] = {"",     "",       "relation", "column", "index",
                                           "node", "entity", "column",   "parent", "claim"};
    std::string text{kNames[static_cast<std::size_t>(kind)]};
    const std::string whole = owner.empty() ? name : owner + "." + name;
    for (const std::string& part : {whole, details}) {
        if (!part.empty()) text += (text.empty() ? "" : " ") + part;
    }
    return text;
}

}  // namespace crossfade
