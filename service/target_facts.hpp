// What the target asks of the rows of some tables, as single facts that can be compared: more of
// them is a finding, fewer are none.
#pragma once

#include "model/relation.hpp"
#include "postgres/connection.hpp"
#include "service/table_look.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

struct TargetFact {
    std::string kind;   // "not null", "unique", "foreign key", ...
    std::string table;  // TableName::text(); of a foreign key the one that refers
    std::string text;   // the same for the same fact, whatever its name
    std::string name;
    std::string xmin;  // of its row of the catalog; empty: not in the catalog now
};
using TargetFacts = std::map<std::string, TargetFact>;  // by kind, table and text

// The statement that reads them, in a session with search_path = pg_catalog and schema crossfade:
// what the load of a bridge took off counts as being there.
std::string facts_sql(const std::vector<TableName>& tables);
TargetFacts facts_of(const QueryResult& rows);

void append_facts(std::string& bytes, const TargetFacts& facts);
TargetFacts take_facts(std::string_view& in);  // throws Failure(trust) if it is cut short

struct FactChange {
    std::string table;
    CatalogChange change;
};
// `written`: the columns of each table that the bridge writes; of others only what must be written.
std::vector<FactChange> changed_facts(const TargetFacts& then, const TargetFacts& now,
                                      const std::map<std::string, std::set<std::string>>& written);

}  // namespace crossfade
