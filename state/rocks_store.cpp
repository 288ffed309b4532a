#include "state/rocks_store.hpp"

#include "state/format.hpp"
#include "state/rocks_options.hpp"

#include <rocksdb/db.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <cerrno>
#include <cstring>
#include <mutex>

#include <sys/stat.h>
#include <unistd.h>

namespace crossfade {

namespace {

// An iterator and its upper bound. RocksDB keeps a pointer to the slice, so a cursor lives on the
// heap and does not move; the bound is set anew before each seek.
struct Cursor {
    std::string bound;
    rocksdb::Slice bound_slice;
    std::unique_ptr<rocksdb::Iterator> iterator;
};

// The smallest string greater than every string that starts with `prefix`; empty if there is none.
std::string successor(std::string_view prefix) {
    std::string bound{prefix};
    while (!bound.empty() && static_cast<unsigned char>(bound.back()) == 0xFF)
        bound.pop_back();
    if (!bound.empty())
        bound.back() = static_cast<char>(static_cast<unsigned char>(bound.back()) + 1);
    return bound;
}

// Greater than every key: no key begins with this many 0xFF.
const std::string kBeyond(64, '\xFF');

// The end of the range of keys that start with `prefix`.
std::string beyond(std::string_view prefix) {
    std::string end = successor(prefix);
    return end.empty() ? kBeyond : end;
}

void require_private_directory(const std::filesystem::path& directory, bool create) {
    if (create && ::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
        throw Failure{Error{
            ErrorKind::configuration,
            "cannot make the state directory " + directory.string() + ": " + std::strerror(errno)}};
    }
    struct stat info {};
    if (::stat(directory.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
        throw Failure{
            Error{ErrorKind::configuration, "there is no state directory " + directory.string()}};
    }
    if (info.st_uid != ::geteuid()) {
        throw Failure{Error{ErrorKind::configuration, "the state directory " + directory.string() +
                                                          " belongs to another user"}};
    }
    if ((info.st_mode & 077) != 0) {
        throw Failure{Error{ErrorKind::configuration,
                            "the state directory " + directory.string() + " is open to other users"}
                          .with_hint("chmod 700 " + directory.string())};
    }
}

bool lock_is_held(const rocksdb::Status& status) {
    return status.IsIOError() && status.ToString().find("LOCK") != std::string::npos;
}

}  // namespace

struct RocksStore::Impl : Store {
    std::filesystem::path directory;
    RocksOptions options;
    std::shared_ptr<rocksdb::Cache> cache;
    std::unique_ptr<rocksdb::DB> db;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;  // by Family; the default one is last

    // Idle cursors by family, of scans that use the bloom filter of prefixes and of those that do
    // not. Making an iterator costs more than a short scan, so they are kept until the next write
    // makes them stale.
    mutable std::mutex mutex;
    mutable std::uint64_t generation = 0;
    mutable std::array<std::array<std::vector<std::unique_ptr<Cursor>>, 2>, kFamilies> idle;

    // In front of this, while a program has other numbers.
    std::unique_ptr<NumberedStore> numbered;

    Impl() = default;
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() override {
        drop_cursors();
        for (rocksdb::ColumnFamilyHandle* handle : handles) {
            if (handle != nullptr) db->DestroyColumnFamilyHandle(handle);
        }
        if (db) db->Close();
    }

    rocksdb::ColumnFamilyHandle* handle(Family family) const {
        return handles[static_cast<std::size_t>(family)];
    }

    void drop_cursors() const {
        const std::lock_guard lock{mutex};
        ++generation;
        for (auto& kinds : idle) {
            for (auto& cursors : kinds)
                cursors.clear();
        }
    }

    std::pair<std::unique_ptr<Cursor>, std::uint64_t> take_cursor(Family family,
                                                                  bool by_prefix) const {
        std::uint64_t now = 0;
        {
            const std::lock_guard lock{mutex};
            now = generation;
            auto& cursors = idle[static_cast<std::size_t>(family)][by_prefix ? 1 : 0];
            if (!cursors.empty()) {
                auto cursor = std::move(cursors.back());
                cursors.pop_back();
                return {std::move(cursor), now};
            }
        }
        auto cursor = std::make_unique<Cursor>();
        cursor->bound = kBeyond;
        cursor->bound_slice = slice(cursor->bound);
        rocksdb::ReadOptions read;
        read.iterate_upper_bound = &cursor->bound_slice;
        read.total_order_seek = !by_prefix;
        read.prefix_same_as_start = by_prefix;
        cursor->iterator.reset(db->NewIterator(read, handle(family)));
        return {std::move(cursor), now};
    }

    // As they are stored.
    std::optional<std::string> get(Family family, std::string_view key) const override;
    void scan(Family family, std::string_view prefix, std::string_view from,
              const Each& each) const override;
    void write(const WriteSet& set, bool sync) override;

    Store& door() {
        if (numbered) return *numbered;
        return *this;
    }
    std::string stored_key(Family family, std::string_view key) const {
        return numbered ? numbered->stored_key(family, key) : std::string{key};
    }

    void return_cursor(Family family, bool by_prefix, std::unique_ptr<Cursor> cursor,
                       std::uint64_t taken) const {
        const std::lock_guard lock{mutex};
        if (taken != generation) return;
        idle[static_cast<std::size_t>(family)][by_prefix ? 1 : 0].push_back(std::move(cursor));
    }
};

RocksStore::RocksStore(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
RocksStore::~RocksStore() = default;

std::unique_ptr<RocksStore> RocksStore::open(const std::filesystem::path& directory,
                                             const RocksOptions& options) {
    require_private_directory(directory, options.create);
    require_state_format(directory, options.create);
    auto impl = std::make_unique<Impl>();
    impl->directory = directory;
    impl->options = options;

    const auto cache = rocksdb::NewLRUCache(options.block_cache_bytes);
    impl->cache = cache;
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (std::size_t i = 0; i < kFamilies; ++i) {
        const auto family = static_cast<Family>(i);
        families.emplace_back(std::string{to_string(family)},
                              family_options(family, options, cache));
    }
    families.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions{});

    rocksdb::DB* db = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(database_options(options), directory.string(),
                                                     families, &impl->handles, &db);
    if (lock_is_held(status)) {
        throw Failure{Error{ErrorKind::unavailable, "the state directory " + directory.string() +
                                                        " is in use by another crossfade process"}
                          .with_hint("stop that process, or let it do this")};
    }
    if (status.IsInvalidArgument() &&
        status.ToString().find("does not exist") != std::string::npos) {
        throw Failure{
            Error{ErrorKind::configuration, "there is no state in " + directory.string()}};
    }
    require(status, "opening the state in " + directory.string());
    impl->db.reset(db);
    return std::unique_ptr<RocksStore>{new RocksStore{std::move(impl)}};
}

std::optional<std::string> RocksStore::Impl::get(Family family, std::string_view key) const {
    rocksdb::PinnableSlice value;
    const rocksdb::Status status =
        db->Get(rocksdb::ReadOptions{}, handle(family), slice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    require(status, "reading the state");
    return std::string{view(value)};
}

void RocksStore::Impl::scan(Family family, std::string_view prefix, std::string_view from,
                            const Each& each) const {
    const std::size_t bloom_bytes = options.edge_prefix_bytes;
    const bool by_prefix =
        has_prefix_bloom(family) && bloom_bytes > 0 && prefix.size() >= bloom_bytes;
    const std::string_view start = from > prefix ? from : prefix;
    if (!prefix.empty() && !start.starts_with(prefix)) return;  // `from` lies beyond the prefix
    auto [cursor, taken] = take_cursor(family, by_prefix);

    cursor->bound = beyond(prefix);
    cursor->bound_slice = slice(cursor->bound);

    rocksdb::Iterator& iterator = *cursor->iterator;
    bool going = true;
    for (iterator.Seek(slice(start)); going && iterator.Valid(); iterator.Next()) {
        const std::string_view key = view(iterator.key());
        if (!key.starts_with(prefix)) break;
        going = each(key, view(iterator.value()));
    }
    require(iterator.status(), "scanning the state");
    return_cursor(family, by_prefix, std::move(cursor), taken);
}

void RocksStore::Impl::write(const WriteSet& set, bool sync) {
    rocksdb::WriteBatch batch{set.bytes() + 1024};
    for (std::size_t i = 0; i < kFamilies; ++i) {
        const auto family = static_cast<Family>(i);
        // Of one batch what comes later wins.
        for (const std::string& prefix : set.erased_prefixes(family)) {
            require(batch.DeleteRange(handle(family), slice(prefix), slice(beyond(prefix))),
                    "collecting writes to the state");
        }
        for (const auto& [key, value] : set.entries(family)) {
            const rocksdb::Status status =
                value ? batch.Put(handle(family), slice(key), slice(*value))
                      : batch.Delete(handle(family), slice(key));
            require(status, "collecting writes to the state");
        }
    }
    rocksdb::WriteOptions durability;
    durability.sync = sync;
    require(db->Write(durability, &batch), "writing the state");
    drop_cursors();
}

std::optional<std::string> RocksStore::get(Family family, std::string_view key) const {
    return impl_->door().get(family, key);
}

void RocksStore::scan(Family family, std::string_view prefix, std::string_view from,
                      const Each& each) const {
    impl_->door().scan(family, prefix, from, each);
}

void RocksStore::write(const WriteSet& set, bool sync) { impl_->door().write(set, sync); }

void RocksStore::use_numbers(StateNumbers numbers) {
    impl_->numbered.reset();
    if (numbers.is_identity()) return;
    impl_->numbered = std::make_unique<NumberedStore>(*impl_, std::move(numbers));
}

void RocksStore::erase_prefix(Family family, std::string_view prefix) {
    const std::string begin = impl_->stored_key(family, prefix);
    const std::string end = beyond(begin);
    rocksdb::WriteOptions options;
    options.sync = true;
    require(impl_->db->DeleteRange(options, impl_->handle(family), slice(begin), slice(end)),
            "erasing a range of the state");
    impl_->drop_cursors();
}

void RocksStore::ingest(Family family, const std::vector<std::filesystem::path>& files) {
    if (files.empty()) return;
    if (impl_->numbered) {
        throw Failure{
            Error{ErrorKind::internal, "files are taken over in the state's own numbers"}};
    }
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    options.snapshot_consistency = false;
    std::vector<std::string> names;
    for (const auto& file : files)
        names.push_back(file.string());
    require(impl_->db->IngestExternalFile(impl_->handle(family), names, options),
            "ingesting files into the state");
    impl_->drop_cursors();
}

void RocksStore::set_cache_bytes(std::size_t bytes) { impl_->cache->SetCapacity(bytes); }

void RocksStore::flush() {
    const rocksdb::Status status = impl_->db->Flush(rocksdb::FlushOptions{}, impl_->handles);
    require(status, "flushing the state");
}

void RocksStore::checkpoint(const std::filesystem::path& directory) const {
    rocksdb::Checkpoint* made = nullptr;
    require(rocksdb::Checkpoint::Create(impl_->db.get(), &made), "copying the state");
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint{made};
    require(checkpoint->CreateCheckpoint(directory.string()), "copying the state");
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all);
    write_state_format(directory);
}

std::uint64_t RocksStore::disk_bytes() const {
    std::uint64_t total = 0;
    for (rocksdb::ColumnFamilyHandle* handle : impl_->handles) {
        std::uint64_t bytes = 0;
        impl_->db->GetIntProperty(handle, rocksdb::DB::Properties::kLiveSstFilesSize, &bytes);
        total += bytes;
    }
    return total;
}

std::uint64_t RocksStore::estimated_keys(Family family) const {
    std::uint64_t keys = 0;
    impl_->db->GetIntProperty(impl_->handle(family), rocksdb::DB::Properties::kEstimateNumKeys,
                              &keys);
    return keys;
}

std::optional<double> RocksStore::share_behind(Family family, std::string_view prefix,
                                               std::string_view from) const {
    const std::string begin = impl_->stored_key(family, prefix);
    const std::string middle = impl_->stored_key(family, from);
    const std::string end = beyond(begin);
    const std::array<rocksdb::Range, 2> ranges{rocksdb::Range{slice(begin), slice(end)},
                                               rocksdb::Range{slice(middle), slice(end)}};
    std::array<std::uint64_t, 2> bytes{};
    rocksdb::SizeApproximationOptions options;
    options.include_memtables = true;
    require(impl_->db->GetApproximateSizes(options, impl_->handle(family), ranges.data(),
                                           static_cast<int>(ranges.size()), bytes.data()),
            "measuring the state");
    if (bytes[0] == 0) return std::nullopt;
    return std::min(1.0, static_cast<double>(bytes[1]) / static_cast<double>(bytes[0]));
}

const std::filesystem::path& RocksStore::directory() const { return impl_->directory; }

}  // namespace crossfade
