#include "replicator/relation_decoder.hpp"

#include "postgres/codec.hpp"
#include "postgres/quote.hpp"

#include <algorithm>
#include <utility>

namespace crossfade {

namespace {
constexpr const char* kCompare = "compare the mapping with the table, then load a new snapshot";

[[noreturn]] void distrust(std::string message, std::string hint) {
    throw Failure{Error{ErrorKind::trust, std::move(message)}.with_hint(std::move(hint))};
}

// Only values of variable length are moved out of line, so only these can be left out of an UPDATE.
bool can_be_absent(const MappedColumn& column) {
    switch (column.type) {
        case Type::boolean:
        case Type::integer:
        case Type::real:
        case Type::uuid:
        case Type::date:
        case Type::timestamp:
        case Type::timestamptz:
        case Type::time: return column.secret;
        default: return true;
    }
}
}  // namespace

int RelationDecoder::find(std::string_view name, std::size_t& cursor) {
    for (std::size_t tried = 0; tried < order_.size(); ++tried, ++cursor) {
        if (cursor >= order_.size()) cursor = 0;
        if (order_[cursor].name == name) return order_[cursor++].position;
    }
    order_.push_back({std::string{name}, learn(name)});
    cursor = order_.size();
    return order_.back().position;
}

int RelationDecoder::learn(std::string_view name) const {
    for (std::size_t i = 0; i < relation_->columns.size(); ++i) {
        if (relation_->columns[i].name == name) return static_cast<int>(i);
    }
    if (index_ < options_->known_columns.size() && options_->on_new_column) {
        const auto& known = options_->known_columns[index_];
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            options_->on_new_column(*relation_, std::string{name});
        }
    }
    return -1;
}

Value RelationDecoder::value(int position, std::string_view text, bool bare_hex) const {
    const MappedColumn& column = relation_->columns[static_cast<std::size_t>(position)];
    if (column.secret || column.type == Type::secret) {
        if (fingerprinter_ == nullptr) {
            throw Failure{
                Error{ErrorKind::internal, "a secret column, and no key to fingerprint it"}};
        }
        return fingerprinter_->fingerprint(text);
    }
    auto parsed = bare_hex && column.type == Type::bytes && !text.starts_with("\\x")
                      ? parse_bytes_hex(text)
                      : parse_value(column, text);
    if (parsed) return std::move(*parsed);
    // A timestamp of the last years that PostgreSQL can hold travels as text; the rule that reads
    // it rejects the row.
    if (parsed.error().sqlstate() == "22008") return std::string{text};
    distrust("column " + column.name + " of " + table() + " no longer is of type " +
                 std::string{to_string(column.type)},
             kCompare);
}

void RelationDecoder::insert(Change& change) const {
    change.operation = Operation::insert;
    require_complete(change.row, false);
}

void RelationDecoder::update(Change& change, const Row& identity) const {
    change.operation = Operation::update;
    for (std::size_t i = 0; i < change.row.size(); ++i) {
        if (is_absent(change.row[i])) change.row[i] = identity[i];
    }
    require_complete(change.row, true);
    std::vector<Value> key = key_of(identity);
    const bool changed = !std::equal(key.begin(), key.end(), relation_->key.begin(),
                                     [&](const Value& old, std::uint32_t at) {
                                         return compare_values(old, change.row[at]) == 0;
                                     });
    if (changed) change.old_key = std::move(key);
    if (tells_more_than_key(identity)) change.old_row = identity;
}

void RelationDecoder::remove(Change& change, const Row& identity) const {
    change.operation = Operation::remove;
    change.row.clear();
    change.old_key = key_of(identity);
    if (tells_more_than_key(identity)) change.old_row = identity;
}

void RelationDecoder::note_unsure(Change& change) const {
    for (std::uint32_t i = 0; i < change.row.size(); ++i) {
        if (is_null(change.row[i]) && relation_->can_be_nan(i)) change.unsure.push_back(i);
    }
}

// Of a table without a key the whole row is the key.
bool RelationDecoder::tells_more_than_key(const Row& identity) const {
    if (relation_->repeats) return false;
    for (std::uint32_t i = 0; i < identity.size(); ++i) {
        if (!is_absent(identity[i]) && !std::ranges::count(relation_->key, i)) return true;
    }
    return false;
}

void RelationDecoder::require_complete(const Row& row, bool update) const {
    for (std::size_t i = 0; i < row.size(); ++i) {
        const MappedColumn& column = relation_->columns[i];
        if (!is_absent(row[i]) || (update && can_be_absent(column))) continue;
        distrust("column " + column.name + " of " + table() + " does not arrive any more",
                 kCompare);
    }
}

std::vector<Value> RelationDecoder::key_of(const Row& identity) const {
    std::vector<Value> key;
    for (const std::uint32_t position : relation_->key) {
        if (is_absent(identity[position])) {
            distrust("key column " + relation_->columns[position].name + " of " + table() +
                         " is not part of the table's replica identity",
                     "ALTER TABLE " + quote_table(relation_->schema, relation_->name) +
                         " REPLICA IDENTITY FULL, or map the table by its identity's columns");
        }
        key.push_back(identity[position]);
    }
    return key;
}

}  // namespace crossfade
