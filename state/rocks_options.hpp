// RocksDB's settings and what its statuses mean to us: shared by the files of this folder that
// speak to RocksDB.
#pragma once

#include "state/rocks_store.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/options.h>
#include <rocksdb/status.h>

namespace crossfade {

rocksdb::DBOptions database_options(const RocksOptions& options);
rocksdb::ColumnFamilyOptions family_options(Family family, const RocksOptions& options,
                                            const std::shared_ptr<rocksdb::Cache>& cache);
// Whether scans of the family may use the bloom filter of prefixes.
bool has_prefix_bloom(Family family);

// Throws the Failure that an unsuccessful status stands for; `doing` says what was tried.
void require(const rocksdb::Status& status, std::string_view doing);

inline rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace crossfade
