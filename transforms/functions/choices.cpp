// Choosing among values, and saying something about the row: flags and refusals. All arguments of a
// function are computed; what must not be (a flag, a refusal) stands behind `if` or `coalesce`,
// which stop early.
#include "transforms/functions/library.hpp"

#include <array>

namespace crossfade::functions {

namespace {

Result<Value> extreme(std::span<const Value> args, int wanted) {
    const Value* best = nullptr;
    for (const Value& value : args) {
        if (is_null(value)) continue;
        if (best == nullptr || compare_values(value, *best) * wanted > 0) best = &value;
    }
    return best == nullptr ? Value{Null{}} : *best;
}

Result<Value> greatest(std::span<const Value> args, Flags&) { return extreme(args, 1); }
Result<Value> least(std::span<const Value> args, Flags&) { return extreme(args, -1); }

Result<Value> nullif(std::span<const Value> args, Flags&) {
    if (!any_null(args) && compare_values(args[0], args[1]) == 0) return Value{Null{}};
    return args[0];
}

Result<Value> choose(std::span<const Value> args, Flags&) {
    const Value& wanted = args[0];
    std::size_t at = 1;
    for (; at + 1 < args.size(); at += 2) {
        if (is_null(wanted) || is_null(args[at])) continue;
        if (compare_values(wanted, args[at]) == 0) return args[at + 1];
    }
    return at < args.size() ? args[at] : Value{Null{}};
}

Result<Value> raise(std::span<const Value> args, Flags& flags) {
    const std::string* name = text_in(args, 0);
    if (name == nullptr || name->empty()) return bad_value("raise() wants the name of a flag");
    flags.raise(*name);
    return args.size() > 1 ? args[1] : Value{Null{}};
}

Result<Value> reject(std::span<const Value> args, Flags&) {
    const std::string* reason = text_in(args, 0);
    return Error{ErrorKind::bad_value, reason && !reason->empty() ? *reason : "bad_value"};
}

}  // namespace

std::span<const Function> choice_functions() {
    static const std::array<Function, 6> functions{{
        {"greatest", 1, -1, Type::any, {}, greatest, "the greatest value that is not NULL"},
        {"least", 1, -1, Type::any, {}, least, "the least value that is not NULL"},
        {"nullif", 2, 2, Type::any, {}, nullif, "NULL if both are equal, else the first"},
        {"choose",
         3,
         -1,
         Type::any,
         {},
         choose,
         "choose(x, key, value, ..., default): the value beside the key that equals x, else the "
         "default or NULL"},
        {"raise",
         1,
         2,
         Type::any,
         {Type::text, Type::any},
         raise,
         "raise('flag', value): the value (or NULL), and the flag on the row"},
        {"reject",
         1,
         1,
         Type::any,
         {Type::text},
         reject,
         "reject('reason'): the root goes to quarantine with this reason"},
    }};
    return functions;
}

}  // namespace crossfade::functions
