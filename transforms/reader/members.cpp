#include "transforms/reader/members.hpp"

#include "transforms/reader/values.hpp"

#include <algorithm>
#include <charconv>

namespace crossfade {
namespace {

// A slot is stored as one byte, and 0 means "no slots".
constexpr std::size_t kSlotsMax = 255;

std::optional<Value> read_slot_value(Document& document, const Entry& item) {
    if (!item.is_scalar() || item.text().empty()) {
        document.error(document.place(item), item.path, "a slot is a whole number or a text");
        return std::nullopt;
    }
    const std::string text = item.text();
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = read.ec == std::errc{} && read.ptr == text.data() + text.size();
    if (whole && !document.is_quoted(item)) return Value{number};
    return Value{text};
}

// Puts the slot's value for each "{n}"; every byte put in stands where the brace stands.
SourceText substitute(SourceText source, const std::string& marker, const std::string& text) {
    for (std::size_t at = source.text.find(marker); at != std::string::npos;
         at = source.text.find(marker, at + text.size())) {
        const SourceText::Position place = source.positions[at];
        source.text.replace(at, marker.size(), text);
        const auto first = source.positions.begin() + static_cast<std::ptrdiff_t>(at);
        source.positions.erase(first, first + static_cast<std::ptrdiff_t>(marker.size()));
        source.positions.insert(source.positions.begin() + static_cast<std::ptrdiff_t>(at),
                                text.size(), place);
    }
    return source;
}

// The expression once for each slot. A mistake is reported once, not once for each slot.
std::vector<ExprPtr> read_per_slot(Document& document, const Entry& entry, const Slots& slots) {
    std::vector<ExprPtr> expressions;
    for (const Value& value : slots.values) {
        const auto* number = std::get_if<std::int64_t>(&value);
        const std::string text = number ? std::to_string(*number) : std::get<std::string>(value);
        ExprPtr expr = read_expression(document, entry, [&](SourceText source) {
            return substitute(std::move(source), "{" + slots.variable + "}", text);
        });
        if (!expr) return {};
        expressions.push_back(std::move(expr));
    }
    return expressions;
}

void read_slot_values(Document& document, const Entry& entry, Slots& slots) {
    slots.variable = entry.key;
    check_name(document, entry.key_where, entry.path, entry.key);
    const std::vector<Entry> items = document.list_entries(entry);
    if (items.empty() || items.size() > kSlotsMax) {
        document.error(document.place(entry), entry.path,
                       "from 1 to " + std::to_string(kSlotsMax) + " slots are expected");
        return;
    }
    for (const Entry& item : items) {
        std::optional<Value> value = read_slot_value(document, item);
        if (!value) continue;
        if (std::find(slots.values.begin(), slots.values.end(), *value) != slots.values.end()) {
            document.error(document.place(item), item.path, "this slot stands here twice");
            continue;
        }
        slots.values.push_back(std::move(*value));
    }
}

// The keys that every kind of member has in common.
void read_member_details(Document& document, MapReader& map, Members& members, bool with_key) {
    if (const auto through = with_key ? map.take("through") : std::nullopt) {
        members.through = read_named(document, *through, "a map of name: relation[key]");
    }
    if (const auto slots = map.take("slots")) members.slots = read_slots(document, *slots);
    if (!with_key) return;
    if (const auto key = map.require("key", "the key under which the rows meet")) {
        if (key->is_map()) {
            for (auto& [name, part] : read_named(document, *key, "a map of name: expression")) {
                members.key_names.push_back(name);
                members.key.push_back(std::move(part));
            }
        } else {
            members.key = read_expressions(document, *key);
        }
    }
}

Members read_group_members(Document& document, const Entry& entry) {
    Members members;
    members.alias = entry.key;
    members.where = entry.key_where;
    check_name(document, entry.key_where, entry.path, entry.key);
    MapReader map{document, entry, "a map with from and key"};
    if (const auto from = map.require("from", "the relation whose rows are members")) {
        members.relation = read_text(document, *from, "the name of a relation").value_or("");
    }
    read_member_details(document, map, members, true);
    map.finish();
    return members;
}

void read_row_root(Document& document, MapReader& map, Root& root) {
    Members members;
    const std::optional<Entry> row = map.take("row");
    members.where = row->key_where;
    members.relation = read_text(document, *row, "the name of a relation").value_or("");
    members.alias = members.relation;
    if (const auto as = map.take("as")) {
        members.alias = read_text(document, *as, "an alias").value_or("");
        if (!members.alias.empty()) {
            check_name(document, document.place(*as), as->path, members.alias);
        }
    }
    read_member_details(document, map, members, false);
    root.members.push_back(std::move(members));
}

void read_group_root(Document& document, MapReader& map, Root& root) {
    root.kind = Root::Kind::group;
    const std::optional<Entry> group = map.take("group");
    const std::vector<Entry> entries =
        document.map_entries(*group, "a map of alias: {from: relation, key: expression}");
    if (entries.empty() && group->is_map()) {
        document.error(group->key_where, group->path, "a group needs at least one relation");
    }
    for (const Entry& entry : entries)
        root.members.push_back(read_group_members(document, entry));
    for (const Members& members : root.members) {
        if (members.key.size() != root.members.front().key.size() && !members.key.empty() &&
            !root.members.front().key.empty()) {
            document.error(members.where, group->path + "." + members.alias,
                           "its key has " + std::to_string(members.key.size()) +
                               " parts, that of " + root.members.front().alias + " has " +
                               std::to_string(root.members.front().key.size()));
        }
    }
}

}  // namespace

std::optional<Slots> read_slots(Document& document, const Entry& entry) {
    Slots slots;
    slots.where = entry.key_where;
    const std::vector<Entry> entries =
        document.map_entries(entry, "a map such as {n: [1, 2, 3], point: \"point_{n}\"}");
    const auto is_variable = [](const Entry& e) { return e.is_list(); };
    const auto variable = std::find_if(entries.begin(), entries.end(), is_variable);
    if (variable == entries.end()) {
        if (entry.is_map()) {
            document.error(entry.key_where, entry.path,
                           "slots need a variable with a list of values, such as n: [1, 2, 3]");
        }
        return std::nullopt;
    }
    read_slot_values(document, *variable, slots);
    for (const Entry& member : entries) {
        if (&member == &*variable) continue;
        if (is_variable(member)) {
            document.error(member.key_where, member.path,
                           "slots have one variable; '" + slots.variable + "' is the first");
        } else if (member.key == "if") {
            slots.filter = read_per_slot(document, member, slots);
        } else if (check_name(document, member.key_where, member.path, member.key)) {
            slots.names.push_back({member.key, read_per_slot(document, member, slots)});
        }
    }
    return slots;
}

std::optional<Root> read_root(Document& document, const Entry& entry) {
    Root root;
    root.where = entry.key_where;
    MapReader map{document, entry, "a map with row or group"};
    const bool row = map.has("row");
    const bool group = map.has("group");
    if (row == group) {
        if (entry.is_map()) {
            document.error(entry.key_where, entry.path,
                           row ? "a root is a row or a group, not both"
                               : "a root is {row: relation} or {group: {alias: {from, key}}}");
        }
        return std::nullopt;
    }
    row ? read_row_root(document, map, root) : read_group_root(document, map, root);
    map.finish();
    return root;
}

std::vector<SetSpec> read_sets(Document& document, const Entry& entry) {
    std::vector<SetSpec> sets;
    for (const Entry& member : document.map_entries(entry, "a map of name: {from, key, at}")) {
        SetSpec set;
        set.members.alias = member.key;
        set.members.where = member.key_where;
        check_name(document, member.key_where, member.path, member.key);
        MapReader map{document, member, "a map with from, key and at"};
        if (const auto from = map.require("from", "the relation whose rows are in the set")) {
            set.members.relation =
                read_text(document, *from, "the name of a relation").value_or("");
        }
        read_member_details(document, map, set.members, true);
        if (const auto at = map.require("at", "the value that the rows' key must equal")) {
            set.at = read_expressions(document, *at);
        }
        if (!set.at.empty() && !set.members.key.empty() &&
            set.at.size() != set.members.key.size()) {
            document.error(member.key_where, member.path,
                           "key and at differ in their number of parts");
        }
        map.finish();
        sets.push_back(std::move(set));
    }
    return sets;
}

std::vector<ViewSpec> read_views(Document& document, const Entry& entry) {
    std::vector<ViewSpec> views;
    for (const Entry& member : document.map_entries(entry, "a map of name: {of, slots}")) {
        ViewSpec view;
        view.members.alias = member.key;
        view.members.where = member.key_where;
        check_name(document, member.key_where, member.path, member.key);
        MapReader map{document, member, "a map with of and slots"};
        if (const auto of = map.require("of", "an alias of the group, or a set")) {
            view.of = read_text(document, *of, "an alias").value_or("");
        }
        if (const auto slots = map.require("slots", "what each row is looked at once for")) {
            view.members.slots = read_slots(document, *slots);
        }
        map.finish();
        views.push_back(std::move(view));
    }
    return views;
}

}  // namespace crossfade
