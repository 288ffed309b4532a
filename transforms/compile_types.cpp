// What can be said of an expression before there is a row: its type, and what can never work. A
// type that is not known, `any`, fits everywhere; nothing is said of it.
#include "transforms/compiler.hpp"

#include "transforms/functions/library.hpp"

#include <algorithm>
#include <array>

namespace crossfade::compiler {

namespace {

std::string named(Type type) { return std::string{to_string(type)}; }

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

// Characters that the text has at least: those of the constants that are joined.
std::size_t length_of(const Expr& expr) {
    if (expr.kind == Expr::Kind::literal) {
        const auto* text = std::get_if<std::string>(&expr.value);
        return text != nullptr ? characters(*text) : 0;
    }
    const bool joins = (expr.kind == Expr::Kind::binary && expr.text == "||") ||
                       (expr.kind == Expr::Kind::call && expr.text == "concat");
    std::size_t sum = 0;
    for (const ExprPtr& arg : joins ? expr.args : std::vector<ExprPtr>{})
        sum += length_of(*arg);
    return sum;
}

// Whether values of the types can be one key. A key is brought into the form of the one that it is
// compared with: numbers into floats, dates into timestamps.
bool may_meet(Type given, Type there) {
    if (fits(given, there) || given == Type::secret || there == Type::secret) return true;
    const auto is_in = [](Type type, std::initializer_list<Type> types) {
        return std::find(types.begin(), types.end(), type) != types.end();
    };
    const auto both = [&](std::initializer_list<Type> types) {
        return is_in(given, types) && is_in(there, types);
    };
    return both({Type::integer, Type::decimal, Type::real}) ||
           both({Type::date, Type::timestamp, Type::timestamptz});
}

// What makes a value of the type, for who has another.
std::string made_by(Type given, Type wanted) {
    switch (wanted) {
        case Type::text: return "text(...) makes a text";
        case Type::integer: return "int(...) makes an integer";
        case Type::decimal: return "num(...) makes a number";
        case Type::uuid: return "uuid(...) makes a uuid";
        case Type::date:
            return given == Type::text ? "date(...) makes a date"
                                       : "local_date(..., 'Zone') makes a date";
        case Type::timestamp:
        case Type::timestamptz:
            return given == Type::date ? "midnight(..., 'Zone') makes a timestamptz"
                                       : "ts(...) makes a timestamptz";
        default: return {};
    }
}

std::string hint(Type given, Type wanted) {
    const std::string text = made_by(given, wanted);
    return text.empty() ? text : "; " + text;
}

// A value of the type that no function refuses.
std::optional<Value> harmless(Type type) {
    switch (type) {
        case Type::text: return Value{std::string{}};
        case Type::integer: return Value{std::int64_t{0}};
        case Type::date: return Value{Date{}};
        case Type::timestamp:
        case Type::timestamptz: return Value{Timestamp{}};
        default: return std::nullopt;
    }
}

class NoFlags : public Flags {
public:
    void raise(std::string_view) override {}
};

}  // namespace

Compiled Compiler::expression(const ExprPtr& expr, const Scope& scope, std::uint32_t into) {
    const std::size_t before = given_;
    Compiled compiled = tree(expr, scope, into);
    if (into != kNone && given_ == before) note_given(*expr, compiled, into);
    return compiled;
}

void Compiler::note_given(const Expr& expr, const Compiled& compiled, std::uint32_t into) {
    ++given_;
    if (owner_.entity == kNone) return;
    std::vector<Given>& known = program_->entities[owner_.entity].given;
    const bool again = std::any_of(known.begin(), known.end(), [&](const Given& given) {
        return given.column == into && given.as == given_as_ && given.where == expr.where &&
               given.type == compiled.type;
    });
    if (again) return;
    Given given{.column = into, .as = given_as_, .where = expr.where, .text = to_text(expr)};
    given.type = compiled.type;
    given.type_name = compiled.source_type;
    if (expr.kind == Expr::Kind::literal) given.constant = expr.value;
    given.length_min = length_of(expr);
    known.push_back(std::move(given));
}

Compiled Compiler::condition(const ExprPtr& expr, const Scope& scope, const std::string& what) {
    Compiled compiled = expression(expr, scope);
    if (!fits(compiled.type, Type::boolean)) {
        const bool number = fits(compiled.type, Type::decimal);
        error(expr->where, what + " wants a condition, not " + named(compiled.type) +
                               (number ? "; flag(x), or x = 1, makes one"
                                       : "; a comparison makes one, or x is not null"));
    }
    return compiled;
}

// Of the key of the root that is compiled; slots and members that give unlike types make `any`.
Type Compiler::key_part_type(std::size_t position) const {
    const std::vector<Type> types = root_types(owner_.entity);
    return position < types.size() ? types[position] : Type::any;
}

void Compiler::want_number(Type type, const std::string& what, const Location& where) {
    if (fits(type, Type::decimal)) return;
    std::string fix = "num(...) makes a number";
    if (type == Type::date || type == Type::timestamp || type == Type::timestamptz) {
        fix =
            "the language does not reckon with time: write the day, or leave the column to the "
            "target (owner: target)";
    } else if (type == Type::boolean) {
        fix = "if(x, 1, 0) makes a number";
    } else if (type == Type::real) {
        fix = "num(text(...)) makes an exact number";
    }
    error(where, what + (what == "arithmetic" ? " on " : " of ") + named(type) + "; " + fix);
}

void Compiler::want_alike(Type left, Type right, const Location& where) {
    if (fits(left, right)) return;
    const bool text = left == Type::text || right == Type::text;
    const Type wanted = left == Type::text ? right : left;
    error(where, "cannot compare " + named(left) + " with " + named(right) +
                     (text ? hint(Type::text, wanted) : ""));
}

std::vector<Type> Compiler::relation_types(RelationIndex relation) const {
    std::vector<Type> types;
    const MappedRelation& mapped = program_->relations[relation];
    for (const std::uint32_t position : mapped.key)
        types.push_back(mapped.columns[position].type);
    return types;
}

std::vector<Type> Compiler::root_types(EntityIndex entity) const {
    std::vector<Type> types;
    for (const auto& [name, type] : key_parts(entity))
        types.push_back(type);
    return types;
}

void Compiler::want_key(const Compiled& part, const std::vector<Type>& there, std::size_t position,
                        const ExprPtr& expr) {
    if (position >= there.size() || may_meet(part.type, there[position])) return;
    error(expr->where, "the key " + in_quotes(to_text(*expr)) + " is of type " + named(part.type) +
                           ", and " + named(there[position]) +
                           " is looked for: nothing would be found" +
                           hint(part.type, there[position]));
}

// Members of a group whose keys are of unlike types never share a root.
void Compiler::want_one_key(IndexId one, IndexId other, const Location& where) {
    const std::vector<Type> left = key_types_[one];
    const std::vector<Type> right = key_types_[other];
    for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
        if (may_meet(left[i], right[i])) continue;
        findings_.push_back({.where = where,
                             .path = path_,
                             .message = "part " + std::to_string(i + 1) + " of the key is " +
                                        named(right[i]) + " here and " + named(left[i]) +
                                        " in the group's first relation: rows of both never meet",
                             .fix = "text(...) makes texts of both",
                             .severity = Severity::warning});
    }
}

// Tries the constants of a call: a zone or a pattern that there is not would be refused with every
// row.
void Compiler::try_constants(const Function& function, const Expr& expr,
                             const std::vector<Compiled>& args) {
    if (function.parameters.empty() || function.name == "reject") return;
    std::vector<Value> values;
    bool constants = false;
    for (std::size_t i = 0; i < args.size(); ++i) {
        const Expr& arg = *expr.args[i];
        const bool constant = arg.kind == Expr::Kind::literal && !is_null(arg.value);
        constants = constants || constant;
        if (constant) {
            values.push_back(arg.value);
            continue;
        }
        const Type wanted = function.parameters[std::min(i, function.parameters.size() - 1)];
        const auto value = i == 0 ? harmless(wanted) : std::nullopt;
        if (!value) return;
        values.push_back(*value);
    }
    for (std::size_t i = 0; i < args.size(); ++i) {
        if (!fits(args[i].type, function.parameters[std::min(i, function.parameters.size() - 1)]))
            return;  // a finding says so
    }
    if (!constants) return;
    NoFlags flags;
    const Result<Value> result = function.apply(values, flags);
    if (result) return;
    std::string message = result.error().message();
    constexpr std::string_view kKind = "bad_value: ";
    if (message.starts_with(kKind)) message.erase(0, kKind.size());
    const auto* zone = args.size() > 1 ? std::get_if<std::string>(&values[1]) : nullptr;
    const std::string near = zone != nullptr && message.starts_with("there is no time zone")
                                 ? nearest(*zone, functions::zone_names())
                                 : std::string{};
    error(expr.args.back()->where,
          in_quotes(expr.text) + ": " + message +
              (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?"));
}

// Why a name that is an aggregate is not one here; empty: it is none.
std::string Compiler::misplaced_aggregate(const Expr& expr) const {
    static constexpr std::array kNames{"any",  "all", "count", "count_distinct", "min",
                                       "max",  "sum", "mean",  "most_frequent",  "first",
                                       "list", "set", "rank"};
    if (std::ranges::find(kNames, expr.text) == kNames.end()) return {};
    const std::string is = in_quotes(expr.text) +
                           " goes over the members of a set, a view or an "
                           "alias of the root's group, ";
    if (owner_.spec == nullptr || owner_.entity == kNone)
        return is +
               "which the key of a member does not know; it stands in id, exists, let, parents "
               "and columns";
    std::string known;
    const auto add = [&](const std::string& name) { known += (known.empty() ? "" : ", ") + name; };
    if (owner_.spec->root.kind == Root::Kind::group) {
        for (const Members& members : owner_.spec->root.members)
            add(members.alias);
    }
    for (const SetSpec& set : owner_.spec->sets)
        add(set.members.alias);
    for (const ViewSpec& view : owner_.spec->views)
        add(view.members.alias);
    return is + "which is its first argument: " +
           (known.empty() ? "this entity has none; sets: {name: {from: ..., key: ..., at: ...}} "
                            "makes one"
                          : "one of " + known) +
           (expr.text == "min" || expr.text == "max"
                ? std::string{"; of values of one row it is "} +
                      (expr.text == "min" ? "least(...)" : "greatest(...)")
                : "") +
           (expr.text == "first" ? "; of values of one row it is coalesce(...)" : "");
}

}  // namespace crossfade::compiler
