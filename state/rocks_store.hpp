// The state on disk: one RocksDB with a column family for each Family.
#pragma once

#include "state/numbers.hpp"
#include "state/store.hpp"

#include <filesystem>
#include <memory>
#include <vector>

namespace crossfade {

struct RocksOptions {
    std::size_t block_cache_bytes = std::size_t{48} << 20;   // shared by all families
    std::size_t write_buffer_bytes = std::size_t{16} << 20;  // per memtable of a large family
    std::size_t memtable_bytes = std::size_t{96} << 20;      // all memtables together
    // Scans of edges whose prefix is at least this long consult a bloom filter of the first so many
    // bytes of the keys, so a parent without children costs no read: the index (4) and one integer
    // of the key (9). Any value gives the same answers.
    std::size_t edge_prefix_bytes = 13;
    bool create = true;  // false: opening a directory without a state is an error
};

// Owns the database and holds its lock: one process has a directory open at a time. Reads may run
// on any thread; writes come from one. A scan sees the store as it was when the scan began.
//
// Throws Failure: configuration if the directory is open to others or belongs to somebody else,
// unavailable if another process holds it or the disk fails, trust if files are damaged or of
// another format (state/format.hpp).
class RocksStore : public Store {
public:
    // Makes the directory with mode 0700 if it is not there.
    static std::unique_ptr<RocksStore> open(const std::filesystem::path& directory,
                                            const RocksOptions& options = {});
    ~RocksStore() override;
    RocksStore(const RocksStore&) = delete;
    RocksStore& operator=(const RocksStore&) = delete;

    std::optional<std::string> get(Family family, std::string_view key) const override;
    void scan(Family family, std::string_view prefix, std::string_view from,
              const Each& each) const override;
    // Atomic over all families. With `sync` it is on disk, together with every set before it, when
    // this returns.
    void write(const WriteSet& set, bool sync) override;

    // From now on all calls but ingest() speak in a program's numbers, see state/numbers.hpp. No
    // other thread may use the store meanwhile.
    void use_numbers(StateNumbers numbers);

    // Removes every key that starts with `prefix` (the whole family if it is empty), at once and
    // durably.
    void erase_prefix(Family family, std::string_view prefix);
    // Takes finished SortedFiles of a family over, by moving them. Their ranges may overlap neither
    // each other nor what is stored, or the files' entries win over older ones of the same key.
    void ingest(Family family, const std::vector<std::filesystem::path>& files);
    // Of the block cache, from now on.
    void set_cache_bytes(std::size_t bytes);
    void flush();  // memtables to files, so that the next open replays no WAL
    // A consistent copy of all that is written, in a directory that must not exist yet; files are
    // linked, not copied.
    void checkpoint(const std::filesystem::path& directory) const;
    std::uint64_t disk_bytes() const;  // live files, all families
    std::uint64_t estimated_keys(Family family) const;
    // About how large a part of what starts with `prefix` lies behind `from`, 0 to 1; nothing if
    // it is too little to tell.
    std::optional<double> share_behind(Family family, std::string_view prefix,
                                       std::string_view from) const;
    const std::filesystem::path& directory() const;

private:
    struct Impl;
    explicit RocksStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// Writes entries in ascending order of their keys to a file that RocksStore::ingest takes. A
// repeated or smaller key throws Failure(internal).
class SortedFile {
public:
    SortedFile(const std::filesystem::path& path, Family family, const RocksOptions& options = {});
    ~SortedFile();
    SortedFile(SortedFile&&) noexcept;
    SortedFile& operator=(SortedFile&&) noexcept;
    void put(std::string_view key, std::string_view value);
    std::uint64_t bytes() const;
    // False if there was nothing to write: then there is no file.
    bool finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace crossfade
