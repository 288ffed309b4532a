// Parameters of one statement: texts by default, binary where a caller has encoded them.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

// Owns the bytes, but for large texts that are borrowed. Meant to be kept and cleared, so that a
// loop allocates nothing.
class Params {
public:
    Params() = default;
    Params(std::initializer_list<std::optional<std::string>> values) {
        for (const auto& value : values) {
            if (value)
                text(*value);
            else
                null();
        }
    }

    Params& text(std::string_view value) { return add(value, 0); }
    // A large text is not copied: it must stay until the parameters are sent or cleared.
    Params& borrow(const std::string& value) {
        if (value.size() <= kKept) return text(value);
        slots_.push_back({0, static_cast<int>(value.size()), 0, false, value.c_str()});
        return *this;
    }
    Params& integer(std::int64_t value) { return add(std::to_string(value), 0); }
    Params& binary(std::string_view bytes) { return add(bytes, 1); }
    Params& null() {
        slots_.push_back({0, 0, 0, true, nullptr});
        return *this;
    }
    void clear() {
        slots_.clear();
        bytes_.clear();
    }

    int size() const { return static_cast<int>(slots_.size()); }

    // The arrays that libpq wants; valid until the next change or the next call.
    struct Arrays {
        const char* const* values;
        const int* lengths;
        const int* formats;
    };
    const Arrays& arrays() const {
        values_.clear();
        lengths_.clear();
        formats_.clear();
        for (const Slot& slot : slots_) {
            const char* const own = slot.null ? nullptr : bytes_.data() + slot.offset;
            values_.push_back(slot.borrowed != nullptr ? slot.borrowed : own);
            lengths_.push_back(slot.length);
            formats_.push_back(slot.format);
        }
        arrays_ = {values_.data(), lengths_.data(), formats_.data()};
        return arrays_;
    }

private:
    static constexpr std::size_t kKept = std::size_t{1} << 20;
    struct Slot {
        std::size_t offset;
        int length;
        int format;
        bool null;
        const char* borrowed;
    };
    Params& add(std::string_view value, int format) {
        slots_.push_back({bytes_.size(), static_cast<int>(value.size()), format, false, nullptr});
        bytes_.append(value);
        bytes_ += '\0';  // texts end with NUL for libpq
        return *this;
    }

    std::vector<Slot> slots_;
    std::string bytes_;
    mutable std::vector<const char*> values_;
    mutable std::vector<int> lengths_;
    mutable std::vector<int> formats_;
    mutable Arrays arrays_{};
};

}  // namespace crossfade
