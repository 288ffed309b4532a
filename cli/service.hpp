// The service: snapshot if there is none yet, then follow the slot until it is told to stop.
//
//   new --create slot, load images--> snapshot --queue of loads is empty--> catching_up <-->
//   streaming
//                                                  any of them --error of trust--> halted (the
//                                                  process ends, status 2)
//
// Two threads: the receiver (Asio, StreamSession) keeps the source informed and fills a bounded
// channel; the applier (this file) takes transactions from it, one batch at a time, and does queued
// work between them. A third hashes secrets (DeferredFill). Commands come in through the control
// socket and are carried out by the applier between two batches.
#pragma once

#include "config/config.hpp"

#include <string>

namespace crossfade {

// Runs until SIGTERM or SIGINT (0), or, with `snapshot_only`, until the load is done. Throws
// Failure for what cannot be retried.
int run_service(const Config& config, bool snapshot_only);

}  // namespace crossfade
