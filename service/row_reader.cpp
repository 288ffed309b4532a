#include "service/row_reader.hpp"

#include "postgres/catalog.hpp"
#include "postgres/codec.hpp"
#include "postgres/interrupt.hpp"
#include "postgres/limits.hpp"
#include "postgres/quote.hpp"
#include "replicator/slot.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>

namespace crossfade {

namespace {
// A lock on a table, or a server that is slow: the stream waits, and tries again.
constexpr SessionLimits kReadLimits{.lock = std::chrono::milliseconds{5'000},
                                    .statement = std::chrono::milliseconds{60'000}};
constexpr std::chrono::milliseconds kShowPause{10};
constexpr int kShowTries = 100;

const std::string kBegin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

// An element of an array's text.
void append_element(std::string& array, const Value& value) {
    array += array.size() > 1 ? "," : "";
    if (is_null(value)) {
        array += "NULL";
        return;
    }
    array += '"';
    for (const char c : format_value(value)) {
        if (c == '"' || c == '\\') array += '\\';
        array += c;
    }
    array += '"';
}

std::uint64_t take_xid(std::string_view& text) {
    std::uint64_t xid = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), xid);
    if (error != std::errc{}) {
        throw Failure{Error{ErrorKind::internal, "the source's snapshot cannot be read"}};
    }
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    if (!text.empty()) text.remove_prefix(1);
    return xid;
}
}  // namespace

// xmin:xmax:xip,xip... in 64 bits; the stream has the lower 32.
bool shows_transaction(std::string_view snapshot, std::uint32_t xid) {
    take_xid(snapshot);
    const auto next = static_cast<std::uint32_t>(take_xid(snapshot));
    if (static_cast<std::int32_t>(xid - next) >= 0) return false;
    while (!snapshot.empty()) {
        if (static_cast<std::uint32_t>(take_xid(snapshot)) == xid) return false;
    }
    return true;
}

RowReader::RowReader(const Program& program, ConnectionOptions source)
    : program_{program}, source_{std::move(source)} {}

void RowReader::connect() {
    if (connection_) return;
    key_types_.clear();
    connection_.emplace(Connection::open(source_));
    set_limits(*connection_, kReadLimits);
    // A query whose rows a policy would hide fails, instead of leaving them out.
    connection_->exec("SET row_security = off");
}

std::string RowReader::statement(RelationIndex index, const std::vector<bool>& with_null) {
    const MappedRelation& relation = program_.relations[index];
    auto& types = key_types_[index];
    if (types.empty()) {
        const auto table = read_table(*connection_, relation.schema, relation.name);
        for (const std::uint32_t position : relation.key) {
            const MappedColumn& mapped = relation.columns[position];
            const auto* column = table ? table->find(mapped.name) : nullptr;
            if (column == nullptr || mapped.secret || mapped.type == Type::json) {
                key_types_.erase(index);
                throw Failure{Error{ErrorKind::trust, "rows of " + relation.table() +
                                                          " cannot be read by their key column " +
                                                          mapped.name}
                                  .with_hint("NaN and infinities come as null: give the table "
                                             "another key in the mapping, or leave its numeric "
                                             "columns out")};
            }
            types.push_back(column->type_name);
        }
    }
    std::string columns;
    for (std::size_t i = 0; i < relation.columns.size(); ++i) {
        if (relation.can_be_nan(i)) columns += ", t." + quote_identifier(relation.columns[i].name);
    }
    std::string arrays;
    std::string names;
    std::string condition;
    for (std::size_t i = 0; i < relation.key.size(); ++i) {
        const std::string number = std::to_string(i + 1);
        arrays += (i == 0 ? "$" : ", $") + number + "::text[]";
        names += "k" + number + ", ";
        condition += (i == 0 ? "" : " AND ") + std::string{"t."} +
                     quote_identifier(relation.columns[relation.key[i]].name) +
                     (with_null[i] ? " IS NOT DISTINCT FROM u.k" : " = u.k") + number +
                     "::" + types[i];
    }
    return "SELECT u.n, t.xmin" + columns + " FROM unnest(" + arrays + ") WITH ORDINALITY AS u(" +
           names + "n) JOIN ONLY " + quote_table(relation.schema, relation.name) + " AS t ON " +
           condition;
}

void RowReader::select_of(RelationIndex index, const std::vector<RowId>& rows, Rows& found) {
    const MappedRelation& relation = program_.relations[index];
    std::vector<std::string> arrays(relation.key.size(), "{");
    std::vector<bool> with_null(relation.key.size());
    for (const RowId& id : rows) {
        const std::vector<Value> key = decode_key(id.second);
        for (std::size_t i = 0; i < arrays.size(); ++i) {
            append_element(arrays[i], key.at(i));
            if (is_null(key[i])) with_null[i] = true;
        }
    }
    const std::string sql = statement(index, with_null);
    Params params;
    for (const std::string& array : arrays)
        params.text(array + "}");
    const QueryResult result = connection_->exec(sql, params);
    for (int r = 0; r < result.rows(); ++r) {
        Found& row = found[rows.at(static_cast<std::size_t>(result.integer(r, 0) - 1))];
        row.xmin = static_cast<std::uint32_t>(std::stoul(std::string{result.text(r, 1)}));
        row.values.assign(relation.columns.size(), Value{Absent{}});
        int at = 2;
        for (std::size_t i = 0; i < relation.columns.size(); ++i) {
            if (!relation.can_be_nan(i)) continue;
            const auto text = result.get(r, at++);
            row.values[i] = text ? parse_value(relation.columns[i], *text).value() : Value{Null{}};
        }
    }
}

RowReader::Rows RowReader::select(const std::vector<RowId>& rows) {
    std::map<RelationIndex, std::vector<RowId>> by_relation;
    for (const RowId& id : rows)
        by_relation[id.first].push_back(id);
    Rows found;
    for (const auto& [relation, ids] : by_relation)
        select_of(relation, ids, found);
    return found;
}

// In a snapshot that shows all the transactions: one that waits for a standby is in the stream
// before others see what it did. `end`: every transaction of the snapshot committed before it.
RowReader::Rows RowReader::read_visible(const std::map<RowId, std::uint32_t>& wanted, Lsn& end) {
    std::vector<RowId> rows;
    for (const auto& [id, xid] : wanted)
        rows.push_back(id);
    for (int tried = 0; tried < kShowTries; ++tried) {
        const std::string snapshot{
            connection_->exec(kBegin + "; SELECT txid_current_snapshot()").text(0, 0)};
        const bool shown = std::ranges::all_of(
            wanted, [&](const auto& entry) { return shows_transaction(snapshot, entry.second); });
        Rows found = shown ? select(rows) : Rows{};
        end = Lsn::parse(connection_->exec("COMMIT; SELECT pg_current_wal_insert_lsn()").text(0, 0))
                  .value();
        if (shown) return found;
        if (source_.interrupt != nullptr && source_.interrupt->raised()) break;
        std::this_thread::sleep_for(kShowPause);
    }
    throw Failure{Error{ErrorKind::unavailable,
                        "rows are to be read again, and the source does not show their last "
                        "transaction yet (it may wait for a synchronous standby)"}};
}

RowReads RowReader::read(const std::vector<SourceTransaction>& transactions, Lsn seen) {
    const auto wanted = unsure_rows(program_, transactions);
    RowReads reads;
    if (wanted.empty()) return reads;
    try {
        connect();
        Lsn end;
        Rows found = read_visible(wanted, end);
        bool all_sure = true;
        for (const auto& [id, xid] : wanted) {
            RowRead& read = reads[id];
            const auto row = found.find(id);
            if (row != found.end()) {
                read.sure = row->second.xmin == xid;
                read.values = std::move(row->second.values);
            }
            read.sure = read.sure || end <= seen;
            all_sure = all_sure && read.sure;
        }
        if (all_sure) return reads;
        const Lsn marker = write_marker(*connection_, "crossfade", "read");
        for (auto& [id, read] : reads)
            read.until = marker;
    } catch (const Failure&) {
        connection_.reset();
        throw;
    }
    return reads;
}

RowReads RowReader::read_in(const std::string& snapshot, const std::vector<RowId>& rows) {
    RowReads reads;
    try {
        connect();
        connection_->exec(kBegin + "; SET TRANSACTION SNAPSHOT " + quote_literal(snapshot));
        Rows found = select(rows);
        connection_->exec("COMMIT");
        for (const RowId& id : rows) {
            reads[id].sure = true;
            const auto row = found.find(id);
            if (row != found.end()) reads[id].values = std::move(row->second.values);
        }
    } catch (const Failure&) {
        connection_.reset();
        throw;
    }
    return reads;
}

}  // namespace crossfade
