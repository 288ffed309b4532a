#pragma once

#include "state/numbers.hpp"

#include <algorithm>
#include <numeric>
#include <random>

namespace crossfade::test {

// Numbers in any order, some left out.
template <class Random>
NumberMap random_number_map(Random& random, std::size_t count) {
    std::vector<std::uint32_t> numbers(count + random() % 4);
    std::iota(numbers.begin(), numbers.end(), 0U);
    std::shuffle(numbers.begin(), numbers.end(), random);
    numbers.resize(count);
    return NumberMap{std::move(numbers)};
}

}  // namespace crossfade::test
