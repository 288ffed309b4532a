// The service: snapshot if there is none yet, then follow the slot until it is told to stop.
//
//   phase         until                                             then
//   new           the slot is created and the images are loaded     snapshot
//   snapshot      the queue holds no load any more                  catching_up
//   catching_up   one transaction at most waits to be applied       streaming
//   streaming     more than one waits                               catching_up
//   any of them   an error of trust                                 halted: the process ends
//
// Two threads: the receiver (Asio, StreamSession) keeps the source informed and fills a bounded
// channel; the applier (Applier) takes transactions from it, one batch at a time, and does queued
// work between them. A third hashes secrets (DeferredFill). Commands come in through the control
// socket and are carried out by the applier between two batches.
#pragma once

#include "config/config.hpp"
#include "service/context.hpp"
#include "state/rocks_store.hpp"

#include <memory>

namespace crossfade {

// Runs on the state at config.state until SIGTERM or SIGINT, or, with `snapshot_only`, until the
// load is done. Throws Failure for what cannot be retried; a server that is away is waited for.
int run_service(const Config& config, const Context& context, std::unique_ptr<RocksStore> store,
                bool snapshot_only);

}  // namespace crossfade
