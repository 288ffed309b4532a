// A table as its catalog shows it: whether it still is the table that it was, seen twice. What
// reads it is service/source_catalog and service/target_catalog.
//
// Told apart are tables that were exchanged, renamed (and renamed back), moved to another schema,
// rewritten, made UNLOGGED, inherited from, and columns that were exchanged. GRANT, ANALYZE, VACUUM
// FULL, TRUNCATE and new indexes or columns are no such changes.
#pragma once

#include "model/relation.hpp"
#include "postgres/connection.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

// A column by what the server calls it: `number` and `type` say which it is, `row` is its row of
// pg_attribute and `xmin` the transaction that wrote that one.
struct ColumnLook {
    std::string number;
    std::string type;
    std::string xmin;
    std::string row;
};

struct TableLook {
    std::string oid;
    std::string persistence;
    std::string kind;
    std::string children;
    std::string toast;  // oid of its table of large values: another one for a table written anew
    std::string file;
    std::string type_xmin;  // of its row type, which RENAME and SET SCHEMA write
    std::string type_row;
    std::string xmin;
    std::map<std::string, ColumnLook> columns;
};

using TableLooks = std::map<std::string, TableLook>;  // by TableName::text()

// The statement that reads such tables, all their columns, a row each; those that are not there are
// left out.
std::string look_sql(const std::vector<TableName>& tables);
// "('schema', 'name'), ..." for VALUES.
std::string names_sql(const std::vector<TableName>& tables);
TableLooks tables_of(const QueryResult& rows);

void append_tables(std::string& bytes, const TableLooks& tables);
TableLooks take_tables(std::string_view& in);  // throws Failure(trust) if it is cut short

struct CatalogChange {
    std::string what;  // behind the table's name
    std::string xid;   // of the catalog's row that tells it; empty: that row is gone
    // Rows may be gone, or have other values than what was written to the table.
    bool loses = true;
};

// What became of the table, judged by the columns of that names alone; `now`: null if it is gone.
std::vector<CatalogChange> changes_of_table(TableLook then, const TableLook* now,
                                            const std::set<std::string>& columns);

// "table public.t is ...; by transaction 7, between 0/1 and 0/2".
std::string tell(const std::string& table, const CatalogChange& change, const std::string& from,
                 const std::string& to);

}  // namespace crossfade
