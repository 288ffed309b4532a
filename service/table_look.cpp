#include "service/table_look.hpp"

#include "model/encoding.hpp"
#include "postgres/quote.hpp"

#include <algorithm>
#include <array>

namespace crossfade {

namespace {

std::array<std::string*, 9> fields_of(TableLook& table) {
    return {&table.oid,  &table.persistence, &table.kind,     &table.children, &table.toast,
            &table.file, &table.type_xmin,   &table.type_row, &table.xmin};
}

std::array<std::string*, 4> fields_of(ColumnLook& column) {
    return {&column.number, &column.type, &column.xmin, &column.row};
}

std::optional<CatalogChange> changed_column(const std::string& name, const ColumnLook& then,
                                            const ColumnLook* now) {
    if (now == nullptr) {
        return CatalogChange{
            .what = "has no column " + name + " any more", .xid = {}, .loses = false};
    }
    if (now->number != then.number)
        return CatalogChange{"has another column " + name + " than before", now->xmin};
    if (now->type != then.type) {
        return CatalogChange{
            .what = "has the column " + name + " as " + now->type + " now, before as " + then.type,
            .xid = now->xmin,
            .loses = false};
    }
    return std::nullopt;
}

// Which of the table's catalog rows were written anew and say the same as before.
std::vector<std::string> unexplained(const TableLook& then, const TableLook& now) {
    std::vector<std::string> names;
    for (const auto& [name, column] : then.columns) {
        const auto other = now.columns.find(name);
        if (other == now.columns.end()) continue;
        if (other->second.xmin != column.xmin && other->second.row == column.row)
            names.push_back(name);
    }
    return names;
}

// Of the table as one thing; what follows from another is not told.
std::optional<CatalogChange> changed_whole(const TableLook& then, const TableLook* now) {
    if (now == nullptr) return CatalogChange{"is not there any more", {}};
    if (now->oid != then.oid)
        return CatalogChange{
            "is another table of that name (oid " + now->oid + ", before " + then.oid + ")",
            now->xmin};
    if (now->kind != then.kind) return CatalogChange{"is of another kind than before", now->xmin};
    if (now->persistence != then.persistence)
        return CatalogChange{"is no longer logged as before (SET LOGGED, SET UNLOGGED)", now->xmin};
    if (now->kind == "r" && now->children != then.children)
        return CatalogChange{"has other tables that inherit from it", now->xmin};
    return std::nullopt;
}

}  // namespace

std::string names_sql(const std::vector<TableName>& tables) {
    std::string names;
    for (const TableName& table : tables) {
        names += (names.empty() ? "(" : ", (") + quote_literal(table.schema) + ", " +
                 quote_literal(table.name) + ")";
    }
    return names;
}

std::string look_sql(const std::vector<TableName>& tables) {
    return "SELECT m.s, m.r, c.oid, c.relpersistence, c.relkind,"
           " (SELECT count(*) FROM pg_inherits WHERE inhparent = c.oid), c.reltoastrelid,"
           " c.relfilenode, t.xmin, md5((to_jsonb(t) - 'typacl')::text), c.xmin, a.attname,"
           " a.attnum, format_type(a.atttypid, a.atttypmod), a.xmin, md5(to_jsonb(a)::text)"
           " FROM (VALUES " +
           names_sql(tables) +
           ") AS m(s, r) JOIN pg_namespace n ON n.nspname = m.s"
           " JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = m.r"
           " JOIN pg_type t ON t.oid = c.reltype JOIN pg_attribute a ON a.attrelid = c.oid AND"
           " a.attnum > 0 AND NOT a.attisdropped";
}

TableLooks tables_of(const QueryResult& rows) {
    TableLooks tables;
    for (int r = 0; r < rows.rows(); ++r) {
        int at = 0;
        const auto next = [&] { return std::string{rows.text(r, at++)}; };
        TableName name;
        name.schema = next();
        name.name = next();
        TableLook& table = tables[name.text()];
        for (std::string* field : fields_of(table))
            *field = next();
        ColumnLook& column = table.columns[next()];
        for (std::string* field : fields_of(column))
            *field = next();
    }
    return tables;
}

void append_tables(std::string& bytes, const TableLooks& tables) {
    append_varint(bytes, tables.size());
    for (const auto& [name, look] : tables) {
        TableLook table = look;
        append_text(bytes, name);
        for (const std::string* field : fields_of(table))
            append_text(bytes, *field);
        append_varint(bytes, table.columns.size());
        for (auto& [column, of] : table.columns) {
            append_text(bytes, column);
            for (const std::string* field : fields_of(of))
                append_text(bytes, *field);
        }
    }
}

TableLooks take_tables(std::string_view& in) {
    TableLooks tables;
    for (std::uint64_t left = take_varint(in); left > 0; --left) {
        TableLook& table = tables[take_text(in)];
        for (std::string* field : fields_of(table))
            *field = take_text(in);
        for (std::uint64_t columns = take_varint(in); columns > 0; --columns) {
            ColumnLook& column = table.columns[take_text(in)];
            for (std::string* field : fields_of(column))
                *field = take_text(in);
        }
    }
    return tables;
}

std::vector<CatalogChange> changes_of_table(TableLook then, const TableLook* now,
                                            const std::set<std::string>& columns) {
    // A new column may have the table written anew, with the other columns as they were.
    const bool grown = now != nullptr && std::ranges::any_of(now->columns, [&](const auto& entry) {
                           return !then.columns.contains(entry.first);
                       });
    std::erase_if(then.columns, [&](const auto& entry) { return !columns.contains(entry.first); });
    if (auto change = changed_whole(then, now)) return {std::move(*change)};
    std::vector<CatalogChange> changes;
    bool typed = false;  // by which a table is written anew
    for (const auto& [name, column] : then.columns) {
        const auto found = now->columns.find(name);
        const ColumnLook* other = found == now->columns.end() ? nullptr : &found->second;
        typed = typed || (other != nullptr && other->type != column.type);
        if (auto change = changed_column(name, column, other)) changes.push_back(*change);
    }
    if (now->type_xmin != then.type_xmin && now->type_row == then.type_row)
        changes.push_back({"had another name or schema meanwhile", now->type_xmin});
    const std::vector<std::string> names = unexplained(then, *now);
    const bool toasted =
        !grown && now->toast != then.toast && then.toast != "0" && now->toast != "0";
    if (!typed && (toasted || (now->file != then.file && !names.empty()))) {
        changes.push_back(
            {"was written anew (ALTER TABLE), its rows may have other values", now->xmin});
    } else if (names.size() > 1) {
        changes.push_back(
            {"has columns that had other names meanwhile (" + names[0] + ", " + names[1] + ")",
             now->columns.at(names[0]).xmin});
    }
    return changes;
}

std::string tell(const std::string& table, const CatalogChange& change, const std::string& from,
                 const std::string& to) {
    return "table " + table + " " + change.what +
           (change.xid.empty() ? "" : "; by transaction " + change.xid) + ", between " + from +
           " and " + to;
}

}  // namespace crossfade
