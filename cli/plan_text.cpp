#include "cli/plan_text.hpp"

#include "model/json.hpp"

#include <algorithm>

namespace crossfade {

namespace {

// What `plan` says of one entity, once as lines and once as JSON: a list of groups of lines.
struct Section {
    std::string name;
    std::vector<std::pair<std::string, std::string>> lines;  // what, how
};

std::string list_of(const std::vector<ExprPtr>& exprs) {
    std::string text;
    for (const ExprPtr& expr : exprs)
        text += (text.empty() ? "" : ", ") + to_text(*expr);
    return text;
}

std::string claim_text(const ColumnSpec& column) {
    std::string text = "claim " + to_text(*column.value);
    if (column.condition) text += ", if " + to_text(*column.condition);
    for (const std::string& name : column.within)
        text += ", within " + name;
    std::string order;
    for (const OrderTerm& term : column.order)
        order +=
            (order.empty() ? "" : ", ") + to_text(*term.expr) + (term.descending ? " desc" : "");
    text += ", held by " + (order.empty() ? "the lowest root key" : "order " + order);
    text += ", else " + (column.otherwise ? to_text(*column.otherwise) : "null");
    return text + " with flag " + (column.flag.empty() ? "lost_claim" : column.flag);
}

std::string column_text(const ColumnSpec& column) {
    std::string text;
    switch (column.kind) {
        case ColumnSpec::Kind::value: text = to_text(*column.value); break;
        case ColumnSpec::Kind::claim: text = claim_text(column); break;
        case ColumnSpec::Kind::deferred:
            text = "later " + to_text(*column.value) + ", until then " + to_text(*column.until);
            break;
        case ColumnSpec::Kind::json:
            for (const auto& [key, expr] : column.json)
                text += (text.empty() ? "keys " : "; ") + key + " = " + to_text(*expr);
            break;
    }
    if (column.vacate) text += ", vacated to " + to_text(*column.vacate);
    if (column.owner != Owner::bridge) text += "   [" + std::string{to_string(column.owner)} + "]";
    return text;
}

std::string parent_text(const ParentSpec& parent) {
    const auto rule = [](OnMissing what) {
        return what == OnMissing::park ? "park" : what == OnMissing::detach ? "detach" : "null";
    };
    std::string text = "id of " + parent.entity;
    text += parent.row ? ", which " + to_text(*parent.row) + " feeds" : " " + list_of(parent.root);
    text += std::string{"; missing: "} + rule(parent.missing);
    return text + "; gone: " + (parent.gone == OnGone::remove ? "delete" : "detach");
}

std::string root_text(const EntitySpec& spec, const Program& program, const EntityProgram& entity) {
    const Members& first = spec.root.members.front();
    if (spec.root.kind == Root::Kind::row) {
        std::string text = "each row of " + first.relation + " as " + first.alias;
        if (first.slots) {
            text += ", each " + first.slots->variable + " of " +
                    std::to_string(first.slots->values.size()) + " slots";
        }
        return text;
    }
    std::string text = "rows with one key:";
    for (std::size_t i = 0; i < spec.root.members.size(); ++i) {
        const Members& members = spec.root.members[i];
        text += (i == 0 ? " " : "; ") + members.relation + " as " + members.alias + " by " +
                list_of(members.key);
        if (!program.indexes[entity.member_indexes[i]].local) text += " (through other rows)";
    }
    return text;
}

std::string node_text(const Program& program, const Node& node) {
    const auto relation = [&] { return program.relations.at(node.relation).mapping_name(); };
    const auto edge = [&](IndexId index) {
        return index == kNone ? std::string{"every root"} : program.indexes.at(index).name;
    };
    switch (node.kind) {
        case Node::Kind::root_row: return relation() + " -> its own root";
        case Node::Kind::member: return relation() + " -> " + edge(node.index);
        case Node::Kind::set_member:
            return relation() + " -> set " + edge(node.index) + ", read at " + edge(node.at);
        case Node::Kind::lookup: return relation() + " -> " + edge(node.index);
        case Node::Kind::lookup_by_root: return relation() + " -> roots by " + edge(node.index);
        case Node::Kind::lookup_constant: return relation() + " -> every root";
        case Node::Kind::parent:
        case Node::Kind::parent_by_root:
            return "outcome of " + program.entities.at(node.of).name + " -> " + edge(node.index);
        case Node::Kind::parent_of_row:
            return "outcome of " + program.entities.at(node.of).name + " -> the rows that feed it";
    }
    return "";
}

// Which columns of the row a change must touch to matter.
std::string columns_text(const Program& program, const Node& node) {
    if (node.relation == kNone || node.columns.empty()) return "";
    const MappedRelation& relation = program.relations.at(node.relation);
    std::string text;
    for (const std::uint32_t column : node.columns)
        text += (text.empty() ? "" : ", ") + relation.columns.at(column).name;
    return "columns " + text;
}

Section reads(const Program& program, EntityIndex entity) {
    Section section{"a change concerns it by", {}};
    for (const Node& node : program.nodes) {
        if (node.entity != entity) continue;
        section.lines.emplace_back(node_text(program, node), columns_text(program, node));
    }
    return section;
}

// The other entities that share the values of a claim.
std::string sharing(const Program& program, const ClaimSpec& claim) {
    std::string names;
    for (const ClaimSpec& other : program.claims) {
        if (!other.of_column() || other.registry != claim.registry || other.entity == claim.entity)
            continue;
        names += (names.empty() ? "" : ", ") + program.entities[other.entity].name;
    }
    return names;
}

Section rules(const Program& program, const EntitySpec& spec, EntityIndex index) {
    const EntityProgram& entity = program.entities[index];
    Section section{"rules", {}};
    if (spec.exists) section.lines.emplace_back("exists", to_text(*spec.exists));
    if (entity.id_claim != kNone) {
        section.lines.emplace_back(
            "id", "several roots may give one: the lowest owns it, the others are rejected");
    }
    for (const ClaimSpec& claim : program.claims) {
        if (!claim.of_column() || claim.entity != index) continue;
        const std::string others = sharing(program, claim);
        if (others.empty()) continue;
        section.lines.emplace_back(entity.target.columns[claim.column].name,
                                   "claims its values together with " + others);
    }
    if (spec.adopt) {
        section.lines.emplace_back(
            "adopt", spec.adopt->parent.empty()
                         ? "rows of the target by " + spec.adopt->from
                         : "rows of the target by their parent " + spec.adopt->parent);
    }
    if (spec.keep_on_delete) section.lines.emplace_back("on_delete", "keep");
    if (spec.keep_if_changed) section.lines.emplace_back("on_delete", "keep if changed");
    if (spec.stop_on_error) section.lines.emplace_back("on_error", "stop");
    if (spec.remove_on_park) section.lines.emplace_back("on_park", "remove");
    return section;
}

std::vector<Section> sections(const Program& program, const EntitySpec& spec, EntityIndex index) {
    const EntityProgram& entity = program.entities[index];
    Section shape{"", {}};
    shape.lines.emplace_back("root", root_text(spec, program, entity));
    shape.lines.emplace_back("id", spec.id_column + " = uuid5 of " + to_text(*spec.id));
    Section names{"names", {}};
    for (const auto& [name, expr] : spec.lookups)
        names.lines.emplace_back(name, to_text(*expr));
    for (const SetSpec& set : spec.sets) {
        names.lines.emplace_back(set.members.alias, "rows of " + set.members.relation + " with " +
                                                        list_of(set.members.key) + " = " +
                                                        list_of(set.at));
    }
    for (const auto& [name, expr] : spec.lets)
        names.lines.emplace_back(name, to_text(*expr));
    Section columns{"columns", {}};
    for (const ParentSpec& parent : spec.parents)
        columns.lines.emplace_back(parent.column, parent_text(parent));
    for (const ColumnSpec& column : spec.columns)
        columns.lines.emplace_back(column.name, column_text(column));
    return {shape, names, columns, rules(program, spec, index), reads(program, index)};
}

const EntitySpec& spec_of(const Context& context, const EntityProgram& entity) {
    return *std::find_if(context.mapping.entities.begin(), context.mapping.entities.end(),
                         [&](const EntitySpec& spec) { return spec.name == entity.name; });
}

std::string relation_columns(const MappedRelation& relation) {
    std::string text;
    for (const MappedColumn& column : relation.columns) {
        text += (text.empty() ? "" : ", ") + column.name;
        if (column.secret) text += " (secret)";
    }
    return text;
}

// The relations whose rows make the roots, and how many slots each of their rows has (0: none).
std::string roots_json(const Program& program, const EntitySpec& spec) {
    std::vector<std::string> roots;
    for (const Members& members : spec.root.members) {
        const auto relation = std::find_if(
            program.relations.begin(), program.relations.end(),
            [&](const MappedRelation& r) { return r.mapping_name() == members.relation; });
        const std::string name =
            relation == program.relations.end() ? members.relation : relation->table();
        const std::size_t slots = members.slots ? members.slots->values.size() : 0;
        roots.push_back(
            json_object({{"relation", json_quote(name)}, {"slots", std::to_string(slots)}}).text);
    }
    return json_array(roots).text;
}

std::string section_json(const Section& section) {
    std::vector<std::string> lines;
    for (const auto& [what, how] : section.lines)
        lines.push_back(json_object({{"name", json_quote(what)}, {"is", json_quote(how)}}).text);
    return json_array(lines).text;
}

}  // namespace

std::string plan_text(const Context& context) {
    const Program& program = *context.program;
    std::string text = "relations read\n";
    for (const MappedRelation& relation : program.relations) {
        text += "  " + relation.table();
        if (!relation.relation.empty()) text += " as " + relation.relation;
        text += ": " + relation_columns(relation) + "\n";
    }
    text += "\nindexes kept\n";
    for (const IndexSpec& index : program.indexes) {
        if (index.identity) continue;
        text += "  " + index.name + (index.scan ? "   (scan: nothing is kept)" : "") + "\n";
    }
    for (EntityIndex e = 0; e < program.entities.size(); ++e) {
        const EntityProgram& entity = program.entities[e];
        text += "\n" + std::to_string(e + 1) + ". " + entity.name + " -> " + entity.target.schema +
                "." + entity.target.table + "\n";
        for (const Section& section : sections(program, spec_of(context, entity), e)) {
            if (section.lines.empty()) continue;
            if (!section.name.empty()) text += "   " + section.name + "\n";
            for (const auto& [what, how] : section.lines) {
                text += std::string(section.name.empty() ? 3 : 5, ' ') + what +
                        (how.empty() ? "" : ": " + how) + "\n";
            }
        }
    }
    return text;
}

std::string plan_json(const Context& context) {
    const Program& program = *context.program;
    std::vector<std::string> relations;
    for (const MappedRelation& relation : program.relations) {
        std::vector<std::string> columns;
        for (const MappedColumn& column : relation.columns)
            columns.push_back(json_quote(column.name));
        relations.push_back(json_object({{"name", json_quote(relation.table())},
                                         {"columns", json_array(columns).text}})
                                .text);
    }
    std::vector<std::string> indexes;
    for (const IndexSpec& index : program.indexes) {
        if (!index.identity) indexes.push_back(json_quote(index.name));
    }
    std::vector<std::string> entities;
    for (EntityIndex e = 0; e < program.entities.size(); ++e) {
        const EntityProgram& entity = program.entities[e];
        const auto all = sections(program, spec_of(context, entity), e);
        entities.push_back(
            json_object({{"name", json_quote(entity.name)},
                         {"target", json_quote(entity.target.schema + "." + entity.target.table)},
                         {"root", json_quote(all[0].lines[0].second)},
                         {"roots", roots_json(program, spec_of(context, entity))},
                         {"id", json_quote(all[0].lines[1].second)},
                         {"names", section_json(all[1])},
                         {"columns", section_json(all[2])},
                         {"rules", section_json(all[3])},
                         {"reads", section_json(all[4])}})
                .text);
    }
    return json_object({{"relations", json_array(relations).text},
                        {"indexes", json_array(indexes).text},
                        {"entities", json_array(entities).text}})
        .text;
}

}  // namespace crossfade
