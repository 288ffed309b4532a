#include "transforms/compiler.hpp"

#include <boost/crc.hpp>

#include <algorithm>

namespace crossfade {

namespace compiler {

Compiler::Compiler(const Mapping& mapping, const std::map<std::string, CatalogTable>& source,
                   Findings& findings)
    : mapping_{mapping},
      source_{source},
      findings_{findings},
      program_{std::make_shared<Program>()} {}

void Compiler::error(const Location& where, const std::string& message) {
    // An expression that several others use is compiled for each; its findings are reported once.
    const bool known = std::any_of(findings_.begin(), findings_.end(), [&](const Finding& finding) {
        return finding.where.line == where.line && finding.where.column == where.column &&
               finding.where.file == where.file && finding.message == message;
    });
    if (!known) findings_.push_back({where, path_, message, {}, Severity::error});
}

RelationIndex Compiler::relation(const std::string& name, const Location& where) {
    if (const auto known = relation_of_.find(name); known != relation_of_.end())
        return known->second;
    const RelationSettings* settings = mapping_.settings(name);
    const TableName called = mapping_.table_of(name);
    const auto found = source_.find(called.text());
    if (found == source_.end()) {
        std::vector<std::string> names;
        for (const auto& [qualified, table] : source_)
            names.push_back(table.name);
        const std::string near = nearest(called.name, names);
        error(where, "the source has no table \"" + called.text() + "\"" +
                         (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
        relation_of_[name] = kNone;
        return kNone;
    }
    refuse_second_name(name, where);
    const auto index = static_cast<RelationIndex>(program_->relations.size());
    relation_of_[name] = index;
    program_->relations.push_back(
        {called.schema, called.name, {}, {}, false, name == called.name ? "" : name});
    tables_.push_back(&found->second);
    std::vector<std::string> key = settings != nullptr ? settings->key : std::vector<std::string>{};
    if (key.empty()) key = found->second.primary_key;
    if (key.empty()) {
        key = found->second.identity_key;
        program_->relations[index].repeats = found->second.identity == ReplicaIdentity::full;
    }
    if (key.empty()) {
        error(where, "table \"" + name +
                         "\" has neither a primary key nor a replica identity; name its key under "
                         "relations: {" +
                         name + ": {key: [...]}}");
    }
    for (const std::string& part : key) {
        if (const auto position = column(index, part))
            program_->relations[index].key.push_back(*position);
        else
            error(where, "table \"" + name + "\" has no column \"" + part + "\" for its key");
    }
    return index;
}

// Rows of a table arrive once, as those of one relation.
void Compiler::refuse_second_name(const std::string& name, const Location& where) {
    const TableName table = mapping_.table_of(name);
    for (const RelationSettings& other : mapping_.relations) {
        if (other.name == name) break;
        if (TableName{other.schema, other.table_name()} != table) continue;
        const RelationSettings* own = mapping_.settings(name);
        error(own != nullptr ? own->where : where, "table \"" + table.text() +
                                                       "\" is the relation \"" + other.name +
                                                       "\" already; one table is one relation");
    }
}

std::vector<std::string> Compiler::column_names(RelationIndex relation) const {
    std::vector<std::string> names;
    for (const CatalogColumn& c : table(relation).columns)
        names.push_back(c.name);
    return names;
}

std::optional<std::uint32_t> Compiler::column(RelationIndex relation, const std::string& name) {
    MappedRelation& mapped = program_->relations[relation];
    for (std::uint32_t i = 0; i < mapped.columns.size(); ++i) {
        if (mapped.columns[i].name == name) return i;
    }
    const CatalogColumn* found = table(relation).find(name);
    if (found == nullptr) return std::nullopt;
    const RelationSettings* settings = mapping_.settings(mapped.mapping_name());
    const bool secret =
        settings != nullptr && std::ranges::find(settings->secret, name) != settings->secret.end();
    mapped.columns.push_back({.name = name,
                              .type = secret ? Type::secret : found->type,
                              .secret = secret,
                              .blank_padded = found->blank_padded,
                              .keeps_text = found->keeps_text,
                              .key = secret ? KeyForm{} : found->key.value_or(KeyForm{})});
    return static_cast<std::uint32_t>(mapped.columns.size() - 1);
}

std::uint32_t Compiler::add_node(Node node) {
    if (owner_.entity != kNone)
        node.entity = owner_.entity;
    else
        node.owner_index = owner_.index;
    for (std::uint32_t i = 0; i < program_->nodes.size(); ++i) {
        const Node& n = program_->nodes[i];
        if (n.kind == node.kind && n.entity == node.entity && n.owner_index == node.owner_index &&
            n.parent == node.parent && n.relation == node.relation && n.index == node.index &&
            n.at == node.at && n.of == node.of) {
            return i;
        }
    }
    program_->nodes.push_back(std::move(node));
    return static_cast<std::uint32_t>(program_->nodes.size() - 1);
}

namespace {
void collect_targets(const ExprPtr& expr, const Mapping& mapping, std::set<std::string>& names,
                     int depth) {
    if (!expr || depth > 64) return;
    if (expr->kind == Expr::Kind::call && expr->text == "target" && !expr->args.empty()) {
        names.insert(expr->args[0]->text);
    }
    if (expr->kind == Expr::Kind::call) {
        for (const Macro& macro : mapping.macros) {
            if (macro.name == expr->text) collect_targets(macro.body, mapping, names, depth + 1);
        }
    }
    for (const ExprPtr& arg : expr->args)
        collect_targets(arg, mapping, names, depth + 1);
    collect_targets(expr->filter, mapping, names, depth + 1);
    for (const OrderTerm& term : expr->order)
        collect_targets(term.expr, mapping, names, depth + 1);
}

std::set<std::string> entities_read_by(const EntitySpec& spec, const Mapping& mapping) {
    std::set<std::string> names;
    for (const ParentSpec& parent : spec.parents)
        names.insert(parent.entity);
    const auto visit = [&](const ExprPtr& expr) { collect_targets(expr, mapping, names, 0); };
    visit(spec.exists);
    for (const auto& [name, expr] : spec.lookups)
        visit(expr);
    for (const auto& [name, expr] : spec.lets)
        visit(expr);
    for (const ColumnSpec& column : spec.columns) {
        visit(column.value);
        visit(column.condition);
        visit(column.otherwise);
        for (const auto& [name, expr] : column.json)
            visit(expr);
        for (const OrderTerm& term : column.order)
            visit(term.expr);
    }
    names.erase(spec.name);
    return names;
}

void collect_relations(const ExprPtr& expr, std::set<std::string>& names) {
    if (!expr) return;
    if (expr->kind == Expr::Kind::lookup) names.insert(expr->text);
    for (const ExprPtr& arg : expr->args)
        collect_relations(arg, names);
    collect_relations(expr->filter, names);
    for (const OrderTerm& term : expr->order)
        collect_relations(term.expr, names);
}

void collect_relations(const Members& members, std::set<std::string>& names) {
    names.insert(members.relation);
    for (const auto& [alias, expr] : members.through)
        collect_relations(expr, names);
    for (const ExprPtr& expr : members.key)
        collect_relations(expr, names);
}

void collect_relations(const EntitySpec& spec, std::set<std::string>& names) {
    for (const Members& members : spec.root.members)
        collect_relations(members, names);
    for (const SetSpec& set : spec.sets) {
        collect_relations(set.members, names);
        for (const ExprPtr& expr : set.at)
            collect_relations(expr, names);
    }
    collect_relations(spec.id, names);
    collect_relations(spec.exists, names);
    for (const auto& [name, expr] : spec.lookups)
        collect_relations(expr, names);
    for (const auto& [name, expr] : spec.lets)
        collect_relations(expr, names);
    for (const ParentSpec& parent : spec.parents) {
        for (const ExprPtr& expr : parent.root)
            collect_relations(expr, names);
        collect_relations(parent.row, names);
    }
    for (const ColumnSpec& column : spec.columns) {
        collect_relations(column.value, names);
        collect_relations(column.condition, names);
        collect_relations(column.otherwise, names);
        collect_relations(column.until, names);
        for (const auto& [name, expr] : column.json)
            collect_relations(expr, names);
        for (const OrderTerm& term : column.order)
            collect_relations(term.expr, names);
    }
}

// CRC-32C of the name. Of two indexes of one name, or one CRC, the later takes that of the name and
// a number.
void tag_indexes(Program& program) {
    std::set<std::uint32_t> taken;
    for (IndexSpec& index : program.indexes) {
        std::string name = index.name;
        for (std::size_t number = 2;; ++number) {
            boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
            crc.process_bytes(name.data(), name.size());
            index.tag = crc.checksum();
            if (taken.insert(index.tag).second) break;
            name = index.name + " " + std::to_string(number);
        }
    }
}
}  // namespace

// Parents before children; a cycle of outcome dependencies other than a self-reference is an error.
void Compiler::order_entities() {
    std::map<std::string, const EntitySpec*> by_name;
    for (const EntitySpec& spec : mapping_.entities)
        by_name[spec.name] = &spec;
    std::set<std::string> done;
    std::vector<std::string> open;
    const std::function<void(const EntitySpec&)> visit = [&](const EntitySpec& spec) {
        if (done.contains(spec.name)) return;
        if (std::find(open.begin(), open.end(), spec.name) != open.end()) {
            std::string cycle;
            for (const std::string& name : open)
                cycle += name + " -> ";
            path_ = "entities." + spec.name;
            error(spec.where,
                  "entities depend on each other's outcome in a circle: " + cycle + spec.name);
            return;
        }
        open.push_back(spec.name);
        for (const std::string& name : entities_read_by(spec, mapping_)) {
            if (const auto found = by_name.find(name); found != by_name.end())
                visit(*found->second);
        }
        open.pop_back();
        if (done.insert(spec.name).second) specs_.push_back(&spec);
    };
    for (const EntitySpec& spec : mapping_.entities)
        visit(spec);
}

std::shared_ptr<const Program> Compiler::run() {
    program_->name_space = mapping_.name_space;
    order_entities();
    program_->entities.resize(specs_.size());
    for (EntityIndex i = 0; i < specs_.size(); ++i)
        program_->entities[i].name = specs_[i]->name;
    for (EntityIndex i = 0; i < specs_.size(); ++i) {
        owner_ = {};
        root(i);
    }
    if (has_errors(findings_)) return nullptr;
    for (EntityIndex i = 0; i < specs_.size(); ++i)
        entity(i);
    if (has_errors(findings_)) return nullptr;
    owners();
    tag_indexes(*program_);
    return program_;
}

}  // namespace compiler

std::uint32_t Program::find_entity(std::string_view name) const {
    for (std::uint32_t i = 0; i < entities.size(); ++i) {
        if (entities[i].name == name) return i;
    }
    return kNone;
}

std::uint32_t Program::find_relation(std::string_view name) const {
    for (std::uint32_t i = 0; i < relations.size(); ++i) {
        if (relations[i].mapping_name() == name) return i;
    }
    return kNone;
}

std::shared_ptr<const Program> compile(const Mapping& mapping,
                                       const std::map<std::string, CatalogTable>& source,
                                       Findings& findings) {
    return compiler::Compiler{mapping, source, findings}.run();
}

std::set<std::string> relations_of(const Mapping& mapping) {
    std::set<std::string> names;
    for (const EntitySpec& spec : mapping.entities)
        compiler::collect_relations(spec, names);
    for (const Macro& macro : mapping.macros)
        compiler::collect_relations(macro.body, names);
    std::set<std::string> qualified;
    for (const std::string& name : names)
        qualified.insert(mapping.table_of(name).text());
    return qualified;
}

}  // namespace crossfade
