// Tables as the catalog shows them, of the source: what a mapping is checked against and what
// decoding relies on. Servers from PostgreSQL 12 on.
#pragma once

#include "model/relation.hpp"
#include "postgres/connection.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

// A table, partitioned or not; nothing if there is none of that name (views and the like are none).
// identity is what PostgreSQL will do: `nothing` also for the default without a primary key or with
// a deferrable one, whose updates would vanish from the stream with a warning. Type::any: arrays,
// composites, ranges, and all we do not know; domains have the type of their base, enums are text.
std::optional<CatalogTable> read_table(Connection& connection, std::string_view schema,
                                       std::string_view name);

// All tables of the schemas that are not PostgreSQL's own, for suggestions: "schema.name".
std::vector<std::string> table_names(Connection& connection);

// What else a check wants to know of a source table.
struct TableFacts {
    bool partitioned = false;  // changes arrive under the leaves' names
    bool partition = false;
    bool has_children = false;  // inheritance
    bool logged = true;         // unlogged and temporary tables never reach the stream
    bool row_security = false;  // enabled, so a role without BYPASSRLS sees less
    bool selectable = true;     // for this role
    std::uint32_t oid = 0;
    std::uint32_t filenode = 0;  // changes with TRUNCATE and rewrites
    double rows_estimated = -1;  // reltuples; -1: never analyzed
    std::int64_t bytes = 0;      // with TOAST, without indexes
};
std::optional<TableFacts> read_table_facts(Connection& connection, std::string_view schema,
                                           std::string_view name);

}  // namespace crossfade
