#include "snapshot/merge.hpp"

#include "snapshot/workers.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>

namespace crossfade {

namespace {
constexpr std::size_t kReadBufferBytes = std::size_t{64} << 10;
constexpr std::uint64_t kStopEvery = 4096;  // entries between two looks at the stop token

// Reads one segment of a run from its beginning to its end. The file is open only while a buffer is
// filled, since a merge of a large source has more runs than a process may have open files.
class RunCursor {
public:
    explicit RunCursor(const RunSegment& segment)
        : path_{segment.file}, offset_{segment.offset}, left_{segment.entries} {
        next();
    }
    bool valid() const { return valid_; }
    // Until next().
    std::string_view key() const { return std::string_view{buffer_}.substr(at_, key_size_); }
    std::string_view value() const {
        return std::string_view{buffer_}.substr(at_ + key_size_, value_size_);
    }
    void next() {
        at_ += std::size_t{key_size_} + value_size_;
        valid_ = left_ > 0;
        if (!valid_) return;
        --left_;
        std::uint32_t sizes[2];
        need(sizeof sizes);
        std::memcpy(sizes, buffer_.data() + at_, sizeof sizes);
        at_ += sizeof sizes;
        key_size_ = sizes[0];
        value_size_ = sizes[1];
        need(std::size_t{key_size_} + value_size_);
    }

private:
    void need(std::size_t bytes) {
        if (buffer_.size() - at_ >= bytes) return;
        buffer_.erase(0, at_);
        at_ = 0;
        const std::size_t held = buffer_.size();
        buffer_.resize(held + std::max(bytes - held, kReadBufferBytes));
        std::ifstream file{path_, std::ios::binary};
        file.seekg(static_cast<std::streamoff>(offset_));
        file.read(buffer_.data() + held, static_cast<std::streamsize>(buffer_.size() - held));
        const auto read = static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount()));
        buffer_.resize(held + read);
        offset_ += read;
        if (buffer_.size() < bytes) {
            throw Failure{Error{ErrorKind::unavailable, "cannot read " + path_.string()}};
        }
    }

    std::filesystem::path path_;
    std::uint64_t offset_;  // of what comes behind the buffer
    std::uint64_t left_;
    std::string buffer_;
    std::size_t at_ = 0;
    std::uint32_t key_size_ = 0;
    std::uint32_t value_size_ = 0;
    bool valid_ = false;
};

struct Merged {
    std::vector<std::filesystem::path> files;
    std::vector<std::string> starts;
};

// Writes ascending entries into files of bounded size.
class FileWriter {
public:
    FileWriter(Family family, std::string name, const MergeOptions& options, Merged& merged)
        : family_{family}, name_{std::move(name)}, options_{options}, merged_{merged} {}

    void put(std::string_view key, std::string_view value) {
        if (file_ && file_->bytes() >= options_.file_bytes_max) finish();
        if (!file_) {
            const std::string number = std::to_string(merged_.files.size());
            merged_.files.push_back(options_.directory / (name_ + "." + number + ".sst"));
            merged_.starts.emplace_back(key);
            file_.emplace(merged_.files.back(), family_, options_.state);
        }
        file_->put(key, value);
    }
    void finish() {
        if (file_) file_->finish();
        file_.reset();
    }

private:
    Family family_;
    std::string name_;
    const MergeOptions& options_;
    Merged& merged_;
    std::optional<SortedFile> file_;
};

void merge_segments(const std::vector<RunSegment>& segments, FileWriter& writer,
                    const std::stop_token& stop, const NameOfCopy& name) {
    std::vector<std::unique_ptr<RunCursor>> heap;
    for (const RunSegment& segment : segments)
        heap.push_back(std::make_unique<RunCursor>(segment));
    const auto later = [](const auto& a, const auto& b) { return a->key() > b->key(); };
    std::make_heap(heap.begin(), heap.end(), later);
    std::optional<std::string> last;
    std::uint64_t copy = 0;
    for (std::uint64_t entries = 0; !heap.empty(); ++entries) {
        if (entries % kStopEvery == 0) stop_here(stop);
        std::pop_heap(heap.begin(), heap.end(), later);
        RunCursor& cursor = *heap.back();
        copy = last && *last == cursor.key() ? copy + 1 : 0;
        const auto stored = name(cursor.key(), copy);
        writer.put(stored ? std::string_view{*stored} : cursor.key(), cursor.value());
        last = cursor.key();
        cursor.next();
        if (cursor.valid())
            std::push_heap(heap.begin(), heap.end(), later);
        else
            heap.pop_back();
    }
    writer.finish();
}
}  // namespace

FileStarts merge_into(RocksStore& store, Family family, const std::vector<RunSorter>& sorters,
                      const MergeOptions& options, const NameOfCopy& name) {
    std::map<std::uint32_t, std::vector<RunSegment>> by_number;
    for (const RunSorter& sorter : sorters) {
        for (const auto& [number, segments] : sorter.segments()) {
            auto& all = by_number[number];
            all.insert(all.end(), segments.begin(), segments.end());
        }
    }
    std::map<std::uint32_t, Merged> merged;
    std::vector<std::uint32_t> numbers;
    for (const auto& [number, segments] : by_number) {
        merged[number];
        numbers.push_back(number);
    }
    std::atomic<std::size_t> next{0};
    run_workers(options.threads, options.stop, [&](unsigned, const std::stop_token& stop) {
        for (std::size_t i = next++; i < numbers.size(); i = next++) {
            const std::uint32_t number = numbers[i];
            FileWriter writer{family, std::string{to_string(family)} + "." + std::to_string(number),
                              options, merged.at(number)};
            merge_segments(by_number.at(number), writer, stop, name);
        }
    });
    FileStarts starts;
    std::vector<std::filesystem::path> files;
    for (auto& [number, result] : merged) {
        files.insert(files.end(), result.files.begin(), result.files.end());
        starts[number] = std::move(result.starts);
    }
    store.ingest(family, files);
    return starts;
}

}  // namespace crossfade
