#include "target/writer.hpp"

#include "postgres/codec.hpp"
#include "target/isolation.hpp"

#include <algorithm>
#include <map>

namespace crossfade {

namespace {

constexpr std::size_t kCopyRows = 50;  // from here on COPY costs less than statements

BatchAnswer answer_of(RunResult result) {
    return BatchAnswer{.refused = {},
                       .missing = std::move(result.missing),
                       .referred = std::move(result.referred),
                       .changed = std::move(result.changed)};
}

void append(std::vector<RootRef>& to, std::vector<RootRef> from) {
    std::ranges::move(from, std::back_inserter(to));
}

}  // namespace

TargetWriter::TargetWriter(Connection& connection, const std::vector<TargetSpec>& specs,
                           WriterOptions options)
    : connection_{connection},
      options_{std::move(options)},
      tables_{connection, specs},
      runner_{connection, tables_} {
    may_merge_ =
        connection_.exec("SELECT has_database_privilege(current_database(), 'TEMP')").boolean(0, 0);
    has_origin_ = !options_.origin.empty() && set_up_origin();
}

TargetWriter::~TargetWriter() { rollback(); }

bool TargetWriter::set_up_origin() {
    const QueryResult permitted = connection_.exec(
        "SELECT bool_and(has_function_privilege(f::regprocedure, 'EXECUTE')) FROM unnest(ARRAY["
        "'pg_replication_origin_oid(text)', 'pg_replication_origin_create(text)',"
        "'pg_replication_origin_session_setup(text)',"
        "'pg_replication_origin_xact_setup(pg_lsn,timestamptz)']) AS f");
    if (!permitted.boolean(0, 0)) return false;
    const Params name{options_.origin};
    if (connection_.exec("SELECT pg_replication_origin_oid($1)", name).is_null(0, 0)) {
        connection_.exec("SELECT pg_replication_origin_create($1)", name);
    }
    connection_.exec("SELECT pg_replication_origin_session_setup($1)", name);
    return true;
}

std::vector<Extra> TargetWriter::beginning(const TargetBatch& batch) const {
    const std::string lsn = batch.end.lsn.format();
    std::vector<Extra> begin{{"BEGIN"}};
    // In every transaction: the server would otherwise advance the origin to the position of one
    // rolled back.
    if (has_origin_) {
        begin.push_back(
            {"SELECT pg_replication_origin_xact_setup($1::pg_lsn, now())", Params{lsn}});
    }
    begin.push_back(
        {advance_progress_sql(), Params{options_.slot, std::to_string(batch.number), lsn}, true});
    return begin;
}

TargetWriter::Bulks TargetWriter::bulks_of(const TargetBatch& batch) {
    std::map<EntityIndex, std::size_t> fresh;
    Bulks bulks;
    if (!batch.loading && batch.writes.size() < options_.merge_rows) return bulks;
    for (const RowWrite& write : batch.writes) {
        if (!write.present && write.only.empty()) ++fresh[write.root.entity];
    }
    for (const auto& [entity, rows] : fresh) {
        const bool copies = batch.loading && rows >= kCopyRows && !no_copy_.contains(entity) &&
                            !tables_.at(entity).direct_sql().empty();
        if (copies) {
            bulks[entity] = Bulk::copy;
        } else if (may_merge_ && rows >= options_.merge_rows) {
            bulks[entity] = Bulk::merge;
        }
    }
    return bulks;
}

// Stretches of pipelined steps, and before the first write of an entity that comes in bulk, its
// new rows at once.
RunResult TargetWriter::attempt_bulk(const std::vector<Step>& steps,
                                     const std::vector<Extra>& begin, const Bulks& bulks) {
    std::map<EntityIndex, std::vector<const RowWrite*>> fresh;
    const auto to_merge = [&](const Step& step) -> const RowWrite* {
        const auto* write = std::get_if<const RowWrite*>(&step);
        if (write == nullptr || !bulks.contains((*write)->root.entity)) return nullptr;
        return (*write)->present || !(*write)->only.empty() ? nullptr : *write;
    };
    for (const Step& step : steps) {
        if (const RowWrite* write = to_merge(step)) fresh[write->root.entity].push_back(write);
    }

    RunResult total = runner_.run(begin, {}, {});
    std::vector<Step> stretch;
    const auto run_stretch = [&](std::span<const Extra> after) {
        RunResult result = runner_.run({}, stretch, after);
        stretch.clear();
        total.unwritten = std::move(result.unwritten);  // places in the stretch
        append(total.missing, std::move(result.missing));
        append(total.referred, std::move(result.referred));
        append(total.changed, std::move(result.changed));
        total.refused = std::move(result.refused);
    };
    for (const Step& step : steps) {
        if (total.refused || total.untouched || !total.unwritten.empty()) return total;
        const auto* write = std::get_if<const RowWrite*>(&step);
        const auto rows = write == nullptr ? fresh.end() : fresh.find((*write)->root.entity);
        if (rows != fresh.end()) {
            run_stretch({});
            if (total.refused || !total.unwritten.empty()) return total;
            const auto error = bulks.at(rows->first) == Bulk::copy
                                   ? runner_.copy(rows->first, rows->second)
                                   : runner_.merge(rows->first, rows->second);
            if (error) {
                total.refused = ServerError{.sqlstate = error->sqlstate(),
                                            .message = error->message(),
                                            .schema = {},
                                            .table = {},
                                            .column = {},
                                            .constraint = {}};
                return total;
            }
            fresh.erase(rows);
        }
        if (to_merge(step) == nullptr) stretch.push_back(step);
    }
    run_stretch({&kSetConstraints, 1});
    return total;
}

std::optional<BatchAnswer> TargetWriter::attempt(const TargetBatch& batch,
                                                 const std::vector<Step>& steps,
                                                 const std::vector<Extra>& begin) {
    const Bulks bulks = bulks_of(batch);
    RunResult result = bulks.empty() ? runner_.run(begin, steps, {&kSetConstraints, 1})
                                     : attempt_bulk(steps, begin, bulks);
    if (result.untouched) {
        rollback();
        progress_moved(options_.slot, batch.number);
    }
    if (!result.unwritten.empty() || (result.refused && result.refused->sqlstate == kNotWritten)) {
        rollback();
        return std::nullopt;
    }
    if (result.refused) {
        rollback();
        const std::size_t known = no_copy_.size();
        for (const auto& [entity, way] : bulks) {
            if (way == Bulk::copy) no_copy_.insert(entity);
        }
        if (no_copy_.size() == known) return std::nullopt;
        // A merge takes rows that are there already.
        open_ = true;
        return attempt(batch, steps, begin);
    }
    return answer_of(std::move(result));
}

BatchAnswer TargetWriter::execute(const TargetBatch& batch) {
    if (open_) throw Failure{Error{ErrorKind::internal, "a batch of the target is still open"}};
    const std::vector<Step> steps = steps_of(batch);
    const std::vector<Extra> begin = beginning(batch);
    open_ = true;
    try {
        std::optional<BatchAnswer> answer = attempt(batch, steps, begin);
        if (!answer) {
            open_ = true;
            Isolation::Outcome outcome = Isolation{runner_, steps, begin}.run();
            if (outcome.untouched) {
                rollback();
                progress_moved(options_.slot, batch.number);
            }
            answer = std::move(outcome.answer);
        }
        if (!answer->ready()) rollback();
        return *answer;
    } catch (...) {
        rollback();
        throw;
    }
}

void TargetWriter::commit() {
    if (!open_) throw Failure{Error{ErrorKind::internal, "there is no batch to commit"}};
    open_ = false;
    try {
        const QueryResult done = connection_.exec("COMMIT");
        // COMMIT of a failed transaction answers ROLLBACK, and no error.
        if (done.command() != "COMMIT") {
            throw Failure{Error{ErrorKind::internal, "the target rolled a batch back at COMMIT"}};
        }
    } catch (const Failure& failure) {
        if (connection_.is_good()) throw;
        throw Failure{Error{ErrorKind::conflict,
                            "the connection was lost during COMMIT: " + failure.error().message(),
                            failure.error().sqlstate()}
                          .with_hint("the commit is in doubt; the target's position tells")};
    }
    ++runner_.counters().batches;
}

void TargetWriter::rollback() noexcept {
    if (!open_) return;
    open_ = false;
    try {
        if (connection_.is_good()) connection_.exec("ROLLBACK");
    } catch (...) {
        // A session that cannot roll back is dead, and the server rolls back for it.
    }
}

std::optional<Uuid> TargetWriter::holder(const RowWrite& write,
                                         const std::set<std::uint32_t>& key) {
    const TableStatements& table = tables_.at(write.root.entity);
    Params params{write.id.format()};
    for (const std::uint32_t column : key) {
        const Value& value = write.values.at(column);
        if (is_null(value)) return std::nullopt;
        params.text(format_value(value));
    }
    const QueryResult found = connection_.exec(table.holder_sql(key), params);
    if (found.empty()) return std::nullopt;
    const auto id = Uuid::parse(found.text(0, 0));
    return id ? std::optional{*id} : std::nullopt;
}

}  // namespace crossfade
