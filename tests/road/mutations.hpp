// What a hand can do to the target of the shop: kinds of corruption, each with what a verification
// must say of it, and a part of the shop that no other change touches, so that it is known exactly.
#pragma once

#include "tests/road/road_fixture.hpp"

#include <span>
#include <string>

namespace crossfade::test {

struct MutationKind {
    enum class After {
        repaired,   // found, and a repair puts right what it was
        rejected,   // found, and the target refuses the repair, which says so
        left,       // found, and a repair says that it leaves it
        harmless,   // not the bridge's to judge: no finding
        taken_over  // no finding, but counted as a value that somebody else chose
    };
    const char* name;
    const char* table;  // of the target; a row of it is chosen
    const char* where;  // among those with this; "" any
    const char* sql;    // $id: the row's id, $new: an id that nobody has
    // A line for each finding, "kind entity id column"; $id and $new as above.
    const char* found = "";
    After after = After::repaired;
    const char* undo = "";   // what a repair leaves, put right by hand
    bool born = false;       // $new is a row that is not the bridge's
    const char* id_of = "";  // $new is the id that the mapping gives this name, or this id
};

// A unique value of two rows that are exchanged, and what a row has meanwhile.
struct ExchangeKind {
    const char* name;
    const char* table;
    const char* column;
    const char* meanwhile;
    const char* entity;
};

std::span<const MutationKind> mutation_kinds();
std::span<const ExchangeKind> exchange_kinds();

// The source of that part: ids from 5000 on, values that `busy` never takes.
std::string island_sql();
// Notes the rows of the target as those of the island; to be called before others are there.
std::string note_island_sql();
// A function shop_busy(seed, n) of the source: random changes of everything but the island.
std::string busy_sql();

// The rows of the island as they stand, a line each, but for what triggers keep.
std::string island_dump(const EndToEnd& road);

}  // namespace crossfade::test
