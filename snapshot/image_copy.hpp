// The first half of the image load: COPY from the source into sorted runs. Internal to snapshot/.
#pragma once

#include "snapshot/image_load.hpp"
#include "snapshot/run_sorter.hpp"

#include <mutex>
#include <optional>

namespace crossfade {

// Lines of COPY's text into rows of one relation, the same values as the stream's decoder gives.
class CopyRowReader {
public:
    // All outlive it. Readers on several threads share fingerprinter and mutex.
    CopyRowReader(const MappedRelation& relation, const SecretFingerprinter& fingerprinter,
                  std::mutex& fingerprinting)
        : relation_{relation}, fingerprinter_{fingerprinter}, fingerprinting_{fingerprinting} {}

    // Throws Failure(trust) if a value is not of its column's type.
    const Row& read(std::string_view line);
    const KeyBytes& key();  // of the row just read

private:
    std::optional<Value> value(const MappedColumn& column, std::string_view text);
    [[noreturn]] void refuse(std::size_t column);

    const MappedRelation& relation_;
    const SecretFingerprinter& fingerprinter_;
    std::mutex& fingerprinting_;
    std::string buffer_;
    Row row_;
    KeyBytes key_;
};

// Reads every mapped relation through one sorter per connection. The source's transactions have
// ended when this returns.
ImageLoadResult copy_images(const Program& program, const SecretFingerprinter& fingerprinter,
                            const ImageLoadOptions& options, Progress& progress, const Logger& log,
                            std::vector<RunSorter>& sorters);

}  // namespace crossfade
