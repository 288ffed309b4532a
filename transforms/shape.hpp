// A compiled RE2 pattern that a whole text must match: the shape of a claim's fallback values.
#pragma once

#include <memory>
#include <string>

namespace crossfade {

class ShapePattern {
public:
    virtual ~ShapePattern() = default;
    virtual bool matches(const std::string& text) const = 0;  // the whole of it
    // nullptr if the pattern is not a regular expression.
    static std::shared_ptr<const ShapePattern> compile(const std::string& pattern);
};

}  // namespace crossfade
