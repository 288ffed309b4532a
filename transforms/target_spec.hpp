// What the writer of the target must know of an entity: table, columns, owners. Made by compile(),
// read by target/.
#pragma once

#include "model/identity.hpp"
#include "transforms/mapping.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace crossfade {

struct TargetColumn {
    std::string name;
    ColumnSpec::Kind kind = ColumnSpec::Kind::value;  // parents are kind value, owner bridge
    Owner owner = Owner::bridge;
    // Kind json: the owned keys; the value written is an object of just these.
    std::vector<std::string> json_keys = {};
    bool parent = false;
    std::string adopted = {};  // ColumnSpec::adopted
};

struct TargetSpec {
    std::string entity;
    std::string schema;
    std::string table;
    std::string id_column;
    std::vector<TargetColumn> columns;  // without the id; the order of RowWrite::values
};

}  // namespace crossfade
