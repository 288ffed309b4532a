#include "snapshot/image_copy.hpp"

#include "model/encoding.hpp"
#include "postgres/codec.hpp"
#include "postgres/copy.hpp"
#include "postgres/copy_text.hpp"
#include "postgres/quote.hpp"
#include "postgres/transaction.hpp"
#include "snapshot/workers.hpp"
#include "state/keys.hpp"

#include <algorithm>
#include <atomic>

namespace crossfade {

// ---- one line -------------------------------------------------------------------------------

std::optional<Value> CopyRowReader::value(const MappedColumn& column, std::string_view text) {
    if (column.secret || column.type == Type::secret) {
        const std::lock_guard lock{fingerprinting_};
        return fingerprinter_.fingerprint(text);
    }
    auto parsed = parse_value(column, text);
    if (parsed) return std::move(*parsed);
    // Our timestamps end 30 years before those of PostgreSQL. A later one is passed on as text, as
    // in the stream; the rule that reads it then rejects the row.
    if (parsed.error().sqlstate() == "22008") return std::string{text};
    return std::nullopt;
}

const Row& CopyRowReader::read(std::string_view line) {
    row_.assign(relation_.columns.size(), Value{Null{}});
    std::optional<std::size_t> bad;
    const std::size_t columns =
        split_copy_line(line, buffer_, [&](std::size_t at, std::optional<std::string_view> text) {
            if (!text || at >= row_.size()) return;
            auto parsed = value(relation_.columns[at], *text);
            if (parsed)
                row_[at] = std::move(*parsed);
            else if (row_[at] = Absent{}; !bad)
                bad = at;
        });
    if (bad) refuse(*bad);
    if (columns != row_.size()) {
        throw Failure{Error{ErrorKind::internal,
                            "COPY of " + relation_.table() + " gives another number of columns"}};
    }
    return row_;
}

const KeyBytes& CopyRowReader::key() {
    key_ = relation_.key_of(row_);
    return key_;
}

void CopyRowReader::refuse(std::size_t column) {
    const bool readable =
        std::none_of(relation_.key.begin(), relation_.key.end(), [&](std::uint32_t position) {
            return relation_.columns[position].secret || is_absent(row_[position]);
        });
    const MappedColumn& bad = relation_.columns[column];
    throw Failure{Error{ErrorKind::trust, "column " + bad.name + " of " + relation_.table() +
                                              " is not of type " +
                                              std::string{to_string(bad.type)} +
                                              (readable ? ", row " + display_key(key()) : "")}
                      .with_hint("compare the mapping with the table, and fix or cast the value")};
}

// ---- what to read ---------------------------------------------------------------------------

namespace {
constexpr int kTidRangeScans = 140000;  // PostgreSQL 14

struct SourceTable {
    RelationIndex relation = 0;
    std::string oid;
    bool plain = true;  // else partitioned: the rows are in the leaves
    std::uint64_t rows_estimated = 0;
    std::uint64_t pages = 0;
    std::uint64_t page_bytes = 8192;
};

// A whole table, or a range of its pages.
struct CopyTask {
    const SourceTable* table = nullptr;
    std::uint64_t from_page = 0;
    std::optional<std::uint64_t> until_page;  // none: to the end
};

Failure table_changed(const MappedRelation& relation) {
    return Failure{Error{
        ErrorKind::conflict,
        relation.table() + " was truncated, rewritten or replaced after the snapshot was taken"}
                       .with_hint("begin the load anew")};
}

// A session of the source inside the exported snapshot.
class SnapshotReader {
public:
    explicit SnapshotReader(const ImageLoadOptions& options)
        : connection_{Connection::open({.conninfo = options.source_conninfo,
                                        .application_name = "crossfade snapshot",
                                        .purpose = "source",
                                        .interrupt = options.interrupt})} {
        // A query whose rows a policy would hide fails, instead of leaving them out.
        connection_.exec("SET row_security = off");
        transaction_.emplace(connection_, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        try {
            connection_.exec("SET TRANSACTION SNAPSHOT " + quote_literal(options.snapshot_name));
        } catch (const Failure& failure) {
            if (failure.error().kind() == ErrorKind::unavailable) throw;
            Error error{ErrorKind::conflict, failure.error().message(), failure.error().sqlstate()};
            error.within("the exported snapshot cannot be read");
            throw Failure{error.with_hint(
                "it ends with the next command of the session that exported it: begin anew")};
        }
    }

    SourceTable find(const MappedRelation& relation, RelationIndex index);
    // To be called after the rows were read. By then the transaction holds a lock on the table, so
    // the answer stays true until it ends.
    void require_unchanged(const MappedRelation& relation, const SourceTable& table);
    std::uint64_t copy(const MappedRelation& relation, const CopyTask& task,
                       const std::function<void(std::string_view)>& line);
    bool reads_ranges() const { return connection_.server_version() >= kTidRangeScans; }
    void end() { transaction_->rollback(); }

private:
    Connection connection_;
    std::optional<Transaction> transaction_;
};

SourceTable SnapshotReader::find(const MappedRelation& relation, RelationIndex index) {
    const auto found = connection_.exec(
        "SELECT c.oid::text, c.relkind::text, greatest(c.reltuples, 0)::int8, "
        "  coalesce(pg_relation_size(c.oid), 0) / current_setting('block_size')::int8, "
        "  current_setting('block_size')::int8 "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')",
        Params{{relation.schema}, {relation.name}});
    if (found.empty()) {
        throw Failure{
            Error{ErrorKind::trust, "the source has no table " + relation.table() + " any more"}};
    }
    SourceTable table;
    table.relation = index;
    table.oid = found.text(0, 0);
    table.plain = found.text(0, 1) == "r";
    table.rows_estimated = static_cast<std::uint64_t>(found.integer(0, 2));
    table.pages = static_cast<std::uint64_t>(found.integer(0, 3));
    table.page_bytes = static_cast<std::uint64_t>(found.integer(0, 4));
    return table;
}

void SnapshotReader::require_unchanged(const MappedRelation& relation, const SourceTable& table) {
    // pg_class shows the file node as of the snapshot, the function the one of now. If they differ,
    // the table was rewritten or replaced since, and the snapshot shows it empty.
    const auto changed = connection_.exec(
        "SELECT to_regclass($2)::oid IS DISTINCT FROM $1::oid OR EXISTS ("
        "  SELECT FROM pg_class c WHERE c.relkind = 'r' "
        "  AND (c.oid = $1::oid OR c.oid IN (SELECT relid FROM pg_partition_tree($1::oid))) "
        "  AND c.relfilenode IS DISTINCT FROM pg_relation_filenode(c.oid))",
        Params{{table.oid}, {quote_table(relation.schema, relation.name)}});
    if (changed.boolean(0, 0)) throw table_changed(relation);
}

std::uint64_t SnapshotReader::copy(const MappedRelation& relation, const CopyTask& task,
                                   const std::function<void(std::string_view)>& line) {
    std::vector<std::string> columns;
    for (const MappedColumn& column : relation.columns)
        columns.push_back(column.name);
    // ONLY: the changes of an inheriting table arrive under its own name.
    std::string select = "SELECT " + quote_identifiers(columns) + " FROM " +
                         (task.table->plain ? "ONLY " : "") +
                         quote_table(relation.schema, relation.name);
    if (task.from_page > 0 || task.until_page) {
        select += " WHERE ctid >= '(" + std::to_string(task.from_page) + ",0)'";
        if (task.until_page) select += " AND ctid < '(" + std::to_string(*task.until_page) + ",0)'";
    }
    try {
        return copy_out(connection_, "COPY (" + select + ") TO STDOUT", line);
    } catch (const Failure& failure) {
        Error error = failure.error();
        // The server cannot print the value, so it sends no row that could go to quarantine.
        if (next_step(error.kind()) == NextStep::quarantine) {
            error = Error{ErrorKind::trust, error.message(), error.sqlstate()};
            error.within("reading " + relation.table());
        }
        throw Failure{error};
    }
}

// Large tables in ranges, the largest first, so that the connections end together.
std::vector<CopyTask> plan_copies(const std::vector<SourceTable>& tables,
                                  const ImageLoadOptions& options, bool ranges) {
    std::vector<const SourceTable*> order;
    for (const SourceTable& table : tables)
        order.push_back(&table);
    std::stable_sort(order.begin(), order.end(),
                     [](const auto* a, const auto* b) { return a->pages > b->pages; });
    std::vector<CopyTask> tasks;
    for (const SourceTable* table : order) {
        const std::uint64_t pages =
            std::max<std::uint64_t>(1, options.range_bytes / table->page_bytes);
        CopyTask task{table, 0, std::nullopt};
        if (ranges && table->plain && options.connections > 1) {
            for (; task.from_page + pages < table->pages; task.from_page += pages)
                tasks.push_back({table, task.from_page, task.from_page + pages});
        }
        tasks.push_back(task);
    }
    return tasks;
}
}  // namespace

// ---- reading --------------------------------------------------------------------------------

ImageLoadResult copy_images(const Program& program, const SecretFingerprinter& fingerprinter,
                            const ImageLoadOptions& options, Progress& progress, const Logger& log,
                            std::vector<RunSorter>& sorters) {
    const auto connections = static_cast<unsigned>(sorters.size());
    std::vector<std::unique_ptr<SnapshotReader>> readers;
    for (unsigned i = 0; i < connections; ++i)
        readers.push_back(std::make_unique<SnapshotReader>(options));

    std::vector<SourceTable> tables;
    std::uint64_t rows_estimated = 0;
    for (RelationIndex r = 0; r < program.relations.size(); ++r) {
        tables.push_back(readers.front()->find(program.relations[r], r));
        rows_estimated += tables.back().rows_estimated;
    }
    const auto tasks = plan_copies(tables, options, readers.front()->reads_ranges());

    std::vector<std::atomic<std::uint64_t>> rows(program.relations.size());
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::size_t> next{0};
    std::mutex fingerprinting;
    auto& bar = progress.add("copy", rows_estimated, "rows");
    run_workers(connections, options.stop, [&](unsigned number, const std::stop_token& stop) {
        RunSorter& sorter = sorters[number];
        for (std::size_t i = next++; i < tasks.size(); i = next++) {
            const CopyTask& task = tasks[i];
            const MappedRelation& relation = program.relations[task.table->relation];
            const std::string prefix = keys::image_prefix(task.table->relation);
            CopyRowReader reader{relation, fingerprinter, fingerprinting};
            std::uint64_t copied = 0;
            std::uint64_t copied_bytes = 0;
            std::string key;
            readers[number]->copy(relation, task, [&](std::string_view line) {
                if (++copied % kAdvanceEvery == 0) {
                    stop_here(stop);
                    bar.advance(kAdvanceEvery);
                }
                copied_bytes += line.size();
                const Row& row = reader.read(line);
                key.assign(prefix).append(reader.key());
                sorter.put(key, encode_row(row));
            });
            readers[number]->require_unchanged(relation, *task.table);
            bar.advance(copied % kAdvanceEvery);
            rows[task.table->relation] += copied;
            bytes += copied_bytes;
        }
        sorter.finish();
    });
    for (auto& reader : readers)
        reader->end();
    bar.finish();

    ImageLoadResult result;
    for (RelationIndex r = 0; r < program.relations.size(); ++r) {
        result.rows.push_back(rows[r]);
        const MappedRelation& relation = program.relations[r];
        log.debug("relation copied",
                  {fields::table(relation.table()), fields::rows(result.rows.back())});
    }
    result.bytes = bytes;
    return result;
}

}  // namespace crossfade
