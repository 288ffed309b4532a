#include "target/equality.hpp"

#include "model/key_form.hpp"
#include "postgres/case_folding.hpp"
#include "target/canonical.hpp"

namespace crossfade {

namespace {

std::optional<KeyForm> form_of(const ColumnShape& column) {
    if (column.enumeration) return KeyForm{};
    const bool array = column.base.starts_with('_');
    const auto kind = key_kind(std::string_view{column.base}.substr(array ? 1 : 0));
    if (!kind) return std::nullopt;
    return KeyForm{*kind, array};
}

}  // namespace

void tell_columns(Connection& connection, const TargetSpec& spec, const TableShape& shape) {
    std::shared_ptr<const CaseFolding> folding;
    for (const TargetColumn& column : spec.columns) {
        const ColumnShape* found = shape.find(column.name);
        if (found == nullptr) continue;
        if (column.range) column.range->tell(found->base);
        if (!column.equality) continue;
        KeyForm form = form_of(*found).value_or(KeyForm{});
        if (form.kind == KeyKind::folded) {
            if (!folding) folding = read_case_folding(connection);
            form.folding = folding;
        }
        column.equality->tell([form, column = *found](const Value& value) -> Value {
            const auto text = canonical_text(value, column);
            return text ? form.of(*text) : Value{Null{}};
        });
    }
}

void check_equality(Connection& connection, const TargetSpec& spec, const TableShape& shape,
                    Findings& findings) {
    for (const TargetColumn& column : spec.columns) {
        const ColumnShape* found = shape.find(column.name);
        if (!column.equality || found == nullptr) continue;
        const auto form = form_of(*found);
        std::string why;
        if (!form)
            why = "the type " + found->type_name + ", whose equality the bridge does not know";
        else if (!found->deterministic)
            why = "a collation that is not deterministic, which holds unlike texts equal";
        else if (form->kind == KeyKind::folded && !read_case_folding(connection))
            why =
                "the type citext in a database that does not fold letter by letter: its locale "
                "is of ICU, or its encoding is not UTF8";
        if (why.empty()) continue;
        findings.push_back({{},
                            "entities." + spec.entity + ".columns." + column.name,
                            "a claim compares this column, which has " + why,
                            "compare a column of another type, or leave the claim out",
                            Severity::error});
    }
}

}  // namespace crossfade
