#include "transforms/mapping.hpp"

#include "transforms/functions/registry.hpp"
#include "transforms/reader/document.hpp"
#include "transforms/reader/entity.hpp"
#include "transforms/reader/values.hpp"
#include "transforms/syntax/lexer.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

namespace crossfade {
namespace {

// Names that call() gives a meaning beyond the registry; see docs/mapping.md.
constexpr std::array<std::string_view, 22> kSpecialForms{
    "if",     "coalesce",      "exists",         "target", "root_of", "any",
    "all",    "count",         "count_distinct", "min",    "max",     "sum",
    "mean",   "most_frequent", "first",          "list",   "set",     "rank",
    "bcrypt", "park",          "compact",        "key"};

// table: of `schema` if that is given, and then any name; else schema.table, or a table in public.
void read_table(Document& document, const Entry& entry, bool in_schema,
                RelationSettings& relation) {
    relation.table =
        read_text(document, entry, in_schema ? "the name of a table" : "schema.table").value_or("");
    const std::size_t dot = relation.table.find('.');
    if (in_schema || dot == std::string::npos) return;
    relation.schema = relation.table.substr(0, dot);
    relation.table.erase(0, dot + 1);
    if (relation.schema.empty() || relation.table.empty() ||
        relation.table.find('.') != std::string::npos) {
        document.error(document.place(entry), entry.path,
                       "schema.table is expected; names with dots are given by schema and table");
    }
}

RelationSettings read_relation(Document& document, const Entry& entry) {
    RelationSettings relation;
    relation.name = entry.key;
    relation.where = entry.key_where;
    if (document.is_blank(entry)) return relation;
    MapReader map{document, entry, "a map of settings"};
    const auto schema = map.take("schema");
    if (schema) {
        relation.schema = read_text(document, *schema, "the name of a schema").value_or("public");
    }
    if (const auto table = map.take("table"))
        read_table(document, *table, schema.has_value(), relation);
    if (const auto key = map.take("key")) {
        relation.key = read_texts(document, *key, "the name of a column");
    }
    if (const auto secret = map.take("secret")) {
        relation.secret = read_texts(document, *secret, "the name of a column");
    }
    if (const auto scan = map.take("scan"))
        relation.scan = read_bool(document, *scan).value_or(false);
    map.finish();
    return relation;
}

std::string trimmed(std::string text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.back()))
        text.pop_back();
    text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), blank));
    return text;
}

// "created(r)", "ml(az, en)", "today()": name and parameters.
bool read_signature(Document& document, const Entry& entry, Macro& macro) {
    const std::string& text = entry.key;
    const std::size_t open = text.find('(');
    if (open == std::string::npos || text.back() != ')') {
        document.error(entry.key_where, entry.path,
                       "a function is declared as \"name(parameter, ...)\"");
        return false;
    }
    macro.name = trimmed(text.substr(0, open));
    if (!check_name(document, entry.key_where, entry.path, macro.name)) return false;
    std::istringstream list{text.substr(open + 1, text.size() - open - 2)};
    for (std::string parameter; std::getline(list, parameter, ',');) {
        parameter = trimmed(parameter);
        if (parameter.empty() && macro.parameters.empty() && list.eof()) break;
        if (!check_name(document, entry.key_where, entry.path, parameter)) return false;
        if (std::find(macro.parameters.begin(), macro.parameters.end(), parameter) !=
            macro.parameters.end()) {
            document.error(entry.key_where, entry.path,
                           "parameter '" + parameter + "' stands here twice");
            return false;
        }
        macro.parameters.push_back(std::move(parameter));
    }
    return true;
}

std::vector<Macro> read_macros(Document& document, const Entry& entry) {
    std::vector<Macro> macros;
    for (const Entry& member :
         document.map_entries(entry, "a map of \"name(parameters)\": expression")) {
        Macro macro;
        macro.where = member.key_where;
        const bool declared = read_signature(document, member, macro);
        macro.body = read_expression(document, member);
        if (!declared) continue;
        if (find_function(macro.name) || std::find(kSpecialForms.begin(), kSpecialForms.end(),
                                                   macro.name) != kSpecialForms.end()) {
            document.error(
                member.key_where, member.path,
                "'" + macro.name + "' is a function of the language; choose another name");
        }
        for (const Macro& other : macros) {
            if (other.name != macro.name) continue;
            document.error(member.key_where, member.path,
                           "'" + macro.name + "' is declared twice; the first is in line " +
                               std::to_string(other.where.line));
        }
        macros.push_back(std::move(macro));
    }
    return macros;
}

// What is declared again replaces what the base says, in its place.
template <class Item>
void overlay(std::vector<Item>& base, std::vector<Item> items) {
    for (Item& item : items) {
        const auto same = std::find_if(base.begin(), base.end(),
                                       [&](const Item& other) { return other.name == item.name; });
        if (same != base.end())
            *same = std::move(item);
        else
            base.push_back(std::move(item));
    }
}

void read_entities(Document& document, const Entry& entry, Mapping& mapping) {
    const std::vector<Entry> entries = document.map_entries(entry, "a map of entities");
    if (entries.empty() && entry.is_map()) {
        document.error(entry.key_where, entry.path, "at least one entity is expected");
    }
    std::vector<EntitySpec> entities;
    for (const Entry& member : entries)
        entities.push_back(read_entity(document, member));
    overlay(mapping.entities, std::move(entities));
}

// extends: the path of another mapping file, from the folder of this one.
void read_base(Document& document, const Entry& entry, Mapping& mapping) {
    const std::string name = read_text(document, entry, "the path of a mapping file").value_or("");
    const auto file = std::filesystem::path{mapping.file}.parent_path() / name;
    Findings findings;
    auto base = read_mapping(file, findings);
    for (Finding& finding : findings)
        document.findings().push_back(std::move(finding));
    mapping.extends = true;
    if (!base) return;
    if (base->extends) {
        document.error(entry.key_where, entry.path,
                       "'" + name + "' extends another file itself; one step is allowed");
        return;
    }
    base->file = mapping.file;
    base->text += mapping.text;
    base->extends = true;
    mapping = std::move(*base);
}

void read_top(Document& document, const Entry& root, Mapping& mapping) {
    MapReader map{document, root, "a map with version, namespace and entities"};
    if (const auto version = map.require("version", "the version of the language, 1")) {
        read_integer(document, *version, 1, 1);
    }
    if (const auto base = map.take("extends")) read_base(document, *base, mapping);
    const std::string what = "the UUID under which ids are computed";
    const auto name_space =
        mapping.extends ? map.take("namespace") : map.require("namespace", what);
    if (name_space) {
        const std::string text = read_text(document, *name_space, "a UUID").value_or("");
        const Result<Uuid> uuid = Uuid::parse(text);
        if (uuid) mapping.name_space = *uuid;
        if (!uuid && !text.empty()) {
            document.error(document.place(*name_space), name_space->path,
                           "a UUID is expected: 8-4-4-4-12 hexadecimal digits");
        }
    }
    if (const auto relations = map.take("relations")) {
        std::vector<RelationSettings> settings;
        for (const Entry& entry : document.map_entries(*relations, "a map of relations")) {
            settings.push_back(read_relation(document, entry));
        }
        overlay(mapping.relations, std::move(settings));
    }
    if (const auto functions = map.take("functions")) {
        overlay(mapping.macros, read_macros(document, *functions));
    }
    const auto entities =
        mapping.extends ? map.take("entities") : map.require("entities", "what the bridge writes");
    if (entities) {
        read_entities(document, *entities, mapping);
    }
    map.finish();
}

}  // namespace

const RelationSettings* Mapping::settings(std::string_view relation) const {
    const auto found = std::ranges::find(relations, relation, &RelationSettings::name);
    return found == relations.end() ? nullptr : &*found;
}

TableName Mapping::table_of(const std::string& relation) const {
    const RelationSettings* known = settings(relation);
    return known != nullptr ? TableName{known->schema, known->table_name()}
                            : TableName{"public", relation};
}

std::optional<Mapping> parse_mapping(std::string_view yaml, const std::string& file_name,
                                     Findings& findings) {
    Findings found;
    Document document{std::string{yaml}, file_name, found};
    Mapping mapping;
    mapping.file = file_name;
    mapping.text = yaml;
    if (const std::optional<Entry> root = document.parse()) read_top(document, *root, mapping);
    // Sorted by their place in the file, as a compiler does.
    std::stable_sort(found.begin(), found.end(), [](const Finding& a, const Finding& b) {
        return std::pair{a.where.line, a.where.column} < std::pair{b.where.line, b.where.column};
    });
    const bool good = !has_errors(found);
    findings.insert(findings.end(), found.begin(), found.end());
    if (!good) return std::nullopt;
    return mapping;
}

std::optional<Mapping> read_mapping(const std::filesystem::path& file, Findings& findings) {
    std::ifstream stream{file, std::ios::binary};
    std::ostringstream text;
    if (!stream || !(text << stream.rdbuf())) {
        findings.push_back({Location{file.string(), 0, 0}, "", "the mapping file cannot be read"});
        return std::nullopt;
    }
    return parse_mapping(text.str(), file.string(), findings);
}

}  // namespace crossfade
