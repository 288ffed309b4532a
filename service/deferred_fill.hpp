// Deferred columns: reads a secret from the source again, and computes what the target column shall
// hold, on a thread of its own. A value is used only while its fingerprint still is the one in the
// images; else the change that is on its way will ask again.
#pragma once

#include "postgres/connection.hpp"
#include "state/records.hpp"
#include "state/secret_key.hpp"
#include "state/store.hpp"
#include "telemetry/logger.hpp"
#include "transforms/program.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace crossfade {

class DeferredFill {
public:
    using Filled = std::vector<std::pair<WorkItem, Value>>;

    // Borrows program and store (which it only reads). `wake` is called when a chunk is ready.
    DeferredFill(const Program& program, const Store& store, ConnectionOptions source,
                 SecretKey key, Logger log, std::function<void()> wake);
    ~DeferredFill();
    DeferredFill(const DeferredFill&) = delete;
    DeferredFill& operator=(const DeferredFill&) = delete;

    // Begins a chunk if none is under way and items are queued.
    void begin();
    // The finished chunk, once. Values are NULL where the column keeps its `until` value, absent
    // where the root is gone.
    std::optional<Filled> take();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace crossfade
