#include "service/bcrypt_cost.hpp"

namespace crossfade {

namespace {

// Nodes are shared and immutable: what lies above a change is made anew.
ExprPtr with_cost(const ExprPtr& expr, int cost) {
    if (!expr) return expr;
    bool changed = false;
    std::vector<ExprPtr> args;
    for (const ExprPtr& arg : expr->args) {
        args.push_back(with_cost(arg, cost));
        changed = changed || args.back() != arg;
    }
    const bool bcrypt =
        expr->kind == Expr::Kind::call && expr->text == "bcrypt" && args.size() == 2;
    if (!changed && !bcrypt) return expr;
    Expr copy = *expr;
    copy.args = std::move(args);
    if (bcrypt) {
        Expr literal;
        literal.where = expr->args[1]->where;
        literal.value = std::int64_t{cost};
        copy.args[1] = std::make_shared<const Expr>(std::move(literal));
    }
    return std::make_shared<const Expr>(std::move(copy));
}

}  // namespace

void replace_bcrypt_cost(Mapping& mapping, int cost) {
    for (Macro& macro : mapping.macros)
        macro.body = with_cost(macro.body, cost);
    for (EntitySpec& entity : mapping.entities) {
        for (ColumnSpec& column : entity.columns) {
            if (column.kind == ColumnSpec::Kind::deferred)
                column.value = with_cost(column.value, cost);
        }
    }
}

}  // namespace crossfade
