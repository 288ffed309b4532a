// Questions about the state, and the few changes of it, that commands ask for: quarantine and map.
// The service answers them over its socket; a command answers itself by the same functions when
// nobody serves the state.
//
//   request             members                     answer
//   quarantine list     entity? limit? discarded?   {"status":0,"text":"...","data":[...]}
//   quarantine show     entity key                  {"status":0|1,"text":"...","data":{...}}
//   quarantine retry    entity? key?                {"status":0|1,"text":"...","data":{"roots":2}}
//   quarantine discard  entity? key?                as retry
//   map get             entity key                  {"status":0|1,"text":"...","data":{...}}
//   map find            uuid                        as map get
//
// `text` is what the command prints, `data` what it prints with --json, `status` how it exits.
// Keys are shown, values of rows never.
#pragma once

#include "service/control_server.hpp"
#include "state/store.hpp"
#include "transforms/program.hpp"

#include <functional>

namespace crossfade {

struct StateAccess {
    const Program& program;
    const Reader& reader;  // usable from any thread
    // Runs `fill` where the state is written, between two batches, and makes what it put into the
    // set durable before it returns. `fill` reads by the reader it is given, which sees the batch
    // before.
    using Fill = std::function<void(const Reader&, WriteSet&)>;
    std::function<void(const Fill& fill)> change;
};

// The handlers; they keep a copy of `access`.
RequestHandlers state_handlers(const StateAccess& access);
// What became of a root that was derived and written again: {"repaired": 1}, or {"repaired": 0,
// "reason": why it is in quarantine}.
std::string repair_answer(const Reader& reader, const RootRef& root);

}  // namespace crossfade
