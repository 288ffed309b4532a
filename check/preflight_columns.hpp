// What a mapping gives the columns of one target table, held against what these columns take. All
// of it is said before there is a row.
#pragma once

#include "model/finding.hpp"
#include "postgres/connection.hpp"
#include "target/shape.hpp"
#include "transforms/program.hpp"

namespace crossfade {

// Columns that refuse what a rule of the mapping puts there: NULL of a parent that is detached, or
// of a claim that is lost, into a NOT NULL column; one fallback for all who lose a claim; a
// parent's uuid into another type; an identity that is GENERATED ALWAYS.
void check_columns(const EntitySpec& spec, const EntityProgram& entity, const TableShape& shape,
                   Findings& findings);

// The types of the expressions that columns are given. An error can never be written, or becomes
// another value without a word; a warning is written for some values and refused for others.
// Constants are tried on the server, which changes nothing there.
void check_expressions(Connection& target, const EntityProgram& entity, const TableShape& shape,
                       Findings& findings);

}  // namespace crossfade
