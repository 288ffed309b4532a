#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "demo/simulate/plan.hpp"

namespace crossfade::simulate {

// What became of the operations of one kind. A statement that fails ends its operation, so failed
// statements and failed operations are the same number.
struct KindCount {
    std::uint64_t ran = 0;
    std::uint64_t idle = 0;  // committed without changing a row
    std::uint64_t statements = 0;
    std::map<std::string, std::uint64_t> expected;    // by reason
    std::map<std::string, std::uint64_t> unexpected;  // by reason
    std::vector<float> latencies_ms;                  // of operations that did not fail

    std::uint64_t failed() const;
    void add(const KindCount& other);
};

struct RunReport {
    std::array<KindCount, kKindCount> kinds;
    std::vector<Kind> chosen;
    std::vector<float> lateness_ms;  // start of each operation after its due time
    std::map<std::string, std::uint64_t> lost_connections;
    double tps_wanted = 0;
    double elapsed_seconds = 0;
    std::uint64_t planned = 0;
    std::uint64_t commits = 0;
    std::uint64_t rows_written = 0;
    std::uint32_t connections = 0;
    std::uint64_t seed = 0;
    bool interrupted = false;

    std::uint64_t ran() const;
    std::uint64_t unexpected() const;
    std::uint64_t expected() const;
    double tps_achieved() const;
    // Some operation started more than a second late, or not at all within the time.
    bool fell_behind() const;
    void add(const RunReport& part);
};

// The share-th smallest of the values (0.5 is the median); 0 if there is none.
float quantile(std::vector<float> values, double share);

void print_table(std::ostream& out, const RunReport& report);
void print_json(std::ostream& out, const RunReport& report);

}  // namespace crossfade::simulate
