// What the writer of the target must know of an entity: table, columns, owners. Made by compile(),
// read by target/.
#pragma once

#include "model/identity.hpp"
#include "transforms/mapping.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossfade {

// The numbers that a column of the target can hold. A mapping is compiled before the target is
// asked, so whoever reads the table's shape tells it; until then all of int64. May be read on other
// threads meanwhile.
class IntegerRange {
public:
    void tell(std::string_view type) {  // its name in pg_type, below a domain
        bits_ = type == "int2" ? 16 : type == "int4" ? 32 : 64;
    }
    bool holds(std::int64_t value) const {
        const int spare = 64 - bits_;
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << spare) >> spare ==
               value;
    }

private:
    std::atomic<int> bits_{64};
};

// What a column of the target holds equal, by its type: the keys of claims are of it. Told as an
// IntegerRange is; until then values are equal as they are written.
class ColumnEquality {
public:
    using Form = std::function<Value(const Value&)>;  // one value for all that are equal
    void tell(Form form) {
        auto told = std::make_shared<const Form>(std::move(form));
        const std::lock_guard lock{mutex_};
        form_.swap(told);
    }
    Value of(const Value& value) const {
        std::shared_ptr<const Form> form;
        {
            const std::lock_guard lock{mutex_};
            form = form_;
        }
        return form ? (*form)(value) : value;
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Form> form_;
};

struct TargetColumn {
    std::string name;
    ColumnSpec::Kind kind = ColumnSpec::Kind::value;  // parents are kind value, owner bridge
    Owner owner = Owner::bridge;
    // Kind json: the owned keys; the value written is an object of just these.
    std::vector<std::string> json_keys = {};
    bool parent = false;
    std::string adopted = {};  // ColumnSpec::adopted
    // Of a column that the result of an int() goes to, for all copies of the spec.
    std::shared_ptr<IntegerRange> range = {};
    // Of a column that is claimed, or that a claim is within, for all copies of the spec.
    std::shared_ptr<ColumnEquality> equality = {};
};

struct TargetSpec {
    std::string entity;
    std::string schema;
    std::string table;
    std::string id_column;
    std::vector<TargetColumn> columns;  // without the id; the order of RowWrite::values
};

}  // namespace crossfade
