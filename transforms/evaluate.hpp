// Compiled expressions: closures over a Frame, every name resolved to a slot at compile time.
#pragma once

#include "transforms/functions/registry.hpp"
#include "transforms/view.hpp"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
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

// The members of an index under a key, with their rows.
struct MemberRows {
    IndexId index = 0;
    KeyBytes key;
    std::vector<RowRef> rows;
};

// The state of one derivation. `rows` and `values` are the slots that compiled names refer to.
struct Frame {
    // Borrows both. `row_slots` is one at least: the row in hand.
    Frame(View& over, FlagSet& raised, std::size_t row_slots, std::size_t value_slots)
        : view{over}, flags{raised}, rows(row_slots > 0 ? row_slots : 1), values(value_slots) {}

    // The members of an index under a key, each read once however many expressions go over them:
    // calls `each` in their order until it returns false.
    template <class Each>
    void members(IndexId index, RelationIndex relation, const KeyBytes& under, const Each& each) {
        for (const auto& known : read_) {
            if (known->index != index || known->key != under) continue;
            const std::shared_ptr<const MemberRows> held = known;  // `each` may read others
            for (const RowRef& member : held->rows) {
                if (!each(member)) return;
            }
            return;
        }
        auto found = std::make_shared<MemberRows>(MemberRows{index, under, {}});
        bool all = true;  // seen, and few enough to be kept
        const auto take = [&](const Member& member, std::shared_ptr<const Row> row) {
            RowRef ref{relation, member.row, member.slot, std::move(row)};
            const bool going = each(std::as_const(ref));
            all = all && going && found->rows.size() < kMembersKept;
            if (all) found->rows.push_back(std::move(ref));
            return going;
        };
        view.member_rows(index, relation, under, take);
        if (all) read_.push_back(std::move(found));
    }

    View& view;
    FlagSet& flags;
    std::vector<RowRef> rows;
    std::vector<Value> values;
    std::vector<Value> key;        // the root's key, decoded
    KeyBytes root;                 // the same, encoded
    const Value* plain = nullptr;  // deferred expressions: the secret's plain text ...
    std::string salt;              // ... and 16 bytes for its salt

private:
    static constexpr std::size_t kMembersKept = 4'096;  // of one key; more are read each time
    std::vector<std::shared_ptr<const MemberRows>> read_;
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
enum class Operator : std::uint8_t {
    logical_and,
    logical_or,
    concatenate,
    add,
    subtract,
    multiply,
    divide,
    equal,
    unequal,
    less,
    less_or_equal,
    greater,
    greater_or_equal
};
// By its sign, as the syntax tree has it.
Operator operator_of(std::string_view sign);
Value binary_operation(Operator op, const Value& left, const Value& right);
Value text_of(const Value& value);  // what || and text() make of a value; NULL stays NULL

}  // namespace crossfade
