#pragma once

#include "state/store.hpp"

#include <map>
#include <random>
#include <string>
#include <vector>

namespace crossfade::test {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// Keys over a small alphabet with the extremes of a byte, so that prefixes meet and collide.
inline std::string random_key(std::mt19937& random, std::size_t longest) {
    static constexpr std::string_view kAlphabet{
        "\x00\x01"
        "ab\xFE\xFF",
        6};
    std::string key;
    const std::size_t length = random() % (longest + 1);
    for (std::size_t i = 0; i < length; ++i)
        key.push_back(kAlphabet[random() % kAlphabet.size()]);
    return key;
}

inline WriteSet random_writes(std::mt19937& random, std::size_t count, std::size_t longest_key) {
    WriteSet set;
    for (std::size_t i = 0; i < count; ++i) {
        const auto family = static_cast<Family>(random() % kFamilies);
        std::string key = random_key(random, longest_key);
        if (random() % 16 == 0) {
            set.erase_prefix(family, random_key(random, longest_key - 1) + "a");
        } else if (random() % 3 == 0) {
            set.erase(family, std::move(key));
        } else {
            set.put(family, std::move(key),
                    std::string(random() % 20, static_cast<char>(random())));
        }
    }
    return set;
}

inline Pairs scan_all(const Reader& reader, Family family, std::string_view prefix,
                      std::string_view from, std::size_t limit = SIZE_MAX) {
    Pairs pairs;
    if (limit == 0) return pairs;
    reader.scan(family, prefix, from, [&](std::string_view key, std::string_view value) {
        pairs.emplace_back(key, value);
        return pairs.size() < limit;
    });
    return pairs;
}

}  // namespace crossfade::test
