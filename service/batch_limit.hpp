// How much of the stream goes into one target transaction (batch.transactions_max, rows_max,
// bytes_max).
#pragma once

#include "config/config.hpp"
#include "model/relation.hpp"

#include <cstddef>
#include <cstdint>

namespace crossfade {

class BatchLimit {
public:
    explicit BatchLimit(const BatchConfig& batch) : batch_{batch} {}

    void add(const SourceTransaction& transaction) {
        ++transactions_;
        changes_ += transaction.changes.size();
        bytes_ += transaction.bytes;
    }
    // Nothing more is to be added.
    bool full() const {
        return transactions_ >= batch_.transactions_max || changes_ >= batch_.rows_max ||
               bytes_ >= batch_.bytes_max;
    }
    // By bytes a batch never grows over the limit; a transaction larger than it goes alone.
    bool takes(const SourceTransaction& next) const {
        if (transactions_ == 0) return true;
        return !full() && next.bytes <= batch_.bytes_max - bytes_;
    }

private:
    BatchConfig batch_;
    std::uint64_t transactions_ = 0;
    std::uint64_t changes_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace crossfade
