// Everything a bridge leaves behind, as bytes, to be searched for what must not be there.
#pragma once

#include "tests/pair/pair_fixture.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade::test {

// Every row of every table of a database, those of catalogs aside, as text.
std::string lms_texts(const Pair& pair);
std::string edu_texts(const Pair& pair);

// Every file below a folder, as it is on disk. RocksDB's tables are compressed there.
std::string file_bytes(const std::filesystem::path& folder);

// Every key and value of the state, decompressed. The service must not run.
std::string state_contents(const std::filesystem::path& state);

// Clear texts of generated passwords: one of ten words, '!' and six digits.
std::vector<std::string> clear_texts(std::string_view haystack);

// Those of the needles that the haystack holds.
std::vector<std::string> found_in(std::string_view haystack,
                                  const std::vector<std::string>& needles);

}  // namespace crossfade::test
