// Whether a state belongs to the mapping, and which numbers it has for the mapping's things. Run
// before anything of it is read by a program.
//
// The state keeps the things of the mapping that made it by name (transforms/shape_text), each with
// the number it got when it first came; a number is handed out once. A mapping that says the same
// in another order, that loses a column, a look-up or a relation, or gains a column of the target
// that needs nothing which the state does not have, goes on with the state. Any other is refused:
// what it needs is not there.
#pragma once

#include "service/context.hpp"
#include "state/numbers.hpp"
#include "state/store.hpp"

#include <string>
#include <vector>

namespace crossfade {

// The numbers, for RocksStore::use_numbers. Throws Failure(trust) if the state was made, or last
// gone on with, by a mapping of another shape, naming the first thing that differs. Changes
// nothing.
StateNumbers require_shape(const Context& context, const Reader& state);

struct TakenShape {
    StateNumbers numbers;
    std::vector<std::string> changes;  // what came and went: "new: column people.nick value, ..."
};

// The same for the service, which may go on with a mapping that changed: what came gets its
// numbers, what went keeps them for ever, work on it is dropped, and entities with new columns are
// queued to be derived again. All of it in one synced write, before the store is given the numbers.
TakenShape take_shape(const Context& context, Store& state);

}  // namespace crossfade
