// From what a plugin sends for one table to the row that the mapping reads: names to positions,
// texts to values, and the rules for what may be missing. The same for every plugin.
#pragma once

#include "model/fingerprint.hpp"
#include "model/relation.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

struct DecoderOptions {
    // Per relation, all columns that the catalog showed when the mapping was checked. A column that
    // is neither mapped nor among these has been added since. Empty: nothing is reported.
    std::vector<std::vector<std::string>> known_columns = {};
    // Called once for each such column. Not for use with row values.
    std::function<void(const MappedRelation&, const std::string& column)> on_new_column = {};
};

// Throws Failure(trust) where going on would lose or falsify data: a column that is missing, a
// value that is not of its type, a change without its key. Messages name columns, never values.
class RelationDecoder {
public:
    // All arguments outlive it; `fingerprinter` may be null if no column is secret. `index` is the
    // relation's place in `options.known_columns`.
    RelationDecoder(const MappedRelation& relation, std::size_t index,
                    const SecretFingerprinter* fingerprinter, const DecoderOptions& options)
        : relation_{&relation}, index_{index}, fingerprinter_{fingerprinter}, options_{&options} {}

    // The position of a column in the mapped row, or -1. Columns come in the same order every time,
    // so `cursor`, 0 at first, remembers where to look for the next.
    int find(std::string_view name, std::size_t& cursor);

    // bare_hex: a bytea may come without its \x (wal2json cuts it off, but not that of a domain).
    Value value(int position, std::string_view text, bool bare_hex) const;

    Row empty_row() const { return Row(relation_->columns.size(), Absent{}); }

    // Each sets what the change is made of from what was sent; `identity` is a row too.
    void insert(Change& change) const;
    // An absent value is taken from the identity if that has it (REPLICA IDENTITY FULL); what is
    // then still absent is an unchanged TOAST value.
    void update(Change& change, const Row& identity) const;
    void remove(Change& change, const Row& identity) const;
    // For a plugin that writes NaN and infinities as null: notes the columns where one may stand.
    void note_unsure(Change& change) const;

private:
    int learn(std::string_view name) const;
    void require_complete(const Row& row, bool update) const;
    std::vector<Value> key_of(const Row& identity) const;
    bool tells_more_than_key(const Row& identity) const;
    std::string table() const { return relation_->table(); }

    struct Entry {
        std::string name;
        int position;
    };
    const MappedRelation* relation_;
    std::size_t index_;
    const SecretFingerprinter* fingerprinter_;
    const DecoderOptions* options_;
    std::vector<Entry> order_;  // of arrival, learned
};

}  // namespace crossfade
