#include "tests/pipeline/model_source.hpp"

#include <algorithm>
#include <utility>

namespace crossfade::test {

std::vector<Change> ModelSource::transaction() {
    std::vector<Change> changes;
    for (std::size_t n = 1 + below(random_, 6); n > 0; --n)
        change(changes);
    if (chance(random_, 3)) refill(changes);
    if (chance(random_, 10)) rotate(changes);
    return changes;
}

// Rows come, all of the relation go, and some come again: the same, others under the same key,
// or new ones.
void ModelSource::refill(std::vector<Change>& changes) {
    const auto relation = static_cast<RelationIndex>(below(random_, program_.relations.size()));
    auto& rows = source_[relation];
    const auto insert = [&](Row row) {
        if (!rows.try_emplace(key_of(relation, row), row).second) return;
        Change change;
        change.relation = relation;
        change.row = std::move(row);
        changes.push_back(std::move(change));
    };
    if (chance(random_, 50)) insert(random_row(relation));
    const auto before = std::exchange(rows, {});
    Change truncate;
    truncate.relation = relation;
    truncate.operation = Operation::truncate;
    changes.push_back(std::move(truncate));
    for (const auto& [key, row] : before) {
        if (chance(random_, 60)) insert(row);
    }
    for (std::size_t n = below(random_, 4); n > 0; --n)
        insert(random_row(relation));
}

// Two to four rows pass the value of a column on to each other, as claimed ones are.
void ModelSource::rotate(std::vector<Change>& changes) {
    const char* const names[] = {"login", "code", "usr_id"};
    const std::string name = names[below(random_, 3)];
    const RelationIndex relation = program_.find_relation(name == "login" ? "acct" : "item");
    const auto& columns = program_.relations[relation].columns;
    const auto column = std::find_if(columns.begin(), columns.end(),
                                     [&](const MappedColumn& c) { return c.name == name; });
    if (column == columns.end()) return;  // this mapping does not read it
    const auto position = static_cast<std::size_t>(column - columns.begin());
    std::vector<KeyBytes> ring;
    for (const auto& [key, row] : source_[relation])
        ring.push_back(key);
    std::shuffle(ring.begin(), ring.end(), random_);
    ring.resize(std::min<std::size_t>(ring.size(), 2 + below(random_, 3)));
    if (ring.size() < 2) return;
    const Value first = source_[relation].at(ring.front())[position];
    for (std::size_t i = 0; i < ring.size(); ++i) {
        Row& row = source_[relation].at(ring[i]);
        row[position] = i + 1 < ring.size() ? source_[relation].at(ring[i + 1])[position] : first;
        Change change;
        change.relation = relation;
        change.operation = Operation::update;
        change.row = row;
        changes.push_back(std::move(change));
    }
}

void ModelSource::change(std::vector<Change>& changes) {
    const auto relation = static_cast<RelationIndex>(below(random_, program_.relations.size()));
    auto& rows = source_[relation];
    Change change;
    change.relation = relation;
    const auto kind = below(random_, 100);
    if (kind < 1) {
        change.operation = Operation::truncate;
        rows.clear();
    } else if (kind < 45 || rows.empty()) {
        change.row = random_row(relation);
        if (rows.contains(key_of(relation, change.row))) return;
        rows[key_of(relation, change.row)] = change.row;
    } else {
        auto row = rows.begin();
        std::advance(row, static_cast<std::ptrdiff_t>(below(random_, rows.size())));
        if (kind < 60) {
            change.operation = Operation::remove;
            change.old_key = key_values(program_.relations[relation], row->second);
            rows.erase(row);
        } else {
            if (!update(relation, row, change)) return;
        }
    }
    changes.push_back(std::move(change));
}

bool ModelSource::update(RelationIndex relation, std::map<KeyBytes, Row>::iterator row,
                         Change& change) {
    auto& rows = source_[relation];
    change.operation = Operation::update;
    Row next = row->second;
    const Row fresh = random_row(relation);
    const auto& key = program_.relations[relation].key;
    const bool moves = chance(random_, 10);
    for (std::uint32_t i = 0; i < next.size(); ++i) {
        const bool is_key = std::find(key.begin(), key.end(), i) != key.end();
        if (is_key ? moves : chance(random_, 45)) next[i] = fresh[i];
    }
    const KeyBytes to = key_of(relation, next);
    if (to != row->first && rows.contains(to)) return false;
    std::vector<Value> old_key = key_values(program_.relations[relation], row->second);
    if (key_values(program_.relations[relation], next) != old_key)
        change.old_key = std::move(old_key);
    change.row = next;
    for (std::uint32_t i = 0; i < next.size(); ++i) {
        const bool is_key = std::find(key.begin(), key.end(), i) != key.end();
        if (!is_key && next[i] == row->second[i] && chance(random_, 50)) change.row[i] = Absent{};
    }
    rows.erase(row);
    rows[to] = std::move(next);
    return true;
}

Row ModelSource::random_row(RelationIndex relation) {
    Row row;
    for (const MappedColumn& column : program_.relations[relation].columns)
        row.push_back(random_value(relation, column));
    return row;
}

// Rows that others read are few, so that each is read by several.
bool ModelSource::few(RelationIndex relation) const {
    const std::string& name = program_.relations[relation].name;
    return name != "usr" && name != "item" && name != "det";
}

Value ModelSource::random_value(RelationIndex relation, const MappedColumn& column) {
    const auto number = [&](std::uint64_t bound) {
        return Value{static_cast<std::int64_t>(1 + below(random_, bound))};
    };
    if (column.key.changes() || column.type == Type::decimal) {
        if (column.name != "id" && chance(random_, 12)) return Null{};
        return spelled(random_, column.key, static_cast<std::int64_t>(1 + below(random_, 5)));
    }
    if (column.name == "id") return number(few(relation) ? 5 : readers_);
    if (chance(random_, 12)) return Null{};
    if (column.name == "active") return static_cast<std::int64_t>(below(random_, 3));
    if (column.name == "note")
        return std::string{chance(random_, 12)   ? "refuse"
                           : chance(random_, 5)  ? "swallow"
                           : chance(random_, 50) ? "a"
                                                 : "b"};
    if (column.name == "usr_id") return number(chance(random_, 50) ? readers_ : 5);
    if (column.name == "acct_id") return number(accounts_);
    if (column.type == Type::integer) return number(5);
    // Few values, so that they collide; some are the fallback of a row.
    if (chance(random_, 15)) {
        const std::string root = column.name == "login" ? (chance(random_, 70) ? "a/" : "u/") : "";
        return "fb_" + root + std::to_string(1 + below(random_, 5));
    }
    return std::string(1, static_cast<char>((chance(random_, 80) ? 'p' : 'P') +
                                            static_cast<int>(below(random_, 3))));
}

KeyBytes ModelSource::key_of(RelationIndex relation, const Row& row) const {
    return one_key(program_.relations[relation], row);
}

}  // namespace crossfade::test
