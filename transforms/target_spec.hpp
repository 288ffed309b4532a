// What the writer of the target must know of an entity: table, columns, owners. Made by compile(),
// read by target/.
#pragma once

#include "model/identity.hpp"
#include "transforms/mapping.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
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
};

struct TargetSpec {
    std::string entity;
    std::string schema;
    std::string table;
    std::string id_column;
    std::vector<TargetColumn> columns;  // without the id; the order of RowWrite::values
};

}  // namespace crossfade
