// The initial load up to the point where the queue takes over: slot, images, adopted ids.
//
//   nothing --load=images, synced--> slot created, images loaded --load=derive, synced--> the queue
//   derives entity by entity
//
// What is found at a start: nothing: begin. load=images: that load was cut off; its slot and images
// are removed and it begins anew (nothing was written to the target). load=derive: the queue goes
// on.
#pragma once

#include "config/config.hpp"
#include "postgres/connection.hpp"
#include "snapshot/image_load.hpp"
#include "state/rocks_store.hpp"
#include "state/secret_key.hpp"
#include "telemetry/console.hpp"
#include "telemetry/logger.hpp"

namespace crossfade {

class InitialLoad {
public:
    // Borrows all for the time of run().
    InitialLoad(const Program& program, RocksStore& store, const Config& config,
                const SecretKey& key, Console& console, Logger log)
        : program_{program},
          store_{store},
          config_{config},
          key_{key},
          console_{console},
          log_{std::move(log)} {}

    // Does what is left to do; returns at once if the images are in. Throws Failure, also
    // (unavailable) when it was asked to stop.
    void run(const std::stop_token& stop);
    bool begun() const;  // something of it is in the state

private:
    void load(Connection& replication, const std::stop_token& stop);
    void defer_indexes(Connection& target);
    void drop_own_slot() const;
    void check_target(Connection& target) const;

    const Program& program_;
    RocksStore& store_;
    const Config& config_;
    const SecretKey& key_;
    Console& console_;
    Logger log_;
};

}  // namespace crossfade
