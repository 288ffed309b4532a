// The functions of the expression language. A new function is one file in this folder and one line
// in registry.cpp. Functions are pure: no clock, no random number, no locale, no I/O.
#pragma once

#include "model/error.hpp"
#include "model/value.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

// What a function may say besides its value. Flags are names ("bad_date"); each is kept once,
// sorted.
class Flags {
public:
    virtual ~Flags() = default;
    virtual void raise(std::string_view flag) = 0;
};

struct Function {
    std::string_view name;
    int args_min = 0;
    int args_max = 0;  // -1: any number
    Type result = Type::any;
    std::vector<Type> parameters =
        {};  // types by position, the last repeats; Type::any accepts all; empty: any
    // An error rejects the root (reason: the error's message, a name such as "bad_value: not a year
    // name"). Arguments of type Absent never occur. Most functions give NULL for a NULL argument.
    Result<Value> (*apply)(std::span<const Value> args, Flags& flags) = nullptr;
    std::string_view summary = {};  // one line for docs and `plan`
};

const Function* find_function(std::string_view name);
std::vector<std::string> function_names();

}  // namespace crossfade
