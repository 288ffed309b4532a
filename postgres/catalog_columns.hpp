// The columns of a relation, read the same way for source and target.
#pragma once

#include "model/key_form.hpp"
#include "model/value.hpp"
#include "postgres/connection.hpp"
#include "postgres/copy_binary.hpp"

#include <optional>
#include <string>
#include <vector>

namespace crossfade {

struct ColumnRow {
    std::string name;
    std::string type_name;  // format_type()
    std::string base_type;  // pg_type.typname, domains resolved
    Type type = Type::any;
    WireType wire = WireType::other;
    int attnum = 0;
    // As CatalogColumn says. The collation counts, and the type of an array's elements; citext has
    // no folding yet.
    std::optional<KeyForm> key = KeyForm{};
    bool nullable = true;
    bool generated = false;        // GENERATED ALWAYS AS (...) STORED: cannot be written
    bool identity_always = false;  // written with OVERRIDING SYSTEM VALUE only
    bool identity = false;         // either kind
    std::string default_value;     // expression, empty: none
};

// In attnum order, without dropped ones. `oid` of the relation as text.
std::vector<ColumnRow> read_columns(Connection& connection, const std::string& oid);

}  // namespace crossfade
