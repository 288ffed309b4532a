#include "transforms/shape.hpp"

#include <re2/re2.h>

namespace crossfade {

namespace {
class Re2Pattern : public ShapePattern {
public:
    explicit Re2Pattern(const std::string& pattern) : expression_{pattern, RE2::Quiet} {}
    bool ok() const { return expression_.ok(); }
    bool matches(const std::string& text) const override {
        return RE2::FullMatch(text, expression_);
    }

private:
    RE2 expression_;
};
}  // namespace

std::shared_ptr<const ShapePattern> ShapePattern::compile(const std::string& pattern) {
    auto compiled = std::make_shared<Re2Pattern>(pattern);
    return compiled->ok() ? compiled : nullptr;
}

}  // namespace crossfade
