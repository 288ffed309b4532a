#include "transforms/compiler.hpp"

#include "model/json.hpp"

#include <algorithm>

namespace crossfade {

std::vector<std::string> part_names(const Members& members) {
    std::vector<std::string> names = members.key_names;
    for (std::size_t i = names.size(); i < members.key.size(); ++i) {
        const Expr& part = *members.key[i];
        const bool named = part.kind == Expr::Kind::field || part.kind == Expr::Kind::name;
        names.push_back(named ? part.text : "");
    }
    return names;
}

}  // namespace crossfade

namespace crossfade::compiler {

// A column of a row that is in the Frame. While the key of an edge is compiled, rows[0] is the row
// whose key it is.
Compiled Compiler::column_of(const CompiledRow& row, const std::string& name,
                             const Location& where) {
    if (row.relation == kNone) return kNothing;
    // Alternatives of a first-of lookup may have unlike relations: the position is looked up per
    // relation.
    std::map<RelationIndex, std::uint32_t> positions;
    Type type = Type::any;
    std::string loose;
    std::string called;
    KeyForm form;
    for (const std::uint32_t node : row.nodes) {
        const RelationIndex relation = program_->nodes[node].relation;
        const auto position = column(relation, name);
        if (!position) {
            const std::string near = nearest(name, column_names(relation));
            error(where, "table " + in_quotes(program_->relations[relation].mapping_name()) +
                             " has no column " + in_quotes(name) +
                             (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?"));
            return kNothing;
        }
        positions[relation] = *position;
        program_->nodes[node].columns.insert(*position);
        type = program_->relations[relation].columns[*position].type;
        const CatalogColumn& shown = *table(relation).find(name);
        called = shown.type_name;
        if (!shown.key) loose = called;
        if (shown.key && !form.changes()) form = *shown.key;
        if (tracker_ != nullptr) tracker_->nodes.insert(node);
    }
    if (tracker_ != nullptr) tracker_->columns.insert(name);
    if (row.nodes.size() == 1) {
        const std::uint32_t position = positions.begin()->second;
        const bool start = row.nodes[0] == retarget_;
        // The row is in the Frame already: its column is read from there.
        if (start || row.frame_slot) {
            const std::size_t slot = start ? 0 : *row.frame_slot;
            return {[slot, position](Frame& frame) -> Value {
                        const auto& held = frame.rows[slot].row;
                        return held ? (*held)[position] : Value{Null{}};
                    },
                    type,
                    position,
                    loose,
                    form,
                    called};
        }
        const RowEval eval = row.eval;
        return {[eval, position](Frame& frame) -> Value {
                    const RowRef ref = eval(frame);
                    return ref.row ? (*ref.row)[position] : Value{Null{}};
                },
                type,
                position,
                loose,
                form,
                called};
    }
    return {[eval = row.eval, positions](Frame& frame) -> Value {
                const RowRef ref = eval(frame);
                return ref.row ? (*ref.row)[positions.at(ref.relation)] : Value{Null{}};
            },
            type,
            std::nullopt,
            loose,
            form,
            called};
}

Compiled Compiler::tree(const ExprPtr& expr, const Scope& scope, std::uint32_t into) {
    switch (expr->kind) {
        case Expr::Kind::literal: {
            Type type = Type::any;
            if (std::holds_alternative<std::int64_t>(expr->value)) type = Type::integer;
            if (std::holds_alternative<std::string>(expr->value)) type = Type::text;
            if (std::holds_alternative<bool>(expr->value)) type = Type::boolean;
            if (std::holds_alternative<Decimal>(expr->value)) type = Type::decimal;
            return {[value = expr->value](Frame&) { return value; }, type};
        }
        case Expr::Kind::name: return name(*expr, scope, into);
        case Expr::Kind::field: return field(*expr, scope, into);
        case Expr::Kind::lookup:
            error(expr->where, "a row is not a value: name a column of it, or ask exists(...)");
            return kNothing;
        case Expr::Kind::call: return call(expr, scope, into);
        case Expr::Kind::unary: return unary(*expr, scope);
        case Expr::Kind::binary: return binary(*expr, scope);
        case Expr::Kind::in_list: {
            const Compiled value = expression(expr->args[0], scope);
            std::vector<Eval> items;
            for (std::size_t i = 1; i < expr->args.size(); ++i) {
                const Compiled item = expression(expr->args[i], scope);
                want_alike(value.type, item.type, expr->args[i]->where);
                items.push_back(item.eval);
            }
            const bool negated = expr->text == "not in";
            return {[v = value.eval, items, negated](Frame& frame) -> Value {
                        const Value left = v(frame);
                        if (is_null(left)) return Null{};
                        bool null = false;
                        for (const Eval& item : items) {
                            const Value right = item(frame);
                            if (is_null(right))
                                null = true;
                            else if (compare_values(left, right) == 0)
                                return !negated;
                        }
                        if (null) return Null{};
                        return negated;
                    },
                    Type::boolean};
        }
        case Expr::Kind::object: return object(*expr, scope);
        case Expr::Kind::list: {
            std::vector<Eval> items;
            for (const ExprPtr& arg : expr->args)
                items.push_back(expression(arg, scope).eval);
            return {[items](Frame& frame) -> Value {
                        std::vector<std::string> texts;
                        for (const Eval& item : items)
                            texts.push_back(json_scalar(item(frame)));
                        return json_array(texts);
                    },
                    Type::json};
        }
    }
    return kNothing;
}

std::optional<Compiled> Compiler::slot_name(const RowVariable& row, const std::string& name,
                                            const Scope& scope, std::uint32_t into) {
    if (row.members == nullptr || !row.members->slots) return std::nullopt;
    const Slots& slots = *row.members->slots;
    if (name == slots.variable) {
        const bool number = std::holds_alternative<std::int64_t>(slots.values[row.slot]);
        return Compiled{[value = slots.values[row.slot]](Frame&) { return value; },
                        number ? Type::integer : Type::text};
    }
    for (const Slots::Name& entry : slots.names) {
        if (entry.name == name) return expression(entry.per_value[row.slot], scope, into);
    }
    return std::nullopt;
}

// What the scopes know under a name, innermost first: parameters, slot names, columns.
std::optional<Compiled> Compiler::scoped_name(const Expr& expr, const Scope& scope,
                                              std::uint32_t into) {
    for (const Scope* s = &scope; s != nullptr; s = s->outer) {
        if (const auto bound = s->parameters.find(expr.text); bound != s->parameters.end()) {
            return expression(bound->second.first, *bound->second.second, into);
        }
        if (expr.text == "value" && s->claimed_value) {
            return Compiled{[slot = *s->claimed_value](Frame& f) { return f.values[slot]; },
                            Type::any};
        }
        if (!s->row) continue;
        if (auto slot = slot_name(*s->row, expr.text, *s, into)) return slot;
        if (!s->secret_column.empty() && expr.text == s->secret_column) {
            return Compiled{[](Frame& f) { return f.plain != nullptr ? *f.plain : Value{Null{}}; },
                            Type::text};
        }
        if (s->row->relation != kNone && column(s->row->relation, expr.text)) {
            return column_of(variable_row(*s->row), expr.text, expr.where);
        }
    }
    return std::nullopt;
}

Compiled Compiler::name(const Expr& expr, const Scope& scope, std::uint32_t into) {
    if (auto known = scoped_name(expr, scope, into)) return *known;
    if (expr.text == "key" && owner_.entity != kNone) return key_part(expr, {});
    if (owner_.spec != nullptr) {
        const auto expand = [&](const std::vector<std::pair<std::string, ExprPtr>>& list,
                                const std::string& what) -> std::optional<Compiled> {
            for (const auto& [alias, body] : list) {
                if (alias != expr.text) continue;
                if (!expanding_.insert(what + alias).second) {
                    error(expr.where, in_quotes(alias) + " is defined by itself");
                    return kNothing;
                }
                Compiled result = expression(body, scope, into);
                expanding_.erase(what + alias);
                return result;
            }
            return std::nullopt;
        };
        if (auto let = expand(owner_.spec->lets, "let ")) return *let;
        if (auto lookup = expand(owner_.spec->lookups, "lookup ")) return *lookup;
    }
    std::vector<std::string> candidates;
    for (const Scope* s = &scope; s != nullptr; s = s->outer) {
        if (!s->row) continue;
        if (s->row->alias == expr.text) {
            error(expr.where, in_quotes(expr.text) + " is a row, not a value: name a column of it");
            return kNothing;
        }
        const auto names = column_names(s->row->relation);
        candidates.insert(candidates.end(), names.begin(), names.end());
    }
    if (owner_.spec != nullptr) {
        for (const auto& [alias, body] : owner_.spec->lets)
            candidates.push_back(alias);
    }
    const std::string near = nearest(expr.text, candidates);
    error(expr.where, "unknown name " + in_quotes(expr.text) +
                          (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?"));
    return kNothing;
}

Compiled Compiler::key_part(const Expr& expr, const std::string& part) {
    if (owner_.entity == kNone || owner_.spec == nullptr) {
        error(expr.where, "`key` has no meaning here");
        return kNothing;
    }
    if (tracker_ != nullptr) tracker_->key = true;
    const Members& members = owner_.spec->root.members.front();
    std::vector<std::string> names = part_names(members);
    if (owner_.spec->root.kind == Root::Kind::row && members.key.empty()) {
        const RelationIndex relation = program_->entities[owner_.entity].relation;
        for (const auto position : program_->relations[relation].key) {
            names.push_back(program_->relations[relation].columns[position].name);
        }
        if (members.slots) names.push_back(members.slots->variable);
    }
    std::size_t position = 0;
    if (part.empty() && names.size() != 1)
        return {[](Frame& frame) -> Value { return display_key(frame.root); }, Type::text};
    if (!part.empty()) {
        const auto found = std::find(names.begin(), names.end(), part);
        if (found == names.end()) {
            const std::string near = nearest(part, names);
            error(expr.where, "the key has no part " + in_quotes(part) +
                                  (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?"));
            return kNothing;
        }
        position = static_cast<std::size_t>(found - names.begin());
    }
    return {[position](Frame& frame) { return frame.key.at(position); }, key_part_type(position)};
}

Compiled Compiler::field(const Expr& expr, const Scope& scope, std::uint32_t into) {
    const ExprPtr& row = expr.args[0];
    if (row->kind == Expr::Kind::name && row->text == "key") return key_part(expr, expr.text);
    if (row->kind == Expr::Kind::name) {
        // alias.slot_name, and the secret of a deferred column
        for (const Scope* s = &scope; s != nullptr; s = s->outer) {
            if (!s->row || s->row->alias != row->text) continue;
            if (auto slot = slot_name(*s->row, expr.text, *s, into)) return *slot;
        }
    }
    auto compiled = try_row(row, scope);
    if (!compiled) {
        error(row->where, "not a row: " + to_text(*row));
        return kNothing;
    }
    for (const Scope* s = &scope; s != nullptr; s = s->outer) {
        if (!s->secret_column.empty() && expr.text == s->secret_column) {
            return {[](Frame& f) { return f.plain != nullptr ? *f.plain : Value{Null{}}; },
                    Type::text};
        }
    }
    return column_of(*compiled, expr.text, expr.where);
}

Compiled Compiler::unary(const Expr& expr, const Scope& scope) {
    if (expr.text == "not") {
        const Compiled arg = condition(expr.args[0], scope, "\"not\"");
        return {[e = arg.eval](Frame& f) -> Value {
                    const Value value = e(f);
                    const bool* truth = std::get_if<bool>(&value);
                    return truth != nullptr ? Value{!*truth} : Value{Null{}};
                },
                Type::boolean};
    }
    const Compiled arg = expression(expr.args[0], scope);
    if (expr.text == "is null") {
        return {[e = arg.eval](Frame& f) -> Value { return is_null(e(f)); }, Type::boolean};
    }
    if (expr.text == "is not null") {
        return {[e = arg.eval](Frame& f) -> Value { return !is_null(e(f)); }, Type::boolean};
    }
    want_number(arg.type, "arithmetic", expr.where);
    return {[e = arg.eval](Frame& f) {
                return binary_operation(Operator::subtract, std::int64_t{0}, e(f));
            },
            arg.type};
}

Compiled Compiler::binary(const Expr& expr, const Scope& scope) {
    const Compiled left = expression(expr.args[0], scope);
    const Compiled right = expression(expr.args[1], scope);
    const std::string& op = expr.text;
    const bool comparison =
        op == "=" || op == "<>" || op == "<" || op == "<=" || op == ">" || op == ">=";
    if (comparison) want_alike(left.type, right.type, expr.where);
    const bool arithmetic = op == "+" || op == "-" || op == "*" || op == "/";
    for (const Compiled* side : {&left, &right}) {
        if (arithmetic) want_number(side->type, "arithmetic", expr.where);
        if ((op == "and" || op == "or") && !fits(side->type, Type::boolean)) {
            error(expr.where,
                  in_quotes(op) + " wants conditions, not " + std::string{to_string(side->type)});
        }
    }
    Type type = Type::boolean;
    if (op == "||") type = Type::text;
    if (arithmetic) {
        type = left.type == Type::integer && right.type == Type::integer && op != "/"
                   ? Type::integer
                   : Type::decimal;
    }
    const Operator by = operator_of(op);
    if (op == "and" || op == "or") {
        const bool stop = op == "or";
        return {[l = left.eval, r = right.eval, by, stop](Frame& f) -> Value {
                    const Value a = l(f);
                    const bool* truth = std::get_if<bool>(&a);
                    if (truth != nullptr && *truth == stop) return stop;
                    return binary_operation(by, a, r(f));
                },
                type};
    }
    return {
        [l = left.eval, r = right.eval, by](Frame& f) { return binary_operation(by, l(f), r(f)); },
        type};
}

// `compact`: without the members that are NULL.
Compiled Compiler::object(const Expr& expr, const Scope& scope, bool compact) {
    std::vector<std::pair<std::string, Eval>> members;
    for (std::size_t i = 0; i < expr.args.size(); ++i) {
        members.emplace_back(expr.names[i], expression(expr.args[i], scope).eval);
    }
    return {[members, compact](Frame& frame) -> Value {
                std::vector<std::pair<std::string, std::string>> texts;
                for (const auto& [name, eval] : members) {
                    const Value value = eval(frame);
                    if (!compact || !is_null(value)) texts.emplace_back(name, json_scalar(value));
                }
                return json_object(std::move(texts));
            },
            Type::json};
}

}  // namespace crossfade::compiler
