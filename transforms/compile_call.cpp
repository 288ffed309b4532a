// Calls: special forms, macros, functions of the registry.
#include "transforms/compiler.hpp"
#include "transforms/functions/bcrypt.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace crossfade::compiler {

namespace {
// NULL stays NULL: what has no plain text has no hash.
Value bcrypt_value(const Value& plain, const Value& cost, const std::string& salt) {
    const auto* text = std::get_if<std::string>(&plain);
    const auto* rounds = std::get_if<std::int64_t>(&cost);
    if (text == nullptr) return Null{};
    if (rounds == nullptr || salt.size() != 16)
        throw Reject{"bad_value: bcrypt needs a cost and a salt"};
    std::array<std::uint8_t, 16> bytes{};
    std::copy(salt.begin(), salt.end(), reinterpret_cast<char*>(bytes.data()));
    auto hash = bcrypt_hash(*text, static_cast<int>(*rounds), bytes);
    if (!hash) throw Reject{hash.error().message()};
    return *hash;
}

// Whether the function may give this argument as it is, whatever else it is for.
bool is_result(std::string_view function, std::size_t argument, std::size_t arguments) {
    if (function == "raise") return argument == 1;
    if (function == "nullif") return argument == 0;
    if (function != "choose" || argument < 2) return false;
    return argument % 2 == 0 || argument + 1 == arguments;
}

// Whether any of the arguments may be the result, though it does not go on as it is.
bool gives_an_argument(std::string_view function) {
    return function == "greatest" || function == "least" || function == "abs";
}

bool is_null_literal(const Expr& expr) {
    return expr.kind == Expr::Kind::literal && is_null(expr.value);
}
}  // namespace

Compiled Compiler::call(const ExprPtr& expr, const Scope& scope, std::uint32_t into) {
    if (is_aggregate(*expr, scope)) return aggregate(*expr, scope, into);
    bool known = false;
    Compiled result = special(expr, scope, into, known);
    if (known) return result;
    for (const Macro& macro : mapping_.macros) {
        if (macro.name != expr->text) continue;
        if (macro.parameters.size() != expr->args.size()) {
            error(expr->where, in_quotes(macro.name) + " takes " +
                                   std::to_string(macro.parameters.size()) + " argument(s), not " +
                                   std::to_string(expr->args.size()));
            return kNothing;
        }
        if (!expanding_.insert("macro " + macro.name).second) {
            error(expr->where, in_quotes(macro.name) + " is defined by itself");
            return kNothing;
        }
        Scope inner;
        for (std::size_t i = 0; i < macro.parameters.size(); ++i) {
            inner.parameters[macro.parameters[i]] = {expr->args[i], &scope};
        }
        // Arguments are compiled where the call stands, so a macro may be an argument of itself:
        // f(f(x)).
        expanding_.erase("macro " + macro.name);
        if (macro_depth_++ > 32) {
            error(expr->where, in_quotes(macro.name) + " is defined by itself");
            --macro_depth_;
            return kNothing;
        }
        result = expression(macro.body, inner, into);
        --macro_depth_;
        return result;
    }
    return function(*expr, scope, into);
}

// `known` tells whether the name is that of a special form, whatever its arguments.
Compiled Compiler::special(const ExprPtr& expr, const Scope& scope, std::uint32_t into,
                           bool& known) {
    struct Form {
        std::string_view name;
        std::size_t at_least;
        std::size_t at_most;
        Compiled (Compiler::*compile)(const Expr&, const Scope&, std::uint32_t);
    };
    static constexpr std::array kForms{
        Form{"if", 2, 3, &Compiler::if_call},
        Form{"coalesce", 1, 1000, &Compiler::coalesce_call},
        Form{"exists", 1, 1, &Compiler::exists_call},
        Form{"target", 2, 2, &Compiler::target_call},
        Form{"compact", 1, 1, &Compiler::compact_call},
        Form{"park", 1, 1, &Compiler::park_call},
        Form{"bcrypt", 2, 2, &Compiler::bcrypt_call},
    };
    const auto* const form = std::find_if(kForms.begin(), kForms.end(),
                                          [&](const Form& f) { return f.name == expr->text; });
    known = form != kForms.end();
    if (!known) return kNothing;
    if (expr->args.size() < form->at_least || expr->args.size() > form->at_most) {
        error(expr->where,
              in_quotes(expr->text) + " takes " + std::to_string(form->at_least) +
                  (form->at_most > 99               ? " or more"
                   : form->at_most > form->at_least ? " to " + std::to_string(form->at_most)
                                                    : "") +
                  " arguments, not " + std::to_string(expr->args.size()));
        return kNothing;
    }
    return (this->*form->compile)(*expr, scope, into);
}

Compiled Compiler::if_call(const Expr& expr, const Scope& scope, std::uint32_t into) {
    const Compiled condition = this->condition(expr.args[0], scope, "`if`");
    const Compiled yes = expression(expr.args[1], scope, into);
    const Compiled no = expr.args.size() == 3 ? expression(expr.args[2], scope, into) : kNothing;
    return {[c = condition.eval, y = yes.eval, n = no.eval](Frame& f) {
                return is_true(c(f)) ? y(f) : n(f);
            },
            yes.type == no.type || no.type == Type::any ? yes.type : Type::any, std::nullopt,
            yes.loose_type.empty() ? no.loose_type : yes.loose_type,
            yes.form.changes() ? yes.form : no.form};
}

Compiled Compiler::coalesce_call(const Expr& expr, const Scope& scope, std::uint32_t into) {
    std::vector<Eval> evals;
    Type type = Type::any;
    std::string loose;
    KeyForm form;
    for (const ExprPtr& arg : expr.args) {
        const Compiled compiled = expression(arg, scope, into);
        evals.push_back(compiled.eval);
        if (!compiled.loose_type.empty()) loose = compiled.loose_type;
        if (!form.changes()) form = compiled.form;
        type = &arg == &expr.args.front() || compiled.type == type ? compiled.type : Type::any;
    }
    return {[evals](Frame& frame) -> Value {
                for (const Eval& eval : evals) {
                    Value value = eval(frame);
                    if (!is_null(value)) return value;
                }
                return Null{};
            },
            type, std::nullopt, loose, form};
}

Compiled Compiler::exists_call(const Expr& expr, const Scope& scope, std::uint32_t) {
    auto row = try_row(expr.args[0], scope);
    if (!row) {
        error(expr.where, "exists(...) wants a row");
        return kNothing;
    }
    if (tracker_ != nullptr) tracker_->nodes.insert(row->nodes.begin(), row->nodes.end());
    const bool start = row->nodes.size() == 1 && row->nodes[0] == retarget_;
    if (start) return {[](Frame& f) -> Value { return f.rows[0].row != nullptr; }, Type::boolean};
    return {[e = row->eval](Frame& f) -> Value { return e(f).row != nullptr; }, Type::boolean};
}

Compiled Compiler::compact_call(const Expr& expr, const Scope& scope, std::uint32_t) {
    if (expr.args[0]->kind == Expr::Kind::object) return object(*expr.args[0], scope, true);
    error(expr.where, "compact(...) wants an object: compact({key: value})");
    return kNothing;
}

Compiled Compiler::park_call(const Expr& expr, const Scope& scope, std::uint32_t) {
    const Compiled reason = expression(expr.args[0], scope);
    return {[r = reason.eval](Frame& frame) -> Value {
                const Value text = text_of(r(frame));
                throw Reject{is_null(text) ? "parked" : std::get<std::string>(text), true};
            },
            Type::any};
}

Compiled Compiler::bcrypt_call(const Expr& expr, const Scope& scope, std::uint32_t) {
    const Compiled plain = expression(expr.args[0], scope);
    const Compiled cost = expression(expr.args[1], scope);
    return {[p = plain.eval, c = cost.eval](Frame& frame) {
                return bcrypt_value(p(frame), c(frame), frame.salt);
            },
            Type::text};
}

// target(entity, row): the uuid of the entity's root that the row feeds; NULL while no row of it
// stands.
Compiled Compiler::target_call(const Expr& expr, const Scope& scope, std::uint32_t) {
    if (tracker_ != nullptr) tracker_->other = true;
    const std::uint32_t of = program_->find_entity(expr.args[0]->text);
    if (of == kNone) {
        std::vector<std::string> names;
        for (const EntityProgram& e : program_->entities)
            names.push_back(e.name);
        const std::string near = nearest(expr.args[0]->text, names);
        error(expr.args[0]->where,
              "unknown entity " + in_quotes(expr.args[0]->text) +
                  (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?"));
        return kNothing;
    }
    const auto row = try_row(expr.args[1], scope);
    if (!row) {
        error(expr.args[1]->where, "target(entity, row) wants a row");
        return kNothing;
    }
    const EntityProgram& entity = program_->entities[of];
    std::map<RelationIndex, IndexId> feeds;
    for (const std::uint32_t id : row->nodes) {
        const RelationIndex relation = program_->nodes[id].relation;
        IndexId feed = kNone;
        bool found =
            entity.root_kind == EntityProgram::RootKind::row && entity.relation == relation;
        for (std::size_t i = 0; i < entity.member_relations.size(); ++i) {
            if (entity.member_relations[i] != relation) continue;
            feed = entity.member_indexes[i];
            found = true;
        }
        if (!found) {
            error(expr.args[1]->where, "rows of " +
                                           in_quotes(program_->relations[relation].mapping_name()) +
                                           " do not feed the entity " + in_quotes(entity.name));
            return kNothing;
        }
        feeds[relation] = feed;
        Node node;
        node.kind = Node::Kind::parent_of_row;
        node.parent = id;
        node.index = feed;
        node.of = of;
        add_node(node);
    }
    return {[e = row->eval, feeds, of](Frame& frame) -> Value {
                const RowRef ref = e(frame);
                if (!ref.row) return Null{};
                const IndexId feed = feeds.at(ref.relation);
                const auto root = feed == kNone ? std::optional{ref.key}
                                                : frame.view.key_of(feed, {ref.key, ref.slot});
                if (!root) return Null{};
                const auto parent = frame.view.parent(of, *root);
                return parent && parent->present ? Value{parent->id} : Value{Null{}};
            },
            Type::uuid};
}

// int() of a number that its column cannot hold is NULL, as int() of what is no number.
Compiled Compiler::in_range(Compiled number, std::uint32_t column) {
    auto& told = program_->entities[owner_.entity].target.columns[column].range;
    if (!told) told = std::make_shared<IntegerRange>();
    const std::shared_ptr<const IntegerRange> range = told;
    return {[e = std::move(number.eval), range](Frame& frame) -> Value {
                Value value = e(frame);
                const auto* whole = std::get_if<std::int64_t>(&value);
                if (whole == nullptr || range->holds(*whole)) return value;
                frame.flags.raise("bad_number");
                return Null{};
            },
            number.type};
}

Compiled Compiler::function(const Expr& expr, const Scope& scope, std::uint32_t into) {
    const Function* function = find_function(expr.text);
    if (function == nullptr) {
        std::vector<std::string> names = function_names();
        for (const Macro& macro : mapping_.macros)
            names.push_back(macro.name);
        for (const char* special : {"if", "coalesce", "exists", "target", "park", "compact", "any",
                                    "all", "count", "count_distinct", "min", "max", "sum", "mean",
                                    "most_frequent", "first", "list", "set", "rank"}) {
            names.emplace_back(special);
        }
        if (const std::string why = misplaced_aggregate(expr); !why.empty()) {
            error(expr.where, why);
            return kNothing;
        }
        const std::string near = nearest(expr.text, names);
        error(expr.where, "unknown function " + in_quotes(expr.text) +
                              (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?"));
        return kNothing;
    }
    const auto given = static_cast<int>(expr.args.size());
    if (given < function->args_min || (function->args_max >= 0 && given > function->args_max)) {
        error(expr.where, in_quotes(expr.text) + " takes " + std::to_string(function->args_min) +
                              " to " + std::to_string(function->args_max) + " arguments, not " +
                              std::to_string(given));
        return kNothing;
    }
    std::vector<Eval> args;
    std::vector<Compiled> compiled_args;
    Type common = Type::any;  // of the arguments that can be the result
    bool first = true;
    for (std::size_t i = 0; i < expr.args.size(); ++i) {
        const bool given_back = is_result(expr.text, i, expr.args.size());
        const Compiled arg = expression(expr.args[i], scope, given_back ? into : kNone);
        args.push_back(arg.eval);
        compiled_args.push_back(arg);
        if ((given_back || gives_an_argument(expr.text)) && !is_null_literal(*expr.args[i])) {
            common = first || common == arg.type ? arg.type : Type::any;
            first = false;
        }
        if (expr.text == "choose" && i > 0 && !given_back)
            want_alike(compiled_args.front().type, arg.type, expr.args[i]->where);
        if (function->parameters.empty()) continue;
        const Type wanted = function->parameters[std::min(i, function->parameters.size() - 1)];
        if (!fits(arg.type, wanted)) {
            error(expr.args[i]->where, in_quotes(expr.text) + " wants " +
                                           std::string{to_string(wanted)} + " as argument " +
                                           std::to_string(i + 1) + ", not " +
                                           std::string{to_string(arg.type)});
        }
    }
    Compiled compiled{[args, function](Frame& frame) -> Value {
                          std::vector<Value> values;
                          values.reserve(args.size());
                          for (const Eval& arg : args)
                              values.push_back(arg(frame));
                          Result<Value> result = function->apply(values, frame.flags);
                          if (!result) throw Reject{result.error().message()};
                          return std::move(*result);
                      },
                      function->result == Type::any ? common : function->result};
    try_constants(*function, expr, compiled_args);
    return expr.text == "int" && into != kNone ? in_range(std::move(compiled), into) : compiled;
}

}  // namespace crossfade::compiler
