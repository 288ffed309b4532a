// Compiled expressions: closures over a Frame, every name resolved to a slot at compile time.
#pragma once

#include "transforms/functions/registry.hpp"
#include "transforms/view.hpp"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace crossfade {

// A row in hand, or the place where one would be.
struct RowRef {
    RelationIndex relation = 0;
    KeyBytes key;  // empty: there is no key (a NULL reference)
    std::uint8_t slot = 0;
    std::shared_ptr<const Row> row;  // null: no such row
};

class FlagSet : public Flags {
public:
    void raise(std::string_view flag) override { names_.emplace(flag); }
    const std::set<std::string>& names() const { return names_; }

private:
    std::set<std::string> names_;
};

// The state of one derivation. `rows` and `values` are the slots that compiled names refer to.
struct Frame {
    View& view;
    FlagSet& flags;
    std::vector<RowRef> rows;
    std::vector<Value> values;
    std::vector<Value> key;        // the root's key, decoded
    KeyBytes root;                 // the same, encoded
    const Value* plain = nullptr;  // deferred expressions: the secret's plain text ...
    std::string salt;              // ... and 16 bytes for its salt
};

using Eval = std::function<Value(Frame&)>;
using RowEval = std::function<RowRef(Frame&)>;

// Thrown inside an evaluation, caught by derive(): the root is rejected, or parked, with this
// reason.
struct Reject {
    std::string reason;
    bool parks = false;
};

// Truth of SQL: only true is true.
inline bool is_true(const Value& value) {
    const bool* truth = std::get_if<bool>(&value);
    return truth != nullptr && *truth;
}

// Operators of the language; numbers are int64 or Decimal (an integer overflow becomes a Decimal),
// NULL in gives NULL.
Value binary_operation(const std::string& op, const Value& left, const Value& right);
Value text_of(const Value& value);  // what || and text() make of a value; NULL stays NULL

}  // namespace crossfade
