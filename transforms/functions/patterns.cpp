// Regular expressions in RE2's syntax, which runs in time linear in the text whatever the pattern.
#include "transforms/functions/library.hpp"

#include <re2/re2.h>

#include <array>
#include <map>
#include <memory>

namespace crossfade::functions {

namespace {

// Patterns are nearly always constants of the mapping, so there are few. The bound is for patterns
// computed from rows.
constexpr std::size_t kPatternsMax = 256;

const RE2& compiled(const std::string& pattern) {
    thread_local std::map<std::string, std::unique_ptr<RE2>> cache;
    const auto found = cache.find(pattern);
    if (found != cache.end()) return *found->second;
    if (cache.size() >= kPatternsMax) cache.clear();
    RE2::Options options{RE2::Quiet};
    options.set_max_mem(std::int64_t{8} << 20);
    return *cache.emplace(pattern, std::make_unique<RE2>(pattern, options)).first->second;
}

Result<Value> matches(std::span<const Value> args, Flags&) {
    if (any_null(args)) return Value{Null{}};
    const RE2& pattern = compiled(*text_in(args, 1));
    if (!pattern.ok()) return bad_value("not a regular expression: " + pattern.error());
    return Value{RE2::PartialMatch(*text_in(args, 0), pattern)};
}

Result<Value> extract(std::span<const Value> args, Flags&) {
    if (any_null(args)) return Value{Null{}};
    const std::string& text = *text_in(args, 0);
    const RE2& pattern = compiled(*text_in(args, 1));
    if (!pattern.ok()) return bad_value("not a regular expression: " + pattern.error());
    const std::int64_t group =
        args.size() > 2 ? *integer_in(args, 2) : std::min(pattern.NumberOfCapturingGroups(), 1);
    if (group < 0 || group > pattern.NumberOfCapturingGroups()) {
        return bad_value("the regular expression has no group " + std::to_string(group));
    }
    std::vector<re2::StringPiece> groups(static_cast<std::size_t>(group) + 1);
    if (!pattern.Match(text, 0, text.size(), RE2::UNANCHORED, groups.data(),
                       static_cast<int>(groups.size()))) {
        return Value{Null{}};
    }
    const re2::StringPiece& hit = groups.back();
    // A group that took no part in the match has no data at all.
    if (hit.data() == nullptr) return Value{Null{}};
    return Value{std::string{hit.data(), hit.size()}};
}

}  // namespace

std::span<const Function> pattern_functions() {
    static const std::array<Function, 2> functions{{
        {"matches",
         2,
         2,
         Type::boolean,
         {Type::text},
         matches,
         "matches(text, pattern): whether the pattern (RE2) occurs; anchor it with ^ and $"},
        {"extract",
         2,
         3,
         Type::text,
         {Type::text, Type::text, Type::integer},
         extract,
         "extract(text, pattern, group): what the group matched, NULL without a match; group 0 is "
         "the whole"},
    }};
    return functions;
}

}  // namespace crossfade::functions
