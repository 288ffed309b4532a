// What a check reports: where, what, and the statement or edit that fixes it. Findings are
// collected, never thrown one by one.
#pragma once

#include <string>
#include <vector>

namespace crossfade {

// A place in a file; line and column count from 1, 0 = unknown.
struct Location {
    std::string file;
    int line = 0;
    int column = 0;
    std::string format() const;  // "mappings/shop.yaml:41:9"
    bool operator==(const Location&) const = default;
};

enum class Severity { error, warning };

struct Finding {
    Location where;        // empty file: not about a file
    std::string path;      // "entities.users.columns.email" or "source: table orders"
    std::string message;   // a sentence, with a suggestion where there is one
    std::string fix = {};  // the statement that fixes it, empty if none
    Severity severity = Severity::error;
    std::string format() const;
};

using Findings = std::vector<Finding>;

bool has_errors(const Findings& findings);

// The candidate nearest to `word` in edit distance, empty if none is near enough to suggest.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace crossfade
