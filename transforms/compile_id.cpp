// Whether the name that `id` gives can be the same for two roots because its parts run together:
// 'a/b' and 'c', 'a' and 'b/c', joined by '/'.
#include "transforms/compiler.hpp"

#include <algorithm>

namespace crossfade::compiler {

namespace {
constexpr int kDepthMax = 16;

// The operands of a chain of `||`, from left to right.
void flatten(const ExprPtr& expr, std::vector<ExprPtr>& pieces) {
    if (expr->kind == Expr::Kind::binary && expr->text == "||") {
        flatten(expr->args[0], pieces);
        flatten(expr->args[1], pieces);
        return;
    }
    pieces.push_back(expr);
}

const std::string* constant(const ExprPtr& expr) {
    return expr->kind == Expr::Kind::literal ? std::get_if<std::string>(&expr->value) : nullptr;
}

// Functions and forms whose result holds what their arguments hold.
bool passes_texts(const std::string& function) {
    constexpr std::string_view kNames[] = {
        "text",    "txt",       "lower_ascii", "upper_ascii", "concat", "coalesce", "nullif",
        "replace", "substring", "if",          "greatest",    "least",  "extract",  "choose"};
    return std::ranges::find(kNames, function) != std::end(kNames);
}
}  // namespace

bool Compiler::column_may_hold(const std::string& relation, const std::string& column) const {
    const auto known = relation_of_.find(relation);
    if (known == relation_of_.end()) return false;
    const CatalogColumn* found = table(known->second).find(column);
    return found != nullptr && (found->type == Type::text || found->type == Type::json);
}

// The key's part of this name, or the whole key for an empty one.
bool Compiler::key_may_hold(const std::string& part, char separator, const EntitySpec& spec,
                            int depth) const {
    const Members& members = spec.root.members.front();
    if (members.key.empty()) return column_may_hold(members.relation, part);
    const std::vector<std::string> names = part_names(members);
    if (part.empty() && names.size() > 1 && separator == '/') return true;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (!part.empty() && names[i] != part) continue;
        for (const Members& each : spec.root.members) {
            const bool held = i < each.key.size() && may_hold(each.key[i], separator, spec, depth);
            if (held) return true;
            if (i < each.key.size() && each.key[i]->kind == Expr::Kind::name &&
                column_may_hold(each.relation, each.key[i]->text))
                return true;
        }
    }
    return false;
}

// Whether the value may be a text with the separator in it, as far as it can be said without
// evaluating it: what is not known is taken to hold none.
bool Compiler::may_hold(const ExprPtr& expr, char separator, const EntitySpec& spec,
                        int depth) const {
    if (!expr || depth > kDepthMax) return false;
    const auto any = [&](const std::vector<ExprPtr>& args) {
        return std::ranges::any_of(
            args, [&](const ExprPtr& arg) { return may_hold(arg, separator, spec, depth + 1); });
    };
    switch (expr->kind) {
        case Expr::Kind::literal: {
            const std::string* text = constant(expr);
            return text != nullptr && text->find(separator) != std::string::npos;
        }
        case Expr::Kind::name:
            if (expr->text == "key") return key_may_hold({}, separator, spec, depth + 1);
            for (const auto& [name, body] : spec.lets) {
                if (name == expr->text) return may_hold(body, separator, spec, depth + 1);
            }
            return spec.root.kind == Root::Kind::row &&
                   column_may_hold(spec.root.members.front().relation, expr->text);
        case Expr::Kind::field: {
            const ExprPtr& row = expr->args[0];
            if (row->kind == Expr::Kind::lookup) return column_may_hold(row->text, expr->text);
            if (row->text == "key") return key_may_hold(expr->text, separator, spec, depth + 1);
            for (const Members& members : spec.root.members) {
                if (members.alias == row->text)
                    return column_may_hold(members.relation, expr->text);
            }
            return false;
        }
        case Expr::Kind::binary: return expr->text == "||" && any(expr->args);
        case Expr::Kind::call: return passes_texts(expr->text) && any(expr->args);
        default: return false;
    }
}

void Compiler::check_id(EntityIndex index) {
    EntityProgram& entity = program_->entities[index];
    const MappedRelation& relation = program_->relations[entity.relation];
    entity.rounds_key = entity.root_kind != EntityProgram::RootKind::group &&
                        std::ranges::any_of(relation.key, [&](std::uint32_t position) {
                            const MappedColumn& column = relation.columns[position];
                            return column.type == Type::decimal || column.type == Type::real ||
                                   column.key.changes();
                        });
    entity.key_forms = root_forms(index);
    warn_of_id(*specs_[index]);
}

void Compiler::warn_of_id(const EntitySpec& spec) {
    std::vector<ExprPtr> pieces;
    flatten(spec.id, pieces);
    ExprPtr before;         // the last piece that is no constant
    std::string separator;  // what stands behind it
    for (const ExprPtr& piece : pieces) {
        if (const std::string* text = constant(piece)) {
            separator += *text;
            continue;
        }
        const bool joined =
            before && (separator.empty() || may_hold(before, separator.front(), spec, 0));
        if (joined) {
            const std::string between = separator.empty() ? "nothing stands between them"
                                                          : to_text(*before) + " may hold the " +
                                                                in_quotes(separator.substr(0, 1)) +
                                                                " between them";
            findings_.push_back({.where = spec.id->where,
                                 .path = "entities." + spec.name + ".id",
                                 .message = "two roots can have one id: " + to_text(*before) +
                                            " and " + to_text(*piece) + " run together, for " +
                                            between,
                                 .fix = "id: \"'" + spec.name + "/' || key\"",
                                 .severity = Severity::warning});
            return;
        }
        before = piece;
        separator.clear();
    }
}

}  // namespace crossfade::compiler
