// How a database writes texts in small letters: lower() under its default collation, which decides
// what its citext holds equal. With a collation of libc each letter goes by itself, so a table of
// letters says it all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossfade {

class CaseFolding {
public:
    // Every character that lower() can be asked for, as UTF-8: U+0001 to U+10FFFF without the
    // surrogates, in this order.
    static const std::string& alphabet();
    // `lowered`: what the database made of alphabet(). Nothing is folded that it left as it is. A
    // text that is not of one character for each is no folding of letters: `ok` is false then.
    explicit CaseFolding(std::string_view lowered);

    bool ok() const { return ok_; }
    std::string fold(std::string_view text) const;  // bytes that are no UTF-8 stay
    std::uint32_t checksum() const;                 // two foldings that differ have two, as a rule

private:
    std::uint32_t lower(std::uint32_t letter) const;

    bool ok_ = false;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> letters_;  // ordered; those that change
};

}  // namespace crossfade
