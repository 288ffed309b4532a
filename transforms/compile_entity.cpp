#include "transforms/compiler.hpp"

#include <algorithm>

namespace crossfade::compiler {

// The index of a group's or a set's members: its key, per slot, over the row and its `through`
// rows.
IndexId Compiler::members_index(const Members& members, bool keeps_null, const std::string& name) {
    const RelationIndex relation_index = relation(members.relation, members.where);
    const auto id = static_cast<IndexId>(program_->indexes.size());
    program_->indexes.emplace_back();
    program_->indexes[id].name = name;
    program_->indexes[id].relation = relation_index;
    program_->indexes[id].keeps_null = keeps_null;
    if (relation_index == kNone) return id;
    const Owning outer = std::exchange(owner_, Owning{kNone, id, nullptr, 1, 0});
    Node root;
    root.kind = Node::Kind::root_row;
    root.relation = relation_index;
    const std::uint32_t node = add_node(root);
    IndexSpec spec;
    const std::size_t slots = members.slots ? members.slots->values.size() : 1;
    for (std::size_t slot = 0; slot < slots; ++slot) {
        Scope scope;
        scope.row = RowVariable{members.alias, relation_index, node, 0, &members, slot};
        std::vector<Eval> parts;
        for (const ExprPtr& part : members.key) {
            Compiled compiled = key_expression(part, scope, nullptr);
            note_form(id, parts.size(), compiled.form, part->where);
            const bool own = compiled.column && part->kind == Expr::Kind::name;
            if (own) spec.columns.push_back(*compiled.column);
            note_key_type(id, parts.size(), compiled.type);
            parts.push_back(std::move(compiled.eval));
        }
        if (members.key.empty()) {
            const auto key_positions = program_->relations[relation_index].key;
            for (const auto position : key_positions) {
                const std::string& column =
                    program_->relations[relation_index].columns[position].name;
                const Compiled part =
                    in_form(column_of(variable_row(*scope.row), column, members.where), nullptr);
                note_form(id, parts.size(), part.form, members.where);
                parts.push_back(part.eval);
            }
            if (members.slots) {
                parts.push_back([value = members.slots->values[slot]](Frame&) { return value; });
            }
        }
        spec.key.push_back(std::move(parts));
        if (members.slots && !members.slots->filter.empty()) {
            spec.filter.push_back(
                condition(members.slots->filter[slot], scope, "the `if` of slots").eval);
        }
    }
    Scope scope;
    scope.row = RowVariable{members.alias, relation_index, node, 0, &members, 0};
    for (const auto& [alias, expr] : members.through) {
        if (const auto row = try_row(expr, scope))
            spec.required.push_back(row->eval);
        else
            error(expr->where, "`through` wants a row: " + to_text(*expr));
    }
    IndexSpec& stored = program_->indexes[id];
    if (spec.columns.size() == members.key.size() && !members.slots && members.through.empty())
        stored.columns = std::move(spec.columns);
    stored.key = std::move(spec.key);
    stored.filter = std::move(spec.filter);
    stored.required = std::move(spec.required);
    stored.forms = key_forms_[id];
    stored.rows = owner_.rows;
    stored.values = owner_.values;
    stored.local = std::none_of(program_->nodes.begin(), program_->nodes.end(), [&](const Node& n) {
        return n.owner_index == id && n.kind != Node::Kind::root_row;
    });
    owner_ = outer;
    return id;
}

void Compiler::root(EntityIndex index) {
    const EntitySpec& spec = *specs_[index];
    EntityProgram& entity = program_->entities[index];
    path_ = "entities." + spec.name + ".root";
    entity.members_max = spec.members_max;
    const Members& first = spec.root.members.front();
    if (spec.root.kind == Root::Kind::row && !first.slots) {
        entity.root_kind = EntityProgram::RootKind::row;
        entity.relation = relation(first.relation, first.where);
        return;
    }
    const bool group = spec.root.kind == Root::Kind::group;
    entity.root_kind = group ? EntityProgram::RootKind::group : EntityProgram::RootKind::slot_row;
    std::size_t arity = 0;
    for (const Members& members : spec.root.members) {
        const IndexId id =
            members_index(members, true, "members of " + spec.name + " from " + members.alias);
        EntityProgram& stored = program_->entities[index];
        stored.member_indexes.push_back(id);
        program_->indexes[id].covers = group && !members.slots;
        stored.member_relations.push_back(program_->indexes[id].relation);
        stored.relation = program_->indexes[id].relation;
        group_index_[spec.name + "/" + members.alias] = id;
        const std::size_t parts =
            program_->indexes[id].key.empty() ? 0 : program_->indexes[id].key.front().size();
        if (arity != 0 && parts != arity) {
            error(members.where,
                  "every relation of a group must give the same number of key parts");
        }
        arity = parts;
        const auto& forms = key_forms_[id];
        const auto& others = key_forms_[program_->entities[index].member_indexes.front()];
        for (std::size_t i = 0; i < std::min(forms.size(), others.size()); ++i) {
            if (forms[i].name() != others[i].name())
                refuse_unlike_forms(others[i], forms[i], members.where);
        }
        want_one_key(program_->entities[index].member_indexes.front(), id, members.where);
    }
}

void Compiler::target_columns(EntityIndex index) {
    const EntitySpec& spec = *specs_[index];
    TargetSpec& target = program_->entities[index].target;
    target.entity = spec.name;
    target.schema = spec.target_schema;
    target.table = spec.target_table;
    target.id_column = spec.id_column;
    for (const ParentSpec& parent : spec.parents) {
        target.columns.push_back(
            {parent.column, ColumnSpec::Kind::value, parent.owner, {}, true, parent.adopted});
    }
    for (const ColumnSpec& column : spec.columns) {
        TargetColumn out{column.name, column.kind, column.owner, {}, false, column.adopted};
        for (const auto& [name, expr] : column.json)
            out.json_keys.push_back(name);
        for (const TargetColumn& other : target.columns) {
            if (other.name == column.name)
                error(column.where, "column \"" + column.name + "\" is written twice");
        }
        target.columns.push_back(std::move(out));
    }
}

ParentProgram Compiler::parent(const ParentSpec& spec, const Scope& scope) {
    ParentProgram program;
    program.of = program_->find_entity(spec.entity);
    program.missing = spec.missing;
    program.reason = spec.reason.empty() ? "missing_parent " + spec.column : spec.reason;
    program.gone = spec.gone;
    program.cycle = spec.cycle;
    if (program.of == kNone) {
        std::vector<std::string> names;
        for (const EntityProgram& e : program_->entities)
            names.push_back(e.name);
        const std::string near = nearest(spec.entity, names);
        error(spec.where, "unknown entity \"" + spec.entity + "\"" +
                              (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
        return program;
    }
    program.self = program.of == owner_.entity;
    if (program.self && program_->entities[program.of].root_kind != EntityProgram::RootKind::row) {
        error(spec.where, "a self-reference needs a root of one row");
    }
    if (spec.row) {
        const auto row = try_row(spec.row, scope);
        if (!row) {
            error(spec.where, "`row` wants a row: " + to_text(*spec.row));
            return program;
        }
        const EntityProgram& entity = program_->entities[program.of];
        for (const std::uint32_t id : row->nodes) {
            const RelationIndex relation = program_->nodes[id].relation;
            Node node;
            node.kind = Node::Kind::parent_of_row;
            node.parent = id;
            node.of = program.of;
            bool found =
                entity.root_kind == EntityProgram::RootKind::row && entity.relation == relation;
            for (std::size_t i = 0; i < entity.member_relations.size(); ++i) {
                if (entity.member_relations[i] != relation) continue;
                node.index = entity.member_indexes[i];
                found = true;
            }
            if (!found) {
                error(spec.where, "rows of \"" + program_->relations[relation].mapping_name() +
                                      "\" do not feed the entity \"" + entity.name + "\"");
            }
            program.feeds.emplace_back(relation, node.index);
            add_node(node);
        }
        program.row = row->eval;
        return program;
    }
    const std::vector<KeyForm> wanted = root_forms(program.of);
    const Edge by = edge(spec.root, scope, false, wanted, spec.where, "the root of a parent");
    Node node;
    node.kind = by.node == kNone ? Node::Kind::parent_by_root : Node::Kind::parent;
    node.parent = by.node;
    node.index = by.index;
    node.of = program.of;
    if (by.node != kNone && spec.root.size() > 1) program_->indexes[by.index].null_parts = true;
    if (by.constant) error(spec.where, "a parent's root cannot be a constant");
    add_node(node);
    for (const ExprPtr& part : spec.root) {
        const KeyForm* const form = form_at(wanted, program.root.size());
        const Compiled compiled = key_expression(part, scope, form);
        want_key(compiled, root_types(program.of), program.root.size(), part);
        program.root.push_back(compiled.eval);
    }
    return program;
}

ColumnProgram Compiler::value_column(const ColumnSpec& spec, const Scope& scope,
                                     std::uint32_t into) {
    ColumnProgram column;
    column.kind = spec.kind;
    if (spec.kind == ColumnSpec::Kind::json) {
        Expr object;
        object.kind = Expr::Kind::object;
        object.where = spec.where;
        for (const auto& [name, expr] : spec.json) {
            object.names.push_back(name);
            object.args.push_back(expr);
        }
        column.value = this->object(object, scope).eval;
        return column;
    }
    if (spec.kind == ColumnSpec::Kind::value)
        column.value = expression(spec.value, scope, into).eval;
    const Given::As outer = std::exchange(given_as_, Given::As::vacated);
    if (spec.vacate) column.vacate = expression(spec.vacate, scope, into).eval;
    given_as_ = outer;
    return column;
}

namespace {
// The one secret column an expression reads, as the tree of its row and its name.
void find_secret(const ExprPtr& expr, std::vector<std::pair<ExprPtr, ExprPtr>>& found,
                 const std::function<bool(const std::string&)>& is_secret) {
    if (!expr) return;
    if (expr->kind == Expr::Kind::field && is_secret(expr->text))
        found.emplace_back(expr->args[0], expr);
    if (expr->kind == Expr::Kind::name && is_secret(expr->text)) found.emplace_back(nullptr, expr);
    for (const ExprPtr& arg : expr->args)
        find_secret(arg, found, is_secret);
}
}  // namespace

void Compiler::deferred(const ColumnSpec& spec, const Scope& scope, ColumnProgram& column) {
    const auto is_secret = [&](const std::string& name) {
        return std::any_of(
            mapping_.relations.begin(), mapping_.relations.end(), [&](const RelationSettings& r) {
                return std::find(r.secret.begin(), r.secret.end(), name) != r.secret.end();
            });
    };
    std::vector<std::pair<ExprPtr, ExprPtr>> secrets;
    find_secret(spec.value, secrets, is_secret);
    if (secrets.size() != 1) {
        error(spec.where,
              "a deferred column must read exactly one column that relations: {...: {secret: "
              "[...]}} names");
        return;
    }
    const auto& [row, whole] = secrets.front();
    column.value = expression(whole, scope).eval;
    column.secret_column = whole->text;
    if (row) {
        if (const auto compiled = try_row(row, scope)) column.secret_row = compiled->eval;
    } else if (scope.row) {
        column.secret_row = variable_row(*scope.row).eval;
    }
    Scope plain;
    plain.outer = &scope;
    plain.secret_column = column.secret_column;
    plain.row = scope.row;  // may be empty (a group): the name is caught by the scope all the same
    column.plain = expression(spec.value, plain).eval;
    if (spec.until) column.until = expression(spec.until, scope).eval;
}

void Compiler::variant(EntityIndex index, std::size_t slot) {
    const EntitySpec& spec = *specs_[index];
    const std::string base = "entities." + spec.name;
    Scope scope;
    if (spec.root.kind == Root::Kind::row) {
        const Members& members = spec.root.members.front();
        Node node;
        const bool slotted = members.slots.has_value();
        node.kind = slotted ? Node::Kind::member : Node::Kind::root_row;
        node.relation = program_->entities[index].relation;
        if (slotted) node.index = program_->entities[index].member_indexes.front();
        scope.row = RowVariable{members.alias, node.relation, add_node(node), 0, &members, slot};
    }
    root_scope_ = &scope;
    Variant variant;
    path_ = base + ".id";
    variant.id = expression(spec.id, scope).eval;
    path_ = base + ".exists";
    if (spec.exists) variant.exists = condition(spec.exists, scope, "exists").eval;
    for (const ParentSpec& parent_spec : spec.parents) {
        path_ = base + ".parents." + parent_spec.column;
        ParentProgram program = parent(parent_spec, scope);
        program.column = static_cast<std::uint32_t>(variant.parents.size());
        ColumnProgram column;
        column.parent = program.column;
        variant.columns.push_back(std::move(column));
        variant.parents.push_back(std::move(program));
    }
    for (const ColumnSpec& column_spec : spec.columns) {
        path_ = base + ".columns." + column_spec.name;
        const auto into = static_cast<std::uint32_t>(variant.columns.size());
        ColumnProgram column = value_column(column_spec, scope, into);
        if (column_spec.kind == ColumnSpec::Kind::claim) claim(index, column_spec, scope, column);
        if (column_spec.kind == ColumnSpec::Kind::deferred) deferred(column_spec, scope, column);
        variant.columns.push_back(std::move(column));
    }
    path_ = base + ".adopt";
    for (const ExprPtr& match : spec.adopt ? spec.adopt->match : std::vector<ExprPtr>{})
        variant.adopt_match.push_back(expression(match, scope).eval);
    root_scope_ = nullptr;
    program_->entities[index].variants.push_back(std::move(variant));
}

void Compiler::entity(EntityIndex index) {
    const EntitySpec& spec = *specs_[index];
    target_columns(index);
    for (const SetSpec& set : spec.sets) {
        path_ = "entities." + spec.name + ".sets." + set.members.alias;
        set_index_[spec.name + "/" + set.members.alias] = {
            members_index(set.members, false, "set " + spec.name + "." + set.members.alias),
            set.members.alias};
    }
    owner_ = Owning{index, kNone, &spec, 1, 0};
    const Members& first = spec.root.members.front();
    const bool slotted = spec.root.kind == Root::Kind::row && first.slots;
    const std::size_t variants = slotted ? first.slots->values.size() : 1;
    for (std::size_t slot = 0; slot < variants; ++slot)
        variant(index, slot);
    check_id(index);
    EntityProgram& entity = program_->entities[index];
    entity.adopt = spec.adopt;
    path_ = "entities." + spec.name + ".adopt";
    if (spec.adopt && spec.adopt->to) {
        Scope scope;
        scope.claimed_value = owner_.values++;
        entity.adopt_value = *scope.claimed_value;
        entity.adopt_to = expression(spec.adopt->to, scope).eval;
    }
    entity.rows = owner_.rows;
    entity.values = owner_.values;
    for (const ParentProgram& parent : entity.variants.front().parents) {
        entity.self_reference = entity.self_reference || parent.self;
    }
    entity.keep_on_delete = spec.keep_on_delete;
    entity.keep_if_changed = spec.keep_if_changed;
    entity.stop_on_error = spec.stop_on_error;
    entity.remove_on_park = spec.remove_on_park;
    path_ = "entities." + spec.name + ".on_delete";
    for (const auto& [name, expr] : spec.keep_columns) {
        std::uint32_t position = kNone;
        for (std::uint32_t i = 0; i < entity.target.columns.size(); ++i) {
            if (entity.target.columns[i].name == name) position = i;
        }
        if (position == kNone)
            error(expr->where, "keep names no column of this entity: \"" + name + "\"");
        else if (expr->kind != Expr::Kind::literal)
            error(expr->where, "keep takes constants");
        else
            entity.keep_columns.emplace_back(position, expr->value);
    }
}

}  // namespace crossfade::compiler
