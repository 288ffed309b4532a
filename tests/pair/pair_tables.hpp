// The twelve tables of lms that the mapping carries, and what must stand in them by the rules of
// docs/edu-lms.md, as SQL on edu: written a second time and in another language than the mapping,
// so that a row that is missing, or one too many, is seen by somebody else than `crossfade verify`.
#pragma once

#include <span>

namespace crossfade::test {

struct PairTable {
    const char* name;
    // A query on edu: the names that the ids of its rows come from.
    const char* names;
    // The relations of edu of which each row counts, slots as often as they are: "edu_years,
    // edu_years".
    const char* sources;
    // A query on edu: how many of these rows wait for something that is not there; null: none can.
    const char* parked;
    // A row whose source rows are deleted stays as history, so more rows than `names` are right.
    bool keeps_history;
    // Columns that are not a function of the source: trigger columns, those that are written when
    // the row is inserted and belong to lms from then on, and what only grows. An array of text.
    const char* left_out;
};

// In the order of the mapping file.
std::span<const PairTable> pair_tables();

// The tables of edu that the mapping reads.
std::span<const char* const> source_tables();

// Functions, views and a table in schema ext of edu, which `names` and `parked` use. Which rows of
// lms stand although edu does not give them (any more) depends on what happened, not on what edu
// holds: a test that makes such a row says so in ext.standing (entity, id).
const char* pair_views();

}  // namespace crossfade::test
