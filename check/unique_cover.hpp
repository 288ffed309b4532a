// Whether two roots of an entity can want one value of a unique key of the target. A key is covered
// if a claim arbitrates it, or if its columns say which root the row belongs to:
//
//   code: "'W' || w.id"                                    the key itself, behind a constant
//   UNIQUE (product_id, tier): root: p.id; tier: n         a parent's key, and the slot
//   UNIQUE (account_id): {of: accounts, row: l}            the parent that this very row feeds
//
// The test is on the expressions as they are written; what it does not understand is not covered.
#pragma once

#include "model/relation.hpp"
#include "postgres/target_catalog.hpp"
#include "transforms/mapping.hpp"

#include <map>
#include <string>

namespace crossfade {

enum class Coverage {
    covered,
    unclear,  // an index over expressions or of a part of the rows: nobody looked into these
    open      // two rows may want one value
};

// `catalog` as for compile(), by "schema.name"; the mapping must compile.
Coverage coverage(const Mapping& mapping, const std::map<std::string, CatalogTable>& catalog,
                  const EntitySpec& entity, const TargetTable& table, const UniqueKey& key);

}  // namespace crossfade
