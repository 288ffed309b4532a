// A verification as people read it, and as programs do. Both show values of rows, but for secrets:
// they are for the operator's terminal and files, not for logs.
#pragma once

#include "verify/verification.hpp"

#include <string>

namespace crossfade {

// "different ENTITY KEY id ID: COLUMN should be ..., is ...", "id_taken ENTITY KEY id ID: the root
// is filtered", "orphan ENTITY id ID: COLUMN refers to ..., which is not there".
std::string difference_text(const Difference& difference);
std::string report_text(const Verification& verification);

// {"point", "batch", "differences", "by_kind": {KIND: n}, "deferred", "repairs", "held_ms",
// "elapsed_ms",
//  "entities": {NAME: {"source", "applied", "merged", "filtered", "parked", "rejected", "pending",
//  "compared", "standing", "born", "taken_over", "differences"}}, "relations": {NAME: {"rows",
//  "images", "differences"}}, "born_rows": [{"entity", "id", "unknown"}], if asked for,
//  "found": [{"kind", "entity", "key", "id", "column", "expected",
//  "found", "rewriter" if a trigger may be it}]}; a value is null for NULL, and withheld
// values are left out with "secret": true.
std::string report_json(const Verification& verification);

}  // namespace crossfade
