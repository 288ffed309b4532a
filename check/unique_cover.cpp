#include "check/unique_cover.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

namespace crossfade {

namespace {

// Parts of the root's key: positions, the slot behind the relation's own key.
using Parts = std::set<std::size_t>;

const EntitySpec* find_entity(const Mapping& mapping, const std::string& name) {
    for (const EntitySpec& entity : mapping.entities) {
        if (entity.name == name) return &entity;
    }
    return nullptr;
}

const CatalogTable* find_table(const Mapping& mapping,
                               const std::map<std::string, CatalogTable>& catalog,
                               const std::string& relation) {
    const auto found = catalog.find(mapping.table_of(relation).text());
    return found == catalog.end() ? nullptr : &found->second;
}

// As the compiler takes it: the mapping's, else the primary key, else the replica identity.
std::vector<std::string> relation_key(const Mapping& mapping, const std::string& relation,
                                      const CatalogTable& table) {
    const RelationSettings* settings = mapping.settings(relation);
    if (settings != nullptr && !settings->key.empty()) return settings->key;
    return table.primary_key.empty() ? table.identity_key : table.primary_key;
}

class Determination {
public:
    Determination(const Mapping& mapping, const std::map<std::string, CatalogTable>& catalog,
                  const EntitySpec& entity)
        : mapping_{mapping}, entity_{entity} {
        const Members& first = entity.root.members.front();
        if (entity.root.kind == Root::Kind::group) {
            names_ = part_names(first);
            return;
        }
        row_ = first.alias;
        relation_ = first.relation;
        table_ = find_table(mapping, catalog, first.relation);
        if (table_ != nullptr) names_ = relation_key(mapping, relation_, *table_);
        if (first.slots) {
            slot_ = first.slots->variable;
            names_.push_back(slot_);
        }
    }

    std::size_t parts() const { return names_.size(); }

    // The parts that can be told from the value of a column; nothing for one that is not written.
    Parts of_column(const std::string& name) {
        for (const ParentSpec& parent : entity_.parents) {
            if (parent.column == name) return of_parent(parent);
        }
        for (const ColumnSpec& column : entity_.columns) {
            if (column.name == name && column.kind == ColumnSpec::Kind::value)
                return of(column.value);
        }
        return {};
    }

private:
    // A parent's uuid tells the parent's key. A parent that is not there leaves NULL, and NULLs are
    // distinct from each other.
    Parts of_parent(const ParentSpec& parent) {
        Parts parts;
        for (const ExprPtr& expr : parent.root)
            parts.merge(of(expr));
        if (parent.row && is_own_row(*parent.row)) return of_feeding(parent);
        return parts;
    }

    bool is_own_row(const Expr& expr) const {
        return expr.kind == Expr::Kind::name && !row_.empty() && expr.text == row_;
    }

    // The parent is the root that this very row feeds: its key as the parent's root makes it.
    Parts of_feeding(const ParentSpec& parent) {
        const EntitySpec* of_entity = find_entity(mapping_, parent.entity);
        if (of_entity == nullptr) return {};
        std::optional<Parts> common;
        for (const Members& members : of_entity->root.members) {
            if (members.relation != relation_) continue;
            Parts parts;
            if (of_entity->root.kind == Root::Kind::row) {
                for (std::size_t i = 0; i < names_.size(); ++i)
                    if (names_[i] != slot_ || slot_.empty()) parts.insert(i);
            }
            const std::string outer = std::exchange(alias_, members.alias);
            for (const ExprPtr& part : members.key)
                parts.merge(of(part));
            alias_ = outer;
            if (!common) {
                common = parts;
                continue;
            }
            Parts both;
            std::set_intersection(common->begin(), common->end(), parts.begin(), parts.end(),
                                  std::inserter(both, both.end()));
            common = both;
        }
        return common.value_or(Parts{});
    }

    Parts part_named(const std::string& name) const {
        const auto found = std::find(names_.begin(), names_.end(), name);
        if (found == names_.end()) return {};
        return {static_cast<std::size_t>(found - names_.begin())};
    }

    Parts of(const ExprPtr& expr) {
        if (!expr) return {};
        switch (expr->kind) {
            case Expr::Kind::name: return of_name(*expr);
            case Expr::Kind::field: return of_field(*expr);
            case Expr::Kind::binary: return expr->text == "||" ? of_joined(expr) : Parts{};
            case Expr::Kind::call:
                return expr->text == "text" && expr->args.size() == 1 ? of(expr->args[0]) : Parts{};
            case Expr::Kind::object:
            case Expr::Kind::list: {
                Parts parts;
                for (const ExprPtr& arg : expr->args)
                    parts.merge(of(arg));
                return parts;
            }
            default: return {};
        }
    }

    Parts of_name(const Expr& expr) {
        if (expr.text == "key" && names_.size() == 1) return {0};
        if (!slot_.empty() && expr.text == slot_) return part_named(slot_);
        for (const auto& [name, body] : entity_.lets) {
            if (name != expr.text) continue;
            if (!open_.insert(name).second) return {};
            Parts parts = of(body);
            open_.erase(name);
            return parts;
        }
        return row_.empty() ? Parts{} : part_named(expr.text);
    }

    Parts of_field(const Expr& expr) const {
        const Expr& row = *expr.args.front();
        if (row.kind != Expr::Kind::name) return {};
        const bool own = !row_.empty() && (row.text == row_ || row.text == alias_);
        return row.text == "key" || own ? part_named(expr.text) : Parts{};
    }

    void flatten(const ExprPtr& expr, std::vector<ExprPtr>& pieces) const {
        if (expr->kind == Expr::Kind::binary && expr->text == "||") {
            for (const ExprPtr& arg : expr->args)
                flatten(arg, pieces);
        } else {
            pieces.push_back(expr);
        }
    }

    // 'W' || id tells the id; id || '-' || no tells both as long as no digit can be of either.
    Parts of_joined(const ExprPtr& expr) {
        std::vector<ExprPtr> pieces;
        flatten(expr, pieces);
        Parts parts;
        bool separated = true;
        bool first = true;
        for (const ExprPtr& piece : pieces) {
            if (piece->kind == Expr::Kind::literal) {
                const auto* text = std::get_if<std::string>(&piece->value);
                separated = separated || (text != nullptr && !text->empty() &&
                                          std::string_view{"0123456789-"}.find(text->front()) ==
                                              std::string_view::npos);
                continue;
            }
            const Parts more = of(piece);
            if (!first && (!separated || !are_integers(parts) || !are_integers(more))) return {};
            if (more.empty()) return {};
            parts.insert(more.begin(), more.end());
            first = false;
            separated = false;
        }
        return parts;
    }

    bool are_integers(const Parts& parts) const {
        return std::all_of(parts.begin(), parts.end(), [&](std::size_t part) {
            const CatalogColumn* column = table_ == nullptr ? nullptr : table_->find(names_[part]);
            return column != nullptr && column->type == Type::integer;
        });
    }

    const Mapping& mapping_;
    const EntitySpec& entity_;
    std::string row_;  // the alias of a row root; empty: a group
    std::string relation_;
    std::string slot_;
    std::string alias_;  // of the same row, in a key of the entity it feeds
    const CatalogTable* table_ = nullptr;
    std::vector<std::string> names_;  // of the key's parts
    std::set<std::string> open_;      // lets being expanded
};

bool contains(const UniqueKey& key, const std::string& column) {
    return std::find(key.columns.begin(), key.columns.end(), column) != key.columns.end();
}

// A claim decides who has a combination of values of its columns. So it covers every unique key
// that contains all of these columns.
bool claimed(const EntitySpec& entity, const UniqueKey& key) {
    return std::any_of(entity.columns.begin(), entity.columns.end(), [&](const ColumnSpec& column) {
        return column.kind == ColumnSpec::Kind::claim && contains(key, column.name) &&
               std::all_of(column.within.begin(), column.within.end(),
                           [&](const std::string& name) { return contains(key, name); });
    });
}

bool is_written(const EntitySpec& entity, const std::string& name) {
    return name == entity.id_column ||
           std::any_of(entity.columns.begin(), entity.columns.end(),
                       [&](const ColumnSpec& column) { return column.name == name; }) ||
           std::any_of(entity.parents.begin(), entity.parents.end(),
                       [&](const ParentSpec& parent) { return parent.column == name; });
}

// Columns that the target fills by itself: NULL, which is unlike any other, or a value of its own.
bool fills_itself(const EntitySpec& entity, const TargetTable& table, const UniqueKey& key) {
    return std::any_of(key.columns.begin(), key.columns.end(), [&](const std::string& name) {
        const ColumnRow* column = table.find(name);
        if (column == nullptr || is_written(entity, name)) return false;
        if (column->identity) return true;
        const std::string& value = column->default_value;
        if (value.empty()) return column->nullable && !key.nulls_not_distinct;
        return value.find("nextval(") != std::string::npos ||
               value.find("uuid") != std::string::npos;
    });
}

}  // namespace

Coverage coverage(const Mapping& mapping, const std::map<std::string, CatalogTable>& catalog,
                  const EntitySpec& entity, const TargetTable& table, const UniqueKey& key) {
    if (contains(key, entity.id_column) || claimed(entity, key)) return Coverage::covered;
    if (fills_itself(entity, table, key)) return Coverage::covered;
    Determination determination{mapping, catalog, entity};
    Parts parts;
    for (const std::string& column : key.columns) {
        // Under NULLS NOT DISTINCT two rows without a parent collide, so a parent that may be
        // missing does not tell the root.
        const bool may_be_null =
            key.nulls_not_distinct &&
            std::any_of(entity.parents.begin(), entity.parents.end(),
                        [&](const ParentSpec& parent) { return parent.column == column; });
        if (!may_be_null) parts.merge(determination.of_column(column));
    }
    if (determination.parts() > 0 && parts.size() == determination.parts())
        return Coverage::covered;
    return key.has_expressions || !key.predicate.empty() ? Coverage::unclear : Coverage::open;
}

}  // namespace crossfade
