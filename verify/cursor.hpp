// Walks a range of a store entry by entry, so that two ordered ranges can be merged. Reader::scan
// pushes; this pulls, a page at a time.
#pragma once

#include "state/keys.hpp"
#include "state/store.hpp"

#include <string>
#include <utility>
#include <vector>

namespace crossfade {

// Borrows the reader, which must not change under the cursor.
class Cursor {
public:
    Cursor(const Reader& reader, Family family, std::string prefix)
        : reader_{reader}, family_{family}, prefix_{std::move(prefix)} {
        fill({});
    }

    bool valid() const { return at_ < page_.size(); }
    const std::string& key() const { return page_[at_].first; }
    std::string_view suffix() const { return std::string_view{key()}.substr(prefix_.size()); }
    const std::string& value() const { return page_[at_].second; }
    void next() {
        if (++at_ < page_.size() || !more_) return;
        fill(keys::behind(page_.back().first));
    }

private:
    static constexpr std::size_t kPageEntries = 1'000;
    static constexpr std::size_t kPageBytes = std::size_t{1} << 20;

    void fill(const std::string& from) {
        std::vector<std::pair<std::string, std::string>> page;
        std::size_t bytes = 0;
        more_ = false;
        reader_.scan(family_, prefix_, from, [&](std::string_view key, std::string_view value) {
            page.emplace_back(key, value);
            bytes += key.size() + value.size();
            more_ = page.size() >= kPageEntries || bytes >= kPageBytes;
            return !more_;
        });
        page_ = std::move(page);
        at_ = 0;
    }

    const Reader& reader_;
    Family family_;
    std::string prefix_;
    std::vector<std::pair<std::string, std::string>> page_;
    std::size_t at_ = 0;
    bool more_ = false;
};

// Calls `each` with the entries of two cursors in the order of their keys: both where the keys are
// equal, else one and nullptr.
template <class Each>
void merge(Cursor left, Cursor right, Each&& each) {
    while (left.valid() || right.valid()) {
        const int order = !right.valid()  ? -1
                          : !left.valid() ? 1
                                          : left.suffix().compare(right.suffix());
        each(order <= 0 ? &left : nullptr, order >= 0 ? &right : nullptr);
        if (order <= 0) left.next();
        if (order >= 0) right.next();
    }
}

}  // namespace crossfade
