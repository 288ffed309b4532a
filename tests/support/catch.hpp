#pragma once

// The one include of the test framework: Catch2 2.13 as Debian 12 has it, or 3. With 3 the matchers
// and generators we use are pulled in one by one, since catch_all.hpp costs as much as the old
// single header.
#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <catch2/matchers/catch_matchers_vector.hpp>
#else
#include <catch2/catch.hpp>

namespace Catch::Matchers {
// Version 3 calls the substring matcher ContainsSubstring; tests use that name under both.
inline auto ContainsSubstring(const std::string& text) { return Contains(text); }
}  // namespace Catch::Matchers
#endif
