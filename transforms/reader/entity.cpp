#include "transforms/reader/entity.hpp"

#include "transforms/reader/columns.hpp"
#include "transforms/reader/members.hpp"
#include "transforms/reader/values.hpp"

#include <map>

namespace crossfade {
namespace {

void read_target(Document& document, const Entry& entry, EntitySpec& entity) {
    const std::string name = read_text(document, entry, "schema.table").value_or("");
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos) {
        entity.target_table = name;
        return;
    }
    entity.target_schema = name.substr(0, dot);
    entity.target_table = name.substr(dot + 1);
    if (entity.target_schema.empty() || entity.target_table.empty() ||
        entity.target_table.find('.') != std::string::npos) {
        document.error(document.place(entry), entry.path, "schema.table is expected");
    }
}

void read_adopt(Document& document, const Entry& entry, EntitySpec& entity) {
    EntitySpec::Adopt adopt;
    adopt.place = entry.key_where;
    MapReader map{
        document, entry,
        "{from: SQL, to: expression}, {from: SQL, match: expression} or {parent: column}"};
    if (const auto parent = map.take("parent")) {
        adopt.parent = read_text(document, *parent, "the column of a parent").value_or("");
        for (const char* other : {"from", "where", "to", "match"}) {
            if (const auto extra = map.take(other)) {
                document.error(extra->key_where, extra->path,
                               "adoption through a parent takes no '" + extra->key + "'");
            }
        }
    } else {
        if (const auto from =
                map.require("from", "the old key, an SQL expression on the target's row")) {
            adopt.from = read_text(document, *from, "an SQL expression").value_or("");
        }
        if (const auto where = map.take("where")) {
            adopt.where = read_text(document, *where, "an SQL condition").value_or("");
        }
        const auto match = map.take("match");
        const auto to = match ? map.take("to")
                              : map.require("to", "the name of the id, an expression over value");
        if (match && to) {
            document.error(match->key_where, match->path,
                           "the old key is turned into a name by to or found by match, not both");
        }
        if (to) adopt.to = read_expression(document, *to);
        if (match) adopt.match = read_expressions(document, *match);
    }
    map.finish();
    entity.adopt = std::move(adopt);
}

void read_on_delete(Document& document, const Entry& entry, EntitySpec& entity) {
    if (entry.is_scalar()) {
        read_choice(document, entry, {"delete"});
        return;
    }
    MapReader map{document, entry, "delete, {keep: {column: constant}} or {keep_if: changed}"};
    const auto keep = map.take("keep");
    const auto keep_if = map.take("keep_if");
    if (entry.is_map() && !keep && !keep_if) {
        document.error(entry.key_where, entry.path,
                       "delete, {keep: {column: constant}} or {keep_if: changed} is expected");
    }
    if (keep && keep_if) {
        document.error(keep_if->key_where, keep_if->path, "keep already keeps every row");
    }
    if (keep) {
        entity.keep_on_delete = true;
        for (const Entry& column : document.map_entries(*keep, "a map of column: constant")) {
            ExprPtr value = read_expression(document, column);
            if (value && value->kind != Expr::Kind::literal) {
                document.error(document.place(column), column.path,
                               "a constant is expected: the source row is gone by then");
            }
            if (value) entity.keep_columns.emplace_back(column.key, std::move(value));
        }
    }
    if (keep_if) entity.keep_if_changed = read_choice(document, *keep_if, {"changed"}).has_value();
    map.finish();
}

// Aliases, lookups, sets and lets share one scope. Names inside `through` and `slots` belong to
// their member alone, but may not hide one of these.
class Scope {
public:
    explicit Scope(Document& document) : document_{document} {}

    void add(const std::string& name, const std::string& what, const Location& where,
             const std::string& path) {
        const auto [earlier, fresh] = names_.emplace(name, what);
        if (fresh || name.empty()) return;
        document_.error(where, path, "'" + name + "' is already the name of " + earlier->second);
    }

private:
    Document& document_;
    std::map<std::string, std::string> names_;
};

void check_scope(Document& document, const std::string& path, const EntitySpec& entity) {
    Scope scope{document};
    for (const Members& members : entity.root.members) {
        scope.add(members.alias, "a member of the root", members.where, path + ".root");
    }
    for (const auto& [name, expr] : entity.lookups) {
        scope.add(name, "a lookup", expr->where, path + ".lookups");
    }
    for (const SetSpec& set : entity.sets) {
        scope.add(set.members.alias, "a set", set.members.where, path + ".sets");
    }
    for (const ViewSpec& view : entity.views) {
        scope.add(view.members.alias, "a view", view.members.where, path + ".views");
    }
    for (const auto& [name, expr] : entity.lets)
        scope.add(name, "a let", expr->where, path + ".let");
    const auto check_members = [&](const Members& members, const std::string& where) {
        Scope inner = scope;
        for (const auto& [name, expr] : members.through) {
            inner.add(name, "a through row", expr->where, where);
        }
        if (!members.slots) return;
        inner.add(members.slots->variable, "the slots' variable", members.slots->where, where);
        for (const Slots::Name& name : members.slots->names) {
            inner.add(name.name, "a name of the slots", members.slots->where, where);
        }
    };
    for (const Members& members : entity.root.members) {
        check_members(members, path + ".root." + members.alias);
    }
    for (const SetSpec& set : entity.sets) {
        check_members(set.members, path + ".sets." + set.members.alias);
    }
}

// A view has the names of the alias that it is a view of.
void complete_views(Document& document, const std::string& path, EntitySpec& entity) {
    for (ViewSpec& view : entity.views) {
        const Members* of = nullptr;
        const auto take = [&](const Members& members) {
            if (members.alias == view.of) of = &members;
        };
        if (entity.root.kind == Root::Kind::group) {
            for (const Members& members : entity.root.members)
                take(members);
        }
        for (const SetSpec& set : entity.sets)
            take(set.members);
        if (of == nullptr || of->slots) {
            document.error(view.members.where, path + ".views." + view.members.alias,
                           of == nullptr
                               ? "'" + view.of + "' is neither an alias of the group nor a set"
                               : "'" + view.of + "' has slots already");
            continue;
        }
        view.members.relation = of->relation;
        view.members.through = of->through;
    }
}

void check_columns(Document& document, const std::string& path, const EntitySpec& entity) {
    std::map<std::string, std::string> writers{{entity.id_column, "the id"}};
    for (const ParentSpec& parent : entity.parents) {
        const auto [earlier, fresh] = writers.emplace(parent.column, "a parent");
        if (!fresh) {
            document.error(parent.where, path + ".parents." + parent.column,
                           "this column is already written by " + earlier->second);
        }
    }
    for (const ColumnSpec& column : entity.columns) {
        const auto [earlier, fresh] = writers.emplace(column.name, "a column");
        if (!fresh) {
            document.error(column.where, path + ".columns." + column.name,
                           "this column is already written by " + earlier->second);
        }
    }
    std::vector<std::string> known;
    for (const auto& [name, writer] : writers)
        known.push_back(name);
    for (const auto& [name, value] : entity.keep_columns) {
        if (writers.contains(name)) continue;
        const std::string near = nearest(name, known);
        document.error(value->where, path + ".on_delete.keep." + name,
                       "no column '" + name + "' is written by this entity" +
                           (near.empty() ? std::string{} : ": did you mean '" + near + "'?"));
    }
}

void read_rules(Document& document, MapReader& map, EntitySpec& entity) {
    if (const auto entry = map.take("exists")) entity.exists = read_expression(document, *entry);
    if (const auto entry = map.take("members_max")) {
        const auto most = read_integer(document, *entry, 1, 1'000'000'000);
        if (most) entity.members_max = static_cast<std::uint64_t>(*most);
    }
    if (const auto entry = map.take("adopt")) read_adopt(document, *entry, entity);
    if (const auto entry = map.take("on_delete")) read_on_delete(document, *entry, entity);
    if (const auto entry = map.take("on_error")) {
        entity.stop_on_error = read_choice(document, *entry, {"reject", "stop"}) == std::size_t{1};
    }
    if (const auto entry = map.take("on_park")) {
        entity.remove_on_park = read_choice(document, *entry, {"keep", "remove"}) == std::size_t{1};
    }
}

}  // namespace

EntitySpec read_entity(Document& document, const Entry& entry) {
    EntitySpec entity;
    entity.name = entry.key;
    entity.where = entry.key_where;
    check_name(document, entry.key_where, entry.path, entry.key);
    MapReader map{document, entry, "a map with target, root, id and columns"};
    if (const auto target = map.require("target", "the table on the target, schema.table")) {
        read_target(document, *target, entity);
    }
    if (const auto id_column = map.take("id_column")) {
        entity.id_column = read_text(document, *id_column, "the name of a column").value_or("id");
    }
    if (const auto root = map.require("root", "what makes a row of the target")) {
        entity.root = read_root(document, *root).value_or(Root{});
    }
    if (const auto id = map.require("id", "the name whose UUID is the row's id")) {
        entity.id = read_expression(document, *id);
    }
    read_rules(document, map, entity);
    if (const auto lookups = map.take("lookups")) {
        entity.lookups = read_named(document, *lookups, "a map of name: relation[key]");
    }
    if (const auto sets = map.take("sets")) entity.sets = read_sets(document, *sets);
    if (const auto views = map.take("views")) entity.views = read_views(document, *views);
    if (const auto lets = map.take("let")) {
        entity.lets = read_named(document, *lets, "a map of name: expression");
    }
    if (const auto parents = map.take("parents")) entity.parents = read_parents(document, *parents);
    if (const auto columns = map.require("columns", "the columns the bridge writes")) {
        entity.columns = read_columns(document, *columns);
    }
    map.finish();
    complete_views(document, entry.path, entity);
    check_scope(document, entry.path, entity);
    check_columns(document, entry.path, entity);
    return entity;
}

}  // namespace crossfade
