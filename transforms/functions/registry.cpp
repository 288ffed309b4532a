#include "transforms/functions/registry.hpp"

#include "transforms/functions/library.hpp"

#include <algorithm>
#include <map>

namespace crossfade {
namespace functions {

Error bad_value(std::string message) {
    return Error{ErrorKind::bad_value, "bad_value: " + std::move(message)};
}

bool any_null(std::span<const Value> args) {
    return std::any_of(args.begin(), args.end(), [](const Value& value) { return is_null(value); });
}

namespace {

const std::map<std::string_view, const Function*>& all() {
    static const std::map<std::string_view, const Function*> table = [] {
        std::map<std::string_view, const Function*> by_name;
        // A new file of functions is one line here.
        for (const std::span<const Function> file : {
                 text_functions(),
                 pattern_functions(),
                 number_functions(),
                 date_functions(),
                 zone_functions(),
                 choice_functions(),
                 uuid_functions(),
                 secret_functions(),
             }) {
            for (const Function& function : file)
                by_name.emplace(function.name, &function);
        }
        return by_name;
    }();
    return table;
}

}  // namespace
}  // namespace functions

const Function* find_function(std::string_view name) {
    const auto found = functions::all().find(name);
    return found == functions::all().end() ? nullptr : found->second;
}

std::vector<std::string> function_names() {
    std::vector<std::string> names;
    for (const auto& [name, function] : functions::all())
        names.emplace_back(name);
    return names;
}

}  // namespace crossfade
