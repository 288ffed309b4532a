#include "verify/orphans.hpp"

#include "pipeline/claims.hpp"
#include "pipeline/root_name.hpp"
#include "postgres/quote.hpp"
#include "state/keys.hpp"
#include "target/canonical.hpp"
#include "verify/history.hpp"

namespace crossfade {

namespace {

constexpr int kOrphanPage = 2'000;

// Keys that are NOT VALID were never said to hold, and of a table that this role may not read, or
// not whole, nothing can be said.
std::set<std::string> keys_left_out(Connection& target, const TableShape& shape) {
    const QueryResult rows = target.exec(
        "SELECT k.conname::text FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid"
        " WHERE k.conrelid = $1::regclass AND k.contype = 'f' AND (NOT k.convalidated"
        " OR NOT has_schema_privilege(c.relnamespace, 'USAGE')"
        " OR NOT has_table_privilege(c.oid, 'SELECT') OR row_security_active(c.oid))",
        Params{quote_table(shape.schema, shape.table)});
    std::set<std::string> names;
    for (int r = 0; r < rows.rows(); ++r)
        names.emplace(rows.text(r, 0));
    return names;
}

// SELECT of the id and of the key's columns of rows that refer to nothing, in the order of ids
// behind $1 (NULL: from the first).
std::string orphans_sql(const TargetSpec& spec, const ForeignKeyShape& key) {
    const std::string id = "r." + quote_identifier(spec.id_column);
    std::string selected = "SELECT " + id + "::text";
    std::string set;
    std::string matches;
    for (const auto& [referring, referred] : key.columns) {
        const std::string column = "r." + quote_identifier(referring);
        selected += ", " + column + "::text";
        set += " AND " + column + " IS NOT NULL";
        matches +=
            (matches.empty() ? "" : " AND ") + ("p." + quote_identifier(referred)) + " = " + column;
    }
    return selected + " FROM " + quote_table(spec.schema, spec.table) + " AS r WHERE ($1::uuid IS" +
           " NULL OR " + id + " > $1::uuid)" + set + " AND NOT EXISTS (SELECT FROM " +
           quote_table(key.referred_schema, key.referred_table) + " AS p WHERE " + matches +
           ") ORDER BY " + id + " LIMIT " + std::to_string(kOrphanPage);
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts)
        text += (text.empty() ? "" : ", ") + part;
    return text;
}

}  // namespace

void OrphanSearch::search(EntityIndex entity, EntityVerification& counts) {
    const TargetSpec& spec = program_.entities[entity].target;
    if (!searched_.emplace(spec.schema, spec.table).second) return;
    shape_ = read_shape(target_, spec.schema, spec.table);
    const std::set<std::string> left_out = keys_left_out(target_, shape_);
    for (const ForeignKeyShape& key : shape_.references) {
        if (!left_out.contains(key.constraint)) search(entity, key, counts);
    }
}

void OrphanSearch::search(EntityIndex entity, const ForeignKeyShape& key,
                          EntityVerification& counts) {
    const std::string sql = orphans_sql(program_.entities[entity].target, key);
    std::vector<std::string> names;
    for (const auto& [referring, referred] : key.columns)
        names.push_back(referring);
    std::optional<std::string> last;
    for (int read = kOrphanPage; read == kOrphanPage;) {
        const QueryResult rows = target_.exec(sql, Params{last});
        read = rows.rows();
        for (int r = 0; r < read; ++r) {
            last = std::string{rows.text(r, 0)};
            const Uuid id = Uuid::parse(*last).value();
            Columns values;
            std::vector<std::string> texts;
            for (int c = 1; c < rows.columns(); ++c) {
                values.push_back(rows.get(r, c));
                texts.push_back(values.back().value_or(""));
            }
            if (differs(key, id, values) || is_missing(key, values)) continue;
            const auto owner = root_of_row(program_, state_, entity, id);
            ++counts.differences;
            log_.add({.kind = DifferenceKind::orphan,
                      .entity = program_.entities[owner ? owner->entity : entity].name,
                      .key = owner ? display_root(program_, owner->root) : std::string{},
                      .id = id,
                      .column = joined(names),
                      .expected = std::nullopt,
                      .found = joined(texts)});
        }
    }
}

std::vector<EntityIndex> OrphanSearch::entities_of(const std::string& schema,
                                                   const std::string& table) const {
    std::vector<EntityIndex> entities;
    for (EntityIndex entity = 0; entity < program_.entities.size(); ++entity) {
        const TargetSpec& spec = program_.entities[entity].target;
        if (spec.schema == schema && spec.table == table) entities.push_back(entity);
    }
    return entities;
}

// A row of ours as it should be; without values if it stands by history.
std::optional<ExpectedRow> OrphanSearch::present_row(EntityIndex entity, const Uuid& id) const {
    const auto bytes = expected_.store().get(Family::targets, keys::entity_target(entity, id));
    if (!bytes) return std::nullopt;
    ExpectedRow row = ExpectedRows::decode(keys::target(id), *bytes);
    const auto derived = read_record(scratch_, {entity, row.root});
    if (!derived || !derived->present) return std::nullopt;
    if (derived->state != StoredState::applied) row.values.clear();
    return row;
}

// Whether the key has a column of the bridge that is not what the source gives: that is said of the
// row already. Values that others took over are theirs.
bool OrphanSearch::differs(const ForeignKeyShape& key, const Uuid& id,
                           const Columns& values) const {
    for (const EntityIndex sharing : entities_of(shape_.schema, shape_.table)) {
        const auto row = present_row(sharing, id);
        if (!row || row->stands_by_history()) continue;
        const TargetSpec& spec = program_.entities[sharing].target;
        for (std::size_t i = 0; i < spec.columns.size(); ++i) {
            if (spec.columns[i].owner != Owner::bridge) continue;
            for (std::size_t k = 0; k < key.columns.size(); ++k) {
                if (key.columns[k].first != spec.columns[i].name) continue;
                const ColumnShape& column = *shape_.find(spec.columns[i].name);
                if (canonical_text(row->values[i], column) != values[k]) return true;
            }
        }
    }
    return false;
}

// Whether what it refers to is a row of ours that is missing.
bool OrphanSearch::is_missing(const ForeignKeyShape& key, const Columns& values) const {
    if (key.columns.size() != 1) return false;
    for (const EntityIndex parent : entities_of(key.referred_schema, key.referred_table)) {
        if (program_.entities[parent].target.id_column != key.columns.front().second) continue;
        const auto id = Uuid::parse(values.front().value_or(""));
        const auto row = id ? present_row(parent, *id) : std::nullopt;
        if (row) return true;
    }
    return false;
}

}  // namespace crossfade
