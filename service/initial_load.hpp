// The initial load up to the point where the queue takes over: slot, images, adopted ids.
//
//   meta `load`   what is there                           at a start
//   nothing       nothing                                 begin: create the slot, load the images
//   images        a load that was cut off; nothing was    its slot and images are removed, and it
//                 written to the target                   begins anew
//   derive        slot and images; the queue derives      the queue goes on
//                 entity by entity
//
// Each step is synced before the next begins.
#pragma once

#include "config/config.hpp"
#include "postgres/connection.hpp"
#include "postgres/interrupt.hpp"
#include "replicator/slot.hpp"
#include "service/slot_watch.hpp"
#include "snapshot/image_load.hpp"
#include "state/rocks_store.hpp"
#include "state/secret_key.hpp"
#include "telemetry/console.hpp"
#include "telemetry/logger.hpp"

namespace crossfade {

// The images are in: from here on the state is gone on with, not begun anew.
bool has_images(const Reader& state);

class InitialLoad {
public:
    // Borrows all for the time of run().
    InitialLoad(const Program& program, RocksStore& store, const Config& config,
                const SecretKey& key, Interrupt& interrupt, const SlotWatch& slot_watch,
                Console& console, Logger log)
        : program_{program},
          store_{store},
          config_{config},
          key_{key},
          interrupt_{interrupt},
          slot_watch_{slot_watch},
          console_{console},
          log_{std::move(log)} {}

    // Does what is left to do; returns at once if the images are in. Throws Failure, also
    // (unavailable) when it was asked to stop, and (trust) when the slot is in danger.
    void run(const std::stop_token& stop);

private:
    class SourceStop;
    void begin(SourceStop& stop);
    void load(Connection& replication, SourceStop& stop);
    std::vector<RootRef> know_rows(Connection& target);
    void forget_map() const;
    Connection open_target() const;
    void defer_indexes(Connection& target);
    void drop_own_slot(SourceStop& stop) const;
    void check_target(Connection& target) const;

    const Program& program_;
    RocksStore& store_;
    const Config& config_;
    const SecretKey& key_;
    Interrupt& interrupt_;  // ends waits for the target
    const SlotWatch& slot_watch_;
    Console& console_;
    Logger log_;
};

}  // namespace crossfade
