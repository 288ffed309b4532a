#include "target/statements.hpp"

#include "postgres/codec.hpp"
#include "postgres/quote.hpp"
#include "target/canonical.hpp"

#include <algorithm>
#include <array>

namespace crossfade {

namespace {

std::string placeholder(std::size_t number, const ColumnShape& column) {
    return "$" + std::to_string(number) + "::" + column.type_sql;
}

std::string suffix(const std::vector<std::uint32_t>& columns) {
    std::string text;
    for (const std::uint32_t column : columns)
        text += "_" + std::to_string(column);
    return text;
}

void bind(const Value& value, Params& params) {
    if (is_null(value)) {
        params.null();
    } else if (const auto* text = std::get_if<std::string>(&value)) {
        params.borrow(*text);  // of the batch, which stays
    } else {
        params.text(format_value(value));
    }
}

// The guard of a column as a parameter: NULL if there is none.
void bind_guard(const std::vector<Guard>& guards, std::uint32_t column, Params& params) {
    for (const Guard& guard : guards) {
        if (guard.column == column) {
            params.text(guard.digest);
            return;
        }
    }
    params.null();
}

// An id as text fits into the column. (The modifier of a varchar(n) is n + 4.)
bool holds_any_text(const ColumnShape& column) {
    constexpr std::int32_t kIdSize = 36, kHeader = 4;
    const bool text = column.base == "text" || column.base == "citext" ||
                      column.base == "varchar" || column.base == "bpchar";
    return text && !column.domain && (column.modifier < 0 || column.modifier >= kIdSize + kHeader);
}

bool is_of(const ForeignKeyShape& key, const std::string& table) {
    return quote_table(key.schema, key.table) == table;
}

// "r.parent_id = t.id": the row `r` refers to the row `t` through the key.
std::string match_sql(const ForeignKeyShape& key) {
    std::string sql;
    for (const auto& [referring, referred] : key.columns) {
        sql += (sql.empty() ? "r." : " AND r.") + quote_identifier(referring) + " = t." +
               quote_identifier(referred);
    }
    return sql;
}

// SQL: whether any row refers to the row `t` through the key. If the key's table is `table` itself,
// only rows `r` with the condition `own` count.
std::string refers_sql(const ForeignKeyShape& key, const std::string& table,
                       const std::string& own) {
    return "EXISTS (SELECT FROM " + quote_table(key.schema, key.table) + " AS r WHERE " +
           match_sql(key) + (is_of(key, table) ? " AND " + own : "") + ")";
}

// SQL: the text that a new value has once it is stored in the column. An assignment refuses a value
// that is too long for a character or bit type, but a cast cuts it off. So these types are cast
// without their length.
std::string stored_text_sql(const std::string& value, const ColumnShape& column) {
    static constexpr std::array cut_off_types{"varchar", "bpchar", "bit", "varbit"};
    const bool cuts_off = std::ranges::find(cut_off_types, column.base) != cut_off_types.end();
    if (column.modifier < 0 || column.domain || cuts_off) return "(" + value + ")::text";
    return "CAST(" + value + " AS " + column.type_name + ")::text";
}

// Appends to the text of a PostgreSQL array. The elements hold neither quotes nor commas.
void append_element(std::string& array, std::string_view element) {
    array += array.empty() ? '{' : ',';
    array += element;
}

}  // namespace

WireType staged_as(const ColumnShape& column) {
    static constexpr std::array known_types{
        "bool",    "int2", "int4", "int8",      "float4",      "float8", "numeric", "text",
        "varchar", "uuid", "date", "timestamp", "timestamptz", "time",   "jsonb",   "bytea"};
    const bool known =
        !column.domain && std::ranges::find(known_types, column.base) != known_types.end();
    return known ? wire_type_of(column.base) : WireType::other;
}

TableStatements::TableStatements(EntityIndex entity, const TargetSpec& spec,
                                 const TableShape& shape)
    : entity_{entity},
      spec_{spec},
      shape_{shape},
      table_{quote_table(spec.schema, spec.table)},
      id_{quote_identifier(spec.id_column)} {
    for (const TargetColumn& column : spec.columns) {
        const ColumnShape* found = shape.find(column.name);
        if (found == nullptr) {
            throw Failure{Error{ErrorKind::trust,
                                "table " + table_ + " of the target has no column " + column.name}
                              .with_hint("run crossfade check")};
        }
        columns_.push_back(found);
    }
    for (std::uint32_t i = 0; i < spec.columns.size(); ++i) {
        const Owner owner = spec.columns[i].owner;
        if (owner != Owner::target && owner != Owner::trigger) updated_.push_back(i);
    }
    make_insert();
    make_remove();
    make_remove_set();
    make_staging();
}

// SQL: the right side of SET for a column. `fresh` is the SQL of the new value, `guard` that of the
// guard's digest (empty: no guard, the value is always written).
std::string TableStatements::value_sql(std::uint32_t index, const std::string& fresh,
                                       const std::string& guard) const {
    const TargetColumn& column = spec_.columns[index];
    const std::string stored = "t." + quote_identifier(column.name);
    std::string value = fresh;
    if (column.kind == ColumnSpec::Kind::json) {
        std::string keys;
        for (const std::string& key : column.json_keys) {
            keys += (keys.empty() ? "" : ", ") + quote_literal(key);
        }
        value = "((CASE jsonb_typeof(" + stored + ") WHEN 'object' THEN " + stored +
                " ELSE '{}'::jsonb END) - ARRAY[" + keys + "]::text[]) || " + fresh;
    } else if (column.owner == Owner::at_least) {
        value = "GREATEST(" + stored + ", " + fresh + ")";
    }
    if (guard.empty()) return value;
    return "CASE WHEN " + guard + " = '' OR " + column_digest_sql("t", column, *columns_[index]) +
           " = " + guard + " THEN " + value + " ELSE " + stored + " END";
}

void TableStatements::make_insert() {
    std::string names = id_;
    std::string values = "$1::uuid";
    bool identity = false;
    insert_.name = "crossfade_" + std::to_string(entity_) + "_insert";
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        names += ", " + quote_identifier(columns_[i]->name);
        values += ", " + placeholder(i + 2, *columns_[i]);
        identity = identity || columns_[i]->identity_always;
    }
    const std::string into = "INSERT INTO " + table_ + " AS t (" + names + ")" +
                             (identity ? " OVERRIDING SYSTEM VALUE" : "");
    insert_.sql = into + " VALUES (" + values + ")";
    const std::string staging = "crossfade_staging_" + std::to_string(entity_);
    merge_ = into + " SELECT s." + id_;
    for (const ColumnShape* column : columns_) {
        merge_ += ", s." + quote_identifier(column->name);
        if (staged_as(*column) == WireType::other) merge_ += "::" + column->type_sql;
    }
    merge_ += " FROM pg_temp." + staging + " AS s";
}

void TableStatements::make_staging() {
    const std::string name = "pg_temp.crossfade_staging_" + std::to_string(entity_);
    staging_ = "CREATE TEMPORARY TABLE crossfade_staging_" + std::to_string(entity_) + " (" + id_ +
               " uuid";
    for (const ColumnShape* column : columns_) {
        staging_ += ", " + quote_identifier(column->name) + " " +
                    (staged_as(*column) != WireType::other ? column->type_sql : "text");
    }
    staging_ += ") ON COMMIT DROP";
    copy_ = "COPY " + name + " FROM STDIN (FORMAT binary)";
    std::string names = id_;
    for (const ColumnShape* column : columns_) {
        if (staged_as(*column) == WireType::other) return;
        names += ", " + quote_identifier(column->name);
    }
    direct_ = "COPY " + table_ + " (" + names + ") FROM STDIN (FORMAT binary)";
}

TableStatements::Assignments TableStatements::assignments(const std::vector<std::uint32_t>& columns,
                                                          bool vacates) const {
    Assignments made;
    std::size_t next = columns.size() + 2;  // guards' digests follow the values
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const ColumnShape& column = *columns_[columns[i]];
        const TargetColumn& target = spec_.columns[columns[i]];
        const std::string name = quote_identifier(column.name);
        const std::string guard =
            is_guarded(target) ? "$" + std::to_string(next++) + "::text" : std::string{};
        std::string value = placeholder(i + 2, column);
        if (!vacates) {
            value = value_sql(columns[i], value, guard);
        } else if (!guard.empty()) {
            value = "CASE WHEN coalesce(" + guard + ", '') = '' OR " +
                    column_digest_sql("t", target, column) + " = " + guard + " THEN " + value +
                    " ELSE t." + name + " END";
        }
        made.set += (i == 0 ? "" : ", ") + name + " = " + value;
        made.differences += (i == 0 ? "" : " OR ") + stored_text_sql(value, column) +
                            " IS DISTINCT FROM t." + name + "::text";
    }
    return made;
}

Statement TableStatements::make_update(const std::vector<std::uint32_t>& columns, bool blind,
                                       std::string name) const {
    Statement statement;
    statement.name = std::move(name);
    const std::string from = table_ + " AS t";
    const std::string where = " WHERE t." + id_ + " = $1::uuid";
    // With no column to write, the row is still selected, so that a missing row is noticed.
    if (columns.empty()) {
        statement.sql = "SELECT FROM " + from + where;
        return statement;
    }
    const Assignments made = assignments(columns, false);
    statement.sql = "UPDATE " + from + " SET " + made.set + where;
    if (blind) statement.sql += " AND (" + made.differences + ")";
    return statement;
}

const Statement& TableStatements::update(const std::vector<std::uint32_t>& only, bool blind) {
    const auto found = updates_.find({only, blind});
    if (found != updates_.end()) return found->second;
    const std::string name = "crossfade_" + std::to_string(entity_) +
                             (blind ? "_blind_update" : "_update") + suffix(only);
    return updates_
        .emplace(std::pair{only, blind}, make_update(only.empty() ? updated_ : only, blind, name))
        .first->second;
}

const Statement& TableStatements::vacate(const std::vector<std::uint32_t>& columns) {
    const auto found = vacates_.find(columns);
    if (found != vacates_.end()) return found->second;
    Statement statement;
    statement.name = "crossfade_" + std::to_string(entity_) + "_vacate" + suffix(columns);
    statement.sql = "UPDATE " + table_ + " AS t SET " + assignments(columns, true).set +
                    " WHERE t." + id_ + " = $1::uuid";
    return vacates_.emplace(columns, std::move(statement)).first->second;
}

const Statement& TableStatements::look(const std::vector<std::uint32_t>& only, bool vacates) {
    const auto found = looks_.find({only, vacates});
    if (found != looks_.end()) return found->second;
    const std::vector<std::uint32_t>& columns = only.empty() ? updated_ : only;
    Statement statement;
    statement.name = "crossfade_" + std::to_string(entity_) +
                     (vacates ? "_look_vacated" : "_look") + suffix(only);
    statement.sql = "SELECT " +
                    (columns.empty() ? "false" : assignments(columns, vacates).differences) +
                    " FROM " + table_ + " AS t WHERE t." + id_ + " = $1::uuid";
    return looks_.emplace(std::pair{only, vacates}, std::move(statement)).first->second;
}

std::string TableStatements::holder_sql(const std::set<std::uint32_t>& columns) const {
    std::string sql =
        "SELECT t." + id_ + "::text FROM " + table_ + " AS t WHERE t." + id_ + " <> $1::uuid";
    std::size_t number = 2;
    for (const std::uint32_t column : columns) {
        sql += " AND t." + quote_identifier(columns_[column]->name) + " = " +
               placeholder(number++, *columns_[column]);
    }
    return sql;
}

void TableStatements::make_remove() {
    const std::string unchanged =
        "($2::text IS NULL OR " + row_digest_sql("t", spec_, shape_) + " = $2::text)";
    const std::string prefix = "crossfade_" + std::to_string(entity_);
    const std::string where = " AS t WHERE t." + id_ + " = $1::uuid";
    hold_ = "SELECT FROM " + table_ + where + " FOR UPDATE";
    lock_.name = prefix + "_lock";
    lock_.sql = "SELECT " + unchanged + " FROM " + table_ + where + " FOR UPDATE";
    remove_.name = prefix + "_remove";
    std::string may_leave = table_ + where + " AND " + unchanged;
    for (const ForeignKeyShape& key : shape_.referrers) {
        // A reference of the row to itself does not keep it from being deleted.
        may_leave += " AND NOT " + refers_sql(key, table_, "r." + id_ + " <> t." + id_);
    }
    remove_.sql = "DELETE FROM " + may_leave;
    removable_.name = prefix + "_removable";
    removable_.sql = "SELECT FROM " + may_leave;
}

// Deletes a set of rows that may refer to each other, but for those that must stay. These are,
// first, the rows that somebody changed or that a row outside the set refers to; then the rows that
// these refer to, and so on. UNION ends the recursion on a cycle.
void TableStatements::make_remove_set() {
    std::string held = "NOT l.unchanged";
    std::string upwards;
    for (const ForeignKeyShape& key : shape_.referrers) {
        held +=
            " OR " + refers_sql(key, table_,
                                "NOT EXISTS (SELECT FROM leaving AS o WHERE o.id = r." + id_ + ")");
        if (!is_of(key, table_)) continue;
        upwards += (upwards.empty() ? "SELECT t." : " UNION ALL SELECT t.") + id_ + " FROM " +
                   table_ + " AS t WHERE " + match_sql(key);
    }
    if (upwards.empty()) return;
    const std::string prefix = "crossfade_" + std::to_string(entity_);
    lock_set_.name = prefix + "_lock_set";
    // $2 is mentioned only so that both statements take the same parameters.
    lock_set_.sql = "SELECT FROM " + table_ + " AS t WHERE t." + id_ +
                    " = ANY ($1::uuid[]) AND cardinality($2::text[]) > 0 ORDER BY t." + id_ +
                    " FOR UPDATE";
    remove_set_.name = prefix + "_remove_set";
    remove_set_.sql =
        "WITH RECURSIVE leaving (id, unchanged) AS MATERIALIZED (SELECT t." + id_ +
        ", CASE WHEN g.digest IS NULL THEN true ELSE " + row_digest_sql("t", spec_, shape_) +
        " = g.digest END FROM unnest($1::uuid[], $2::text[]) AS g (id, digest) JOIN " + table_ +
        " AS t ON t." + id_ + " = g.id), held (id) AS (SELECT l.id FROM leaving AS l JOIN " +
        table_ + " AS t ON t." + id_ + " = l.id WHERE " + held +
        " UNION SELECT l.id FROM held AS h" + " JOIN " + table_ + " AS r ON r." + id_ +
        " = h.id CROSS JOIN LATERAL (" + upwards +
        ") AS up (id) JOIN leaving AS l ON l.id = up.id), gone (id) AS (DELETE FROM " + table_ +
        " AS t USING leaving AS l WHERE t." + id_ +
        " = l.id AND NOT EXISTS (SELECT FROM held AS h WHERE h.id = l.id) RETURNING l.id)"
        " SELECT l.id::text, EXISTS (SELECT FROM gone AS g WHERE g.id = l.id), l.unchanged,"
        " EXISTS (SELECT FROM held AS h WHERE h.id = l.id) FROM leaving AS l";
}

void TableStatements::bind_insert(const RowWrite& write, Params& params) const {
    params.clear();
    params.text(write.id.format());
    for (std::size_t i = 0; i < columns_.size(); ++i)
        bind(write.values.at(i), params);
}

void TableStatements::bind_update(const RowWrite& write, Params& params) const {
    const std::vector<std::uint32_t>& columns = write.only.empty() ? updated_ : write.only;
    params.clear();
    params.text(write.id.format());
    for (const std::uint32_t column : columns)
        bind(write.values.at(column), params);
    for (const std::uint32_t column : columns) {
        if (is_guarded(spec_.columns[column])) bind_guard(write.guards, column, params);
    }
}

void TableStatements::bind_vacate(const Vacate& vacate, Params& params) const {
    params.clear();
    params.text(vacate.id.format());
    for (std::size_t i = 0; i < vacate.columns.size(); ++i) {
        const std::string& column = spec_.columns[vacate.columns[i]].name;
        const ColumnShape* shape = vacate.unseats ? shape_.find(column) : nullptr;
        if (shape != nullptr && shape->nullable)
            params.null();
        else if (shape != nullptr && holds_any_text(*shape))
            params.text(vacate.id.format());
        else
            bind(vacate.values[i], params);
    }
    for (const std::uint32_t column : vacate.columns) {
        if (is_guarded(spec_.columns[column])) bind_guard(vacate.guards, column, params);
    }
}

void TableStatements::bind_remove(const RowDelete& removal, Params& params) const {
    params.clear();
    params.text(removal.id.format());
    if (removal.keep_if_changed) {
        params.text(row_digest(spec_, shape_, removal.last_written));
    } else {
        params.null();
    }
}

void TableStatements::bind_remove_set(std::span<const RowDelete* const> removals,
                                      Params& params) const {
    std::string ids;
    std::string digests;
    for (const RowDelete* removal : removals) {
        append_element(ids, removal->id.format());
        append_element(digests, removal->keep_if_changed
                                    ? row_digest(spec_, shape_, removal->last_written)
                                    : "NULL");
    }
    params.clear();
    params.text(ids + '}');
    params.text(digests + '}');
}

}  // namespace crossfade
