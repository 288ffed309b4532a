#include "transforms/reader/columns.hpp"

#include "transforms/reader/values.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace crossfade {
namespace {

const std::vector<std::string> kKinds{"value", "claim", "deferred", "json"};

std::vector<std::pair<std::string, ExprPtr>> read_json_keys(Document& document,
                                                            const Entry& entry) {
    std::vector<std::pair<std::string, ExprPtr>> keys;
    for (const Entry& member : document.map_entries(entry, "a map of key: expression")) {
        ExprPtr expr = read_expression(document, member);
        if (expr) keys.emplace_back(member.key, std::move(expr));
    }
    return keys;
}

// A map without value, claim, deferred or json is a map of json keys; but one that holds an option
// of a column and a near miss of those four is a typing error.
bool looks_mistyped(const std::vector<Entry>& entries, std::string& meant, Entry& mistyped) {
    static const std::array<std::string_view, 11> options{"owner",  "if",      "within", "order",
                                                          "else",   "reserve", "flag",   "until",
                                                          "vacate", "as",      "adopted"};
    const bool has_option = std::any_of(entries.begin(), entries.end(), [](const Entry& entry) {
        return std::find(options.begin(), options.end(), entry.key) != options.end();
    });
    if (!has_option) return false;
    for (const Entry& entry : entries) {
        if (std::find(options.begin(), options.end(), entry.key) != options.end()) continue;
        meant = nearest(entry.key, kKinds);
        if (meant.empty()) continue;
        mistyped = entry;
        return true;
    }
    return false;
}

void read_owner(Document& document, MapReader& map, ColumnSpec& column) {
    const auto entry = map.take("owner");
    if (!entry) return;
    static const std::vector<std::string> owners{"bridge", "target", "trigger", "until_changed",
                                                 "at_least"};
    const auto choice = read_choice(document, *entry, owners);
    if (choice) column.owner = static_cast<Owner>(*choice);
    if (column.kind == ColumnSpec::Kind::json && choice && column.owner != Owner::bridge) {
        document.error(document.place(*entry), entry->path,
                       "the keys of a json column are the bridge's; use value: for another owner");
    }
}

void read_adopted(Document& document, MapReader& map, Owner owner, std::string& adopted) {
    const auto entry = map.take("adopted");
    if (!entry) return;
    adopted = read_text(document, *entry, "an SQL condition on the target's row").value_or("");
    if (owner == Owner::until_changed) return;
    document.error(entry->key_where, entry->path,
                   "only a column with owner: until_changed can be somebody else's already");
}

void read_claim(Document& document, MapReader& map, ColumnSpec& column) {
    if (const auto entry = map.take("if")) column.condition = read_expression(document, *entry);
    if (const auto entry = map.take("within")) {
        column.within = read_texts(document, *entry, "the name of a column");
    }
    if (const auto entry = map.take("order")) column.order = read_order(document, *entry);
    if (const auto entry = map.take("else")) column.otherwise = read_expression(document, *entry);
    if (const auto entry = map.take("flag")) {
        column.flag = read_text(document, *entry, "the name of a flag").value_or("");
        if (!column.flag.empty())
            check_flag(document, document.place(*entry), entry->path, column.flag);
    }
    if (const auto entry = map.take("reserve")) {
        column.shape = read_text(document, *entry, "a regular expression").value_or("");
        const RE2 pattern{column.shape, RE2::Quiet};
        if (!pattern.ok()) {
            document.error(document.place(*entry), entry->path,
                           "not a regular expression: " + pattern.error());
        }
    }
}

void read_column_map(Document& document, const Entry& entry, const std::string& kind,
                     ColumnSpec& column) {
    MapReader map{document, entry, "an expression or a map"};
    const std::optional<Entry> value = map.take(kind);
    for (const std::string& other : kKinds) {
        if (other == kind || !map.take(other)) continue;
        document.error(
            entry.key_where, entry.path,
            "a column has one of value, claim, deferred and json, not " + kind + " and " + other);
    }
    if (kind == "json") {
        column.kind = ColumnSpec::Kind::json;
        column.json = read_json_keys(document, *value);
    } else {
        column.value = read_expression(document, *value);
    }
    if (kind == "claim") {
        column.kind = ColumnSpec::Kind::claim;
        read_claim(document, map, column);
    }
    if (kind == "deferred") {
        column.kind = ColumnSpec::Kind::deferred;
        column.owner = Owner::until_changed;
        if (const auto until = map.require("until", "what stands in the column meanwhile")) {
            column.until = read_expression(document, *until);
        }
    }
    read_owner(document, map, column);
    read_adopted(document, map, column.owner, column.adopted);
    if (const auto vacate = kind == "json" ? std::nullopt : map.take("vacate")) {
        column.vacate = read_expression(document, *vacate);
    }
    map.finish();
}

ColumnSpec read_column(Document& document, const Entry& entry) {
    ColumnSpec column;
    column.name = entry.key;
    column.where = entry.key_where;
    if (!entry.is_map()) {
        if (entry.is_list()) {
            document.error(
                document.place(entry), entry.path,
                "an expression is expected; a json array is written as a text: \"[a, b]\"");
            return column;
        }
        column.value = read_expression(document, entry);
        return column;
    }
    const std::vector<Entry> entries = document.key_entries(entry);
    for (const std::string& kind : kKinds) {
        const bool is_kind = std::any_of(entries.begin(), entries.end(),
                                         [&](const Entry& member) { return member.key == kind; });
        if (is_kind) {
            read_column_map(document, entry, kind, column);
            return column;
        }
    }
    std::string meant;
    Entry mistyped;
    if (looks_mistyped(entries, meant, mistyped)) {
        document.error(mistyped.key_where, entry.path + "." + mistyped.key,
                       "unknown key '" + mistyped.key + "': did you mean '" + meant + "'?");
        return column;
    }
    column.kind = ColumnSpec::Kind::json;
    column.json = read_json_keys(document, entry);
    return column;
}

OnMissing read_missing(Document& document, const Entry& entry, OnMissing otherwise) {
    if (entry.is_null() && !document.is_blank(entry)) return OnMissing::null;
    const auto choice = read_choice(document, entry, {"park", "detach", "null"});
    return choice ? static_cast<OnMissing>(*choice) : otherwise;
}

OnMissing read_cycle(Document& document, const Entry& entry, OnMissing otherwise) {
    const auto choice = read_choice(document, entry, {"park", "detach"});
    return choice ? static_cast<OnMissing>(*choice) : otherwise;
}

}  // namespace

std::vector<ColumnSpec> read_columns(Document& document, const Entry& entry) {
    std::vector<ColumnSpec> columns;
    for (const Entry& member : document.map_entries(entry, "a map of column: expression")) {
        columns.push_back(read_column(document, member));
    }
    return columns;
}

std::vector<ParentSpec> read_parents(Document& document, const Entry& entry) {
    std::vector<ParentSpec> parents;
    for (const Entry& member : document.map_entries(entry, "a map of column: {of, root}")) {
        ParentSpec parent;
        parent.column = member.key;
        parent.where = member.key_where;
        MapReader map{document, member, "a map with of and root (or row)"};
        if (const auto of = map.require("of", "the entity of the parent")) {
            parent.entity = read_text(document, *of, "the name of an entity").value_or("");
        }
        const auto root = map.take("root");
        const auto row = map.take("row");
        if (root && row) {
            document.error(row->key_where, row->path,
                           "a parent is given by root or by row, not by both");
        } else if (!root && !row && member.is_map()) {
            document.error(
                member.key_where, member.path,
                "'root' is missing: the parent's root key; or 'row': a row that feeds it");
        }
        if (root) parent.root = read_expressions(document, *root);
        if (row) parent.row = read_expression(document, *row);
        if (const auto missing = map.take("missing")) {
            parent.missing = read_missing(document, *missing, parent.missing);
        }
        if (const auto gone = map.take("gone")) {
            const auto choice = read_choice(document, *gone, {"delete", "detach"});
            if (choice) parent.gone = *choice == 0 ? OnGone::remove : OnGone::detach;
        }
        if (const auto cycle = map.take("cycle")) {
            parent.cycle = read_cycle(document, *cycle, parent.cycle);
        }
        if (const auto reason = map.take("reason")) {
            parent.reason = read_text(document, *reason, "the name of a reason").value_or("");
            if (!parent.reason.empty())
                check_flag(document, document.place(*reason), reason->path, parent.reason);
        }
        if (const auto owner = map.take("owner")) {
            const auto choice = read_choice(document, *owner, {"bridge", "until_changed"});
            if (choice == std::size_t{1}) parent.owner = Owner::until_changed;
        }
        read_adopted(document, map, parent.owner, parent.adopted);
        map.finish();
        parents.push_back(std::move(parent));
    }
    return parents;
}

}  // namespace crossfade
