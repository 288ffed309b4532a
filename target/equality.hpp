// What the types of the target's columns mean for the mapping, which is compiled before the target
// is asked.
#pragma once

#include "target/shape.hpp"

namespace crossfade {

// Tells the columns of `spec` what they can hold, and those of claims what their type holds equal.
// Asks the server how it folds letters if one of these is a citext.
void tell_columns(Connection& connection, const TargetSpec& spec, const TableShape& shape);

// Claims of columns whose equality is not known: ranges, composites, collations that are not
// deterministic, citext in a database that does not fold letter by letter.
void check_equality(Connection& connection, const TargetSpec& spec, const TableShape& shape,
                    Findings& findings);

}  // namespace crossfade
