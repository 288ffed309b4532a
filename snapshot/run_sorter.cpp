#include "snapshot/run_sorter.hpp"

#include "model/error.hpp"
#include "state/keys.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace crossfade {

namespace {
constexpr std::size_t kWriteBufferBytes = std::size_t{256} << 10;

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        number = (number << 8) | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0);
    }
    return number;
}
}  // namespace

RunSorter::RunSorter(std::filesystem::path directory, std::string name, std::size_t bytes_max)
    : directory_{std::move(directory)}, name_{std::move(name)}, bytes_max_{bytes_max} {}

void RunSorter::put(std::string_view key, std::string_view value) {
    // Reserved once, in full: an arena that doubles as it grows would take up to twice `bytes_max`.
    if (arena_.capacity() < bytes_max_) arena_.reserve(bytes_max_);
    const std::size_t held = arena_.size() + entries_.size() * sizeof(Entry);
    if (held + key.size() + value.size() + sizeof(Entry) > bytes_max_) spill();
    entries_.push_back({keys::number_of(key), static_cast<std::uint32_t>(key.size()),
                        big_endian(key.substr(4)), arena_.size(),
                        static_cast<std::uint32_t>(value.size())});
    arena_.append(key).append(value);
}

void RunSorter::finish() {
    spill();
    arena_ = {};
    entries_ = {};
}

void RunSorter::spill() {
    if (entries_.empty()) return;
    std::sort(entries_.begin(), entries_.end(), [this](const Entry& a, const Entry& b) {
        if (a.prefix != b.prefix) return a.prefix < b.prefix;
        if (a.head != b.head) return a.head < b.head;
        return key_of(a) < key_of(b);
    });
    const std::filesystem::path path = directory_ / (name_ + "." + std::to_string(runs_++));
    std::vector<char> buffer(kWriteBufferBytes);
    std::ofstream file;
    file.rdbuf()->pubsetbuf(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    file.open(path, std::ios::binary | std::ios::trunc);
    std::uint64_t offset = 0;
    const Entry* last = nullptr;
    for (const Entry& entry : entries_) {
        auto& segments = segments_[entry.prefix];
        if (last == nullptr || last->prefix != entry.prefix) segments.push_back({path, offset, 0});
        last = &entry;
        ++segments.back().entries;
        const std::uint32_t sizes[] = {entry.key_size, entry.value_size};
        const std::size_t bytes = std::size_t{entry.key_size} + entry.value_size;
        file.write(reinterpret_cast<const char*>(sizes), sizeof sizes);
        file.write(arena_.data() + entry.offset, static_cast<std::streamsize>(bytes));
        offset += sizeof sizes + bytes;
    }
    file.close();
    if (!file) {
        throw Failure{Error{ErrorKind::unavailable,
                            "cannot write " + path.string() + ": " + std::strerror(errno)}};
    }
    arena_.clear();
    entries_.clear();
}

}  // namespace crossfade
