// A source relation as the catalog shows it, and the changes that arrive for it.
#pragma once

#include "model/key.hpp"
#include "model/key_form.hpp"
#include "model/lsn.hpp"
#include "model/value.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace crossfade {

struct CatalogColumn {
    std::string name;
    Type type = Type::any;  // any: a type we do not know; arrives as text
    std::string type_name;  // format_type(), "character varying(30)"
    bool nullable = true;
    bool generated = false;
    bool blank_padded = false;  // char(n): blanks at the end mean nothing
    // What makes one value of all that the type holds equal; nothing: we do not know its equality.
    std::optional<KeyForm> key = KeyForm{};
    bool keeps_text = false;  // json: a document as it was written
};

// A table's name in its schema. As text "schema.name"; a schema that itself holds a dot or a quote
// stands in double quotes, so that no two tables have one text.
struct TableName {
    std::string schema;
    std::string name;
    std::string text() const;
    static TableName parse(std::string_view text);  // what text() made
    friend bool operator==(const TableName&, const TableName&) = default;
};

enum class ReplicaIdentity { primary_key, index, full, nothing };

// One version of a table as read from the catalog.
struct CatalogTable {
    std::string schema = "public";
    std::string name;
    std::vector<CatalogColumn> columns;    // in attnum order, dropped ones left out
    std::vector<std::string> primary_key;  // empty: none
    // The columns that identify old rows; all of them under FULL.
    std::vector<std::string> identity_key;
    ReplicaIdentity identity = ReplicaIdentity::primary_key;
    const CatalogColumn* find(std::string_view column) const;
};

// Index into Program::relations.
using RelationIndex = std::uint32_t;

// The part of a source table that the mapping reads. Rows travel as these columns, in this order.
struct MappedColumn {
    std::string name;
    Type type = Type::any;
    bool secret = false;        // becomes Secret in the decoder
    bool blank_padded = false;  // char(n): travels without the blanks at its end
    bool keeps_text = false;    // json: travels as it was written
    KeyForm key = {};           // of the values in keys; the row itself keeps its spelling
};
struct MappedRelation {
    std::string schema;
    std::string name;  // of the table
    std::vector<MappedColumn> columns;
    std::vector<std::uint32_t> key;  // positions in `columns` of the key columns, in key order
    // The table has no key (REPLICA IDENTITY FULL): rows may be equal in all of `key`, and are told
    // apart by a number behind it, counted from 0.
    bool repeats = false;
    std::string relation = {};  // its name in the mapping; empty: that of the table
    // Of a type that has NaN and infinities.
    bool can_be_nan(std::size_t column) const {
        const MappedColumn& found = columns[column];
        return !found.secret && (found.type == Type::real || found.type == Type::decimal);
    }
    const std::string& mapping_name() const { return relation.empty() ? name : relation; }
    std::string table() const { return TableName{schema, name}.text(); }
    // The key of a row of mapped columns, and of the values of the key columns alone.
    KeyBytes key_of(const Row& row) const;
    KeyBytes key_of_parts(const std::vector<Value>& parts) const;
};

enum class Operation : std::uint8_t { insert, update, remove, truncate };

// One change of a mapped relation. `row` holds the mapped columns (Absent where the value was not
// sent); empty for remove and truncate. `old_key` are the key columns of the row before: always for
// remove, for update if the key changed.
struct Change {
    Operation operation = Operation::insert;
    RelationIndex relation = 0;
    Row row;
    std::vector<Value> old_key;
    // Update and remove: the mapped columns of the row before as far as the source sent more than
    // the key (Absent: not sent); empty: the key says which row it is.
    Row old_row = {};
    // Columns whose NULL in `row` may be a NaN or an infinity that the plugin does not tell.
    std::vector<std::uint32_t> unsure = {};
};

// A source transaction, or a slice of a very large one (first..last slice in order; only the last
// has last_slice).
struct SourceTransaction {
    std::uint32_t xid = 0;
    CommitLsn commit;
    EndLsn end;
    std::chrono::system_clock::time_point commit_time;
    std::vector<Change> changes;
    std::uint64_t first_ordinal = 0;  // ordinal of changes[0] within the transaction
    bool last_slice = true;
    std::size_t bytes = 0;  // that all this holds in memory, about
};

}  // namespace crossfade
