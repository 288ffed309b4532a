#include "state/rocks_options.hpp"

#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include <algorithm>

namespace crossfade {

namespace {

rocksdb::CompressionType compression() {
    const auto supported = rocksdb::GetSupportedCompressions();
    const bool lz4 = std::ranges::find(supported, rocksdb::kLZ4Compression) != supported.end();
    return lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
}

// Families that grow with the source; the others hold positions, queues and refusals.
bool is_large(Family family) {
    switch (family) {
        case Family::images:
        case Family::edges:
        case Family::members:
        case Family::claims:
        case Family::derived:
        case Family::intents: return true;
        default: return false;
    }
}

}  // namespace

bool has_prefix_bloom(Family family) { return family == Family::edges; }

rocksdb::DBOptions database_options(const RocksOptions& options) {
    rocksdb::DBOptions db;
    db.create_if_missing = options.create;
    db.create_missing_column_families = true;
    db.db_write_buffer_size = options.memtable_bytes;
    // A small family that is seldom flushed must not keep the WAL of all the others.
    db.max_total_wal_size = 2 * options.memtable_bytes;
    // After a crash a torn record at the end of the WAL is what was not acknowledged; anything else
    // is damage.
    db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    db.max_background_jobs = 2;
    db.max_open_files = 512;
    db.bytes_per_sync = 1 << 20;
    db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
    db.keep_log_file_num = 3;
    db.max_log_file_size = 1 << 20;
    return db;
}

rocksdb::ColumnFamilyOptions family_options(Family family, const RocksOptions& options,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::ColumnFamilyOptions cf;
    const std::size_t small = std::size_t{4} << 20;
    cf.write_buffer_size = is_large(family) ? options.write_buffer_bytes : small;
    cf.compression = compression();
    // Intents are written once, read at a start at most, and erased a batch later.
    if (family == Family::intents) cf.compression = rocksdb::kNoCompression;
    cf.level_compaction_dynamic_level_bytes = true;
    if (has_prefix_bloom(family) && options.edge_prefix_bytes > 0) {
        cf.prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(options.edge_prefix_bytes));
        cf.memtable_prefix_bloom_size_ratio = 0.05;
    }

    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.block_size = std::size_t{16} << 10;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    // Edges are only scanned; elsewhere a key that is not there shall cost no read.
    table.whole_key_filtering = family != Family::edges;
    // Filters and indexes count against the cache, so memory stays flat as the source grows.
    table.cache_index_and_filter_blocks = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    // A whole filter of a large file is megabytes: more than a shard of the cache holds, so that
    // each read would fetch it again. In partitions only the piece that is asked is read and kept.
    table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    table.partition_filters = true;
    table.format_version = 5;
    cf.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return cf;
}

void require(const rocksdb::Status& status, std::string_view doing) {
    if (status.ok()) return;
    const std::string text = std::string{doing} + ": " + status.ToString();
    if (status.IsCorruption()) {
        throw Failure{Error{ErrorKind::trust, text}.with_hint(
            "the state is damaged: restore its directory, or begin with a new snapshot")};
    }
    if (status.IsInvalidArgument() || status.IsNotSupported() || status.IsAborted()) {
        throw Failure{Error{ErrorKind::internal, text}};
    }
    throw Failure{Error{ErrorKind::unavailable, text}};
}

}  // namespace crossfade
