// Rows: aliases, lookups, and the edges by which they are walked back.
#include "transforms/compiler.hpp"

#include <algorithm>

namespace crossfade::compiler {

CompiledRow Compiler::variable_row(const RowVariable& row) {
    const std::size_t slot = row.frame_slot;
    return {[slot](Frame& frame) { return frame.rows[slot]; }, {row.node}, row.relation, slot};
}

// A group's alias used as a row: its first member, by row key.
CompiledRow Compiler::first_member(std::size_t alias) {
    const EntityProgram& entity = program_->entities[owner_.entity];
    const IndexId index = entity.member_indexes[alias];
    const RelationIndex relation = entity.member_relations[alias];
    Node node;
    node.kind = Node::Kind::member;
    node.relation = relation;
    node.index = index;
    const std::uint32_t id = add_node(node);
    RowEval eval = [index, relation](Frame& frame) {
        RowRef ref;
        ref.relation = relation;
        frame.members(index, relation, frame.root, [&](const RowRef& member) {
            ref = member;
            return false;
        });
        return ref;
    };
    return {std::move(eval), {id}, relation};
}

std::optional<CompiledRow> Compiler::named_row(const std::string& name, const Scope& scope) {
    for (const Scope* s = &scope; s != nullptr; s = s->outer) {
        if (const auto bound = s->parameters.find(name); bound != s->parameters.end()) {
            return try_row(bound->second.first, *bound->second.second);
        }
        if (!s->row) continue;
        if (s->row->alias == name) return variable_row(*s->row);
        if (s->row->members == nullptr) continue;
        for (const auto& [alias, expr] : s->row->members->through) {
            if (alias == name) return try_row(expr, *s);
        }
    }
    if (owner_.spec == nullptr) return std::nullopt;
    for (const auto& [alias, expr] : owner_.spec->lookups) {
        if (alias != name || !expanding_.insert("lookup " + name).second) continue;
        auto row = try_row(expr, scope);
        expanding_.erase("lookup " + name);
        return row;
    }
    if (owner_.entity != kNone && owner_.spec->root.kind == Root::Kind::group) {
        for (std::size_t i = 0; i < owner_.spec->root.members.size(); ++i) {
            if (owner_.spec->root.members[i].alias == name) return first_member(i);
        }
    }
    return std::nullopt;
}

std::optional<CompiledRow> Compiler::try_row(const ExprPtr& expr, const Scope& scope) {
    if (expr->kind == Expr::Kind::name) return named_row(expr->text, scope);
    if (expr->kind == Expr::Kind::lookup) return lookup(*expr, scope);
    if (expr->kind != Expr::Kind::call) return std::nullopt;
    if (expr->text == "coalesce" && !expr->args.empty()) {
        Tracker ignored;
        Tracker* const outer = std::exchange(tracker_, &ignored);
        const bool rows = try_row(expr->args[0], scope).has_value();
        tracker_ = outer;
        if (rows) return first_of(expr->args, scope);
    }
    for (const Macro& macro : mapping_.macros) {
        if (macro.name != expr->text || macro.parameters.size() != expr->args.size()) continue;
        if (!expanding_.insert("macro " + macro.name).second) return std::nullopt;
        Scope inner;
        for (std::size_t i = 0; i < macro.parameters.size(); ++i) {
            inner.parameters[macro.parameters[i]] = {expr->args[i], &scope};
        }
        auto row = try_row(macro.body, inner);
        expanding_.erase("macro " + macro.name);
        return row;
    }
    return std::nullopt;
}

// The first of several rows that exists. All alternatives are read, and each has its own edge.
CompiledRow Compiler::first_of(const std::vector<ExprPtr>& args, const Scope& scope) {
    std::vector<RowEval> evals;
    CompiledRow all;
    for (const ExprPtr& arg : args) {
        auto row = try_row(arg, scope);
        if (!row) {
            error(arg->where, "every alternative of a first-of lookup must be a row");
            continue;
        }
        evals.push_back(row->eval);
        all.nodes.insert(all.nodes.end(), row->nodes.begin(), row->nodes.end());
        all.relation = row->relation;
    }
    // Of none that exists the last that has a key: that one is waited for.
    all.eval = [evals](Frame& frame) {
        RowRef found;
        for (const RowEval& eval : evals) {
            RowRef ref = eval(frame);
            if (ref.row) return ref;
            if (!ref.key.empty() || found.key.empty()) found = std::move(ref);
        }
        return found;
    };
    return all;
}

IndexId Compiler::rows_edge(const std::vector<ExprPtr>& key, const Scope& scope, std::uint32_t node,
                            const std::string& text, bool scan,
                            const std::vector<KeyForm>& wanted) {
    const RelationIndex relation = program_->nodes[node].relation;
    const std::string name =
        program_->relations[relation].mapping_name() + " by " + text + (scan ? " (scan)" : "");
    if (const auto known = edges_.find(name); known != edges_.end()) return known->second;
    IndexSpec spec;
    spec.name = name;
    spec.relation = relation;
    spec.scan = scan;
    const std::uint32_t outer = std::exchange(retarget_, node);
    Tracker ignored;
    Tracker* const tracker = std::exchange(tracker_, &ignored);
    const Owning owner = owner_;
    std::vector<Eval> parts;
    for (const ExprPtr& part : key) {
        Compiled compiled = in_form(expression(part, scope), form_at(wanted, parts.size()));
        if (compiled.column) spec.columns.push_back(*compiled.column);
        parts.push_back(std::move(compiled.eval));
    }
    if (spec.columns.size() < parts.size()) spec.columns.clear();
    spec.rows = owner_.rows + 1;
    spec.values = owner_.values;
    owner_.rows = std::max(owner.rows, owner_.rows);
    tracker_ = tracker;
    retarget_ = outer;
    spec.key.push_back(std::move(parts));
    std::string own_key;
    for (const std::uint32_t position : program_->relations[relation].key) {
        if (!own_key.empty()) own_key += ", ";
        const MappedColumn& column = program_->relations[relation].columns[position];
        own_key += column.name + (column.key.changes() ? " as " + column.key.name() : "");
    }
    spec.identity = own_key == text && !program_->relations[relation].repeats;
    program_->indexes.push_back(std::move(spec));
    const auto id = static_cast<IndexId>(program_->indexes.size() - 1);
    edges_[name] = id;
    return id;
}

IndexId Compiler::roots_edge(const std::vector<ExprPtr>& key, const Scope& scope,
                             const std::string& text, const std::vector<KeyForm>& wanted) {
    EntityProgram& entity = program_->entities[owner_.entity];
    const std::string name = "roots of " + entity.name + " by " + text;
    if (const auto known = edges_.find(name); known != edges_.end()) return known->second;
    IndexSpec spec;
    spec.name = name;
    spec.over_roots = owner_.entity;
    std::vector<Eval> parts;
    Tracker ignored;
    Tracker* const tracker = std::exchange(tracker_, &ignored);
    for (const ExprPtr& part : key)
        parts.push_back(in_form(expression(part, scope), form_at(wanted, parts.size())).eval);
    tracker_ = tracker;
    spec.key.push_back(std::move(parts));
    spec.rows = owner_.rows + 1;
    spec.values = owner_.values;
    program_->indexes.push_back(std::move(spec));
    const auto id = static_cast<IndexId>(program_->indexes.size() - 1);
    edges_[name] = id;
    entity.root_edges.push_back(id);
    return id;
}

// A computed key is told apart by its place in the file: names in it may mean other rows elsewhere.
// Its name counts the places, since lines move when a file is edited, and names are stored.
std::string Compiler::computed_key(const Expr& part) {
    const std::string name = to_text(part) + " of " + path_;
    std::vector<std::string>& places = places_of_[name];
    const std::string place = part.where.file + ":" + std::to_string(part.where.line) + ":" +
                              std::to_string(part.where.column);
    const auto known = std::ranges::find(places, place);
    const auto number = known - places.begin() + 1;
    if (known == places.end()) places.push_back(place);
    return number == 1 ? name : name + " (" + std::to_string(number) + ")";
}

Compiler::Edge Compiler::edge(const std::vector<ExprPtr>& key, const Scope& scope, bool scan,
                              const std::vector<KeyForm>& wanted, const Location& where,
                              const std::string& what) {
    Tracker tracker;
    Tracker* const outer = std::exchange(tracker_, &tracker);
    std::string text;
    std::size_t position = 0;
    for (const ExprPtr& part : key) {
        Tracker single;
        tracker_ = &single;
        Compiled compiled = expression(part, scope);
        const bool plain = compiled.column.has_value() && single.columns.size() == 1;
        if (!text.empty()) text += ", ";
        text += plain ? *single.columns.begin() : computed_key(*part);
        const KeyForm* const form = form_at(wanted, position++);
        if (is_other(compiled, *form)) text += " as " + form->name();
        tracker.nodes.insert(single.nodes.begin(), single.nodes.end());
        tracker.key = tracker.key || single.key;
        tracker.other = tracker.other || single.other;
    }
    tracker_ = outer;
    Edge result;
    if (tracker.other || tracker.nodes.size() + (tracker.key ? 1 : 0) > 1) {
        error(where, what + " must read the columns of one row only; look that row up first");
        return result;
    }
    if (tracker.nodes.size() == 1) {
        result.node = *tracker.nodes.begin();
        result.index = rows_edge(key, scope, result.node, text, scan, wanted);
    } else if (tracker.key) {
        result.index = roots_edge(key, scope, text, wanted);
    } else {
        result.constant = true;
    }
    return result;
}

CompiledRow Compiler::lookup(const Expr& expr, const Scope& scope) {
    const RelationIndex target = relation(expr.text, expr.where);
    CompiledRow result;
    result.relation = target;
    result.eval = [](Frame&) { return RowRef{}; };
    if (target == kNone) return result;
    if (program_->relations[target].repeats) {
        error(expr.where, "\"" + expr.text +
                              "\" has no key, so no row of it can be looked up; read its rows as a "
                              "set (sets: {rows: {from: " +
                              expr.text +
                              ", key: ..., at: ...}}), or name a unique key under "
                              "relations: {" +
                              expr.text + ": {key: [...]}}");
        return result;
    }
    if (expr.args.size() != program_->relations[target].key.size()) {
        error(expr.where, "the key of \"" + expr.text + "\" has " +
                              std::to_string(program_->relations[target].key.size()) +
                              " column(s), not " + std::to_string(expr.args.size()));
        return result;
    }
    for (const std::uint32_t position : program_->relations[target].key) {
        const std::string& name = program_->relations[target].columns[position].name;
        const CatalogColumn& shown = *table(target).find(name);
        refuse_loose_key("the key of " + in_quotes(expr.text), shown.key ? "" : shown.type_name,
                         expr.where);
    }
    const RelationSettings* settings = mapping_.settings(expr.text);
    const bool scan = settings != nullptr && settings->scan;
    const std::vector<KeyForm> wanted = relation_forms(target);
    const Edge by = edge(expr.args, scope, scan, wanted, expr.where, "a lookup's key");
    Node node;
    node.kind = by.constant        ? Node::Kind::lookup_constant
                : by.node == kNone ? Node::Kind::lookup_by_root
                                   : Node::Kind::lookup;
    node.parent = by.node;
    node.relation = target;
    node.index = by.index;
    result.nodes = {add_node(node)};
    std::vector<Eval> parts;
    Tracker
        inner;  // the key's own reads belong to the edge, not to the expression around the lookup
    Tracker* const outer = std::exchange(tracker_, &inner);
    const std::vector<Type> types = relation_types(target);
    for (const ExprPtr& part : expr.args) {
        const Compiled compiled = key_expression(part, scope, form_at(wanted, parts.size()));
        want_key(compiled, types, parts.size(), part);
        parts.push_back(compiled.eval);
    }
    tracker_ = outer;
    result.eval = [parts, target](Frame& frame) {
        RowRef ref;
        ref.relation = target;
        KeyBytes key;
        for (const Eval& part : parts) {
            const Value value = part(frame);
            if (is_null(value)) return ref;
            append_key(key, value);
        }
        ref.row = frame.view.image(target, key);
        ref.key = std::move(key);
        return ref;
    };
    return result;
}

}  // namespace crossfade::compiler
