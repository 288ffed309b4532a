#include "transforms/compiler.hpp"

#include "transforms/shape.hpp"

namespace crossfade::compiler {

void Compiler::claim(EntityIndex index, const ColumnSpec& spec, const Scope& scope,
                     ColumnProgram& column) {
    TargetSpec& target = program_->entities[index].target;
    const auto position = [&](const std::string& name) -> std::uint32_t {
        for (std::uint32_t i = 0; i < target.columns.size(); ++i) {
            if (target.columns[i].name != name) continue;
            if (!target.columns[i].equality)
                target.columns[i].equality = std::make_shared<ColumnEquality>();
            return i;
        }
        error(spec.where, "`within` names no column of this entity: \"" + name + "\"");
        return 0;
    };
    const std::uint32_t into = position(spec.name);
    column.value = expression(spec.value, scope, into).eval;
    Scope with_value;
    with_value.outer = &scope;
    with_value.claimed_value = owner_.values++;
    column.flag = spec.flag.empty() ? "lost_claim" : spec.flag;
    if (spec.condition) {
        const std::size_t slot = *with_value.claimed_value;
        const Eval wanted = condition(spec.condition, with_value, "the `if` of a claim").eval;
        column.condition = [eval = wanted, wish = column.value, slot](Frame& frame) {
            frame.values[slot] = wish(frame);
            return eval(frame);
        };
    }
    for (const OrderTerm& term : spec.order) {
        column.order.emplace_back(expression(term.expr, scope).eval, term.descending);
    }
    given_as_ = Given::As::fallback;
    if (spec.otherwise) column.otherwise = expression(spec.otherwise, scope, into).eval;
    given_as_ = Given::As::value;
    if (!spec.shape.empty()) {
        column.shape = ShapePattern::compile(spec.shape);
        if (!column.shape) error(spec.where, "not a regular expression: \"" + spec.shape + "\"");
    }
    ClaimSpec claim;
    claim.entity = index;
    claim.column = into;
    for (const std::string& name : spec.within)
        claim.within.push_back(position(name));
    // A claim of one variant serves the same column of the others.
    for (std::uint32_t i = 0; i < program_->claims.size(); ++i) {
        if (program_->claims[i].entity == index && program_->claims[i].column == claim.column)
            column.claim = i;
    }
    if (column.claim != kNone) return;
    program_->claims.push_back(std::move(claim));
    column.claim = static_cast<std::uint32_t>(program_->claims.size() - 1);
}

}  // namespace crossfade::compiler
