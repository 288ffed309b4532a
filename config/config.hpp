// Every setting of crossfade, typed and checked; crossfade.yaml and the environment become one of
// these (config/reader.hpp), and nothing below config/ knows files or variables. Plain data.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace crossfade {

struct SourceConfig {
    std::string conninfo;  // libpq; may name a service
    std::string slot = "crossfade";
    std::string plugin = "wal2json";  // that the slot is read with
};

struct TargetConfig {
    std::string conninfo;
    // Of the sessions that write; beyond them the batch is rolled back and tried again. 0: none.
    std::chrono::milliseconds lock_timeout{10'000};
    std::chrono::milliseconds statement_timeout{300'000};  // not of a load's statements
};

// The initial load.
struct LoadConfig {
    int connections = 2;                 // COPY streams from the source, and to the target
    std::uint64_t chunk_rows = 20'000;   // roots derived and committed together
    std::uint64_t memory = 1ULL << 30U;  // that a load may take, about
    bool defer_indexes = false;
};

// What one target transaction of the stream may hold, and what a source transaction may hold in
// memory.
struct BatchConfig {
    std::uint64_t transactions_max = 100;
    std::uint64_t rows_max = 5'000;
    std::uint64_t bytes_max = 16ULL << 20U;
    std::uint64_t copy_rows_min = 2'000;       // from here on COPY + merge instead of upserts
    std::uint64_t spill_bytes = 64ULL << 20U;  // beyond it a transaction is applied in slices
};

// The queue of background work.
struct WorkConfig {
    std::uint64_t chunk_roots = 2'000;     // derived in one batch
    std::uint64_t inline_roots_max = 300;  // beyond it a fan-out becomes work
};

struct SecretsConfig {
    std::filesystem::path key_file;  // default: secret.key in the state directory
    std::optional<int> bcrypt_cost;  // replaces the cost written in the mapping
};

struct LogConfig {
    std::string level = "info";  // debug, info, warning, error
};

struct RetryConfig {
    std::chrono::milliseconds first{200};
    std::chrono::milliseconds max{30'000};
    std::chrono::milliseconds connect_timeout{10'000};  // of either server
    std::chrono::milliseconds silence{30'000};          // of a server that cannot be asked
};

struct Config {
    SourceConfig source;
    TargetConfig target;
    std::filesystem::path mapping;
    std::filesystem::path state;
    LoadConfig load;
    BatchConfig batch;
    WorkConfig work;
    SecretsConfig secrets;
    RetryConfig retry;
    LogConfig log;
};

}  // namespace crossfade
