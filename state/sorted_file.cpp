#include "state/rocks_options.hpp"
#include "state/rocks_store.hpp"

#include <rocksdb/sst_file_writer.h>

namespace crossfade {

struct SortedFile::Impl {
    Impl(const std::filesystem::path& path, Family family, const RocksOptions& options)
        : settings{rocksdb::DBOptions{}, family_options(family, options, nullptr)},
          writer{rocksdb::EnvOptions{}, settings} {
        require(writer.Open(path.string()), "opening a sorted file");
    }
    rocksdb::Options settings;
    rocksdb::SstFileWriter writer;
    std::uint64_t entries = 0;
    std::filesystem::path path;
};

SortedFile::SortedFile(const std::filesystem::path& path, Family family,
                       const RocksOptions& options)
    : impl_{std::make_unique<Impl>(path, family, options)} {
    impl_->path = path;
}
SortedFile::~SortedFile() = default;
SortedFile::SortedFile(SortedFile&&) noexcept = default;
SortedFile& SortedFile::operator=(SortedFile&&) noexcept = default;

void SortedFile::put(std::string_view key, std::string_view value) {
    require(impl_->writer.Put(slice(key), slice(value)), "writing a sorted file");
    ++impl_->entries;
}

std::uint64_t SortedFile::bytes() const { return impl_->writer.FileSize(); }

bool SortedFile::finish() {
    if (impl_->entries == 0) {
        const std::filesystem::path path = impl_->path;
        impl_.reset();
        std::filesystem::remove(path);
        return false;
    }
    require(impl_->writer.Finish(), "finishing a sorted file");
    return true;
}

}  // namespace crossfade
