// Keys: what makes one value of all that are equal. The key that is looked for decides, as the
// unique index of a foreign key does: a text that looks for a citext folds, a citext that looks for
// a text does not.
#include "transforms/compiler.hpp"

namespace crossfade::compiler {

void Compiler::refuse_loose_key(const std::string& what, const std::string& type,
                                const Location& where) {
    if (type.empty()) return;
    error(where,
          what + " has the type " + type +
              ", of which equal values are not always written alike, and the bridge does not "
              "know which are equal: a key of it would miss rows that PostgreSQL finds. "
              "Make a text of it that is the same for equal values, as "
              "lower_ascii(text(k)) for citext, on both sides");
}

bool is_other(const Compiled& given, const KeyForm& wanted) {
    if (wanted.changes()) return true;
    if (wanted.array) return false;
    switch (wanted.kind) {
        case KeyKind::blanks:  // a char(n) travels without the blanks at its end
            return given.type == Type::text && (given.form.kind != KeyKind::blanks);
        case KeyKind::single:
        case KeyKind::real: return given.type == Type::integer || given.type == Type::decimal;
        case KeyKind::timestamp:
        case KeyKind::timestamptz: return given.type == Type::date;
        default: return false;
    }
}

// Without `column`, if the values are not those of the column any more.
Compiled Compiler::in_form(Compiled compiled, const KeyForm* wanted) const {
    const KeyForm form = wanted != nullptr ? *wanted : compiled.form;
    if (wanted != nullptr ? !is_other(compiled, form) : !form.changes()) {
        compiled.form = {};
        return compiled;
    }
    compiled.eval = [e = std::move(compiled.eval), form](Frame& f) { return form.of(e(f)); };
    compiled.column.reset();
    compiled.form = form;
    return compiled;
}

Compiled Compiler::key_expression(const ExprPtr& expr, const Scope& scope, const KeyForm* wanted) {
    Compiled compiled = expression(expr, scope);
    refuse_loose_key("the key " + in_quotes(to_text(*expr)), compiled.loose_type, expr->where);
    return in_form(std::move(compiled), wanted);
}

std::vector<KeyForm> Compiler::relation_forms(RelationIndex relation) const {
    std::vector<KeyForm> forms;
    const MappedRelation& mapped = program_->relations[relation];
    for (const std::uint32_t position : mapped.key)
        forms.push_back(mapped.columns[position].key);
    return forms;
}

// Of the parts of a root's key; a slot has none.
std::vector<KeyForm> Compiler::root_forms(EntityIndex entity) const {
    const EntityProgram& program = program_->entities[entity];
    if (program.member_indexes.empty()) return relation_forms(program.relation);
    const auto known = key_forms_.find(program.member_indexes.front());
    return known == key_forms_.end() ? std::vector<KeyForm>{} : known->second;
}

// All slots give keys of one form.
void Compiler::note_form(IndexId members, std::size_t part, const KeyForm& form,
                         const Location& where) {
    std::vector<KeyForm>& forms = key_forms_[members];
    if (forms.size() == part) forms.push_back(form);
    if (forms[part].name() != form.name()) refuse_unlike_forms(forms[part], form, where);
}

void Compiler::refuse_unlike_forms(const KeyForm& one, const KeyForm& other,
                                   const Location& where) {
    if (!one.changes() && !other.changes()) return;
    error(where, "keys of the types " + one.name() + " and " + other.name() +
                     " meet here, which hold different values equal; make texts of both, as "
                     "text(k)");
}

const KeyForm* form_at(const std::vector<KeyForm>& forms, std::size_t part) {
    static const KeyForm plain;
    return part < forms.size() ? &forms[part] : &plain;
}

}  // namespace crossfade::compiler
