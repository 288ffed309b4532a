// Sends the steps of a batch through libpq's pipeline and reads their answers. What to do about a
// refusal is decided elsewhere (isolation.hpp).
#pragma once

#include "postgres/pipeline.hpp"
#include "target/statements.hpp"

#include <deque>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <variant>

namespace crossfade {

// One row's worth of a batch; points into the TargetBatch.
using Step = std::variant<const Vacate*, const RowWrite*, const RowDelete*>;
const RootRef& root_of(const Step& step);
// All steps of a planned batch, in the order of execution.
std::vector<Step> steps_of(const TargetBatch& batch);

// Counts what was sent, also in transactions that were rolled back: which way a batch took.
struct WriterCounters {
    std::uint64_t batches = 0;   // committed
    std::uint64_t inserted = 0;  // rows
    std::uint64_t merged = 0;    // of these, through COPY
    std::uint64_t deleted = 0;
    std::uint64_t isolations = 0;  // batches that had to be taken apart
};

// A statement around the steps: BEGIN, the position, SET CONSTRAINTS.
struct Extra {
    std::string sql;
    Params params = {};
    bool must_touch = false;  // 0 rows set RunResult::untouched
};

// Before each COMMIT: deferred constraints are refused while the batch can still be taken apart.
inline const Extra kSetConstraints{"SET CONSTRAINTS ALL IMMEDIATE"};

struct RunResult {
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    std::optional<ServerError> refused;  // the first error of data; what followed was not executed
    std::size_t refused_step = kNone;    // kNone: one of the extras
    std::size_t refused_steps = 1;       // more than one: a set, of which any may be to blame
    bool untouched = false;
    // Steps that wrote nothing although something was to be written. To be repeated with their row
    // locked; if that writes nothing either, something on the target keeps the row out.
    std::vector<std::size_t> unwritten;
    std::vector<RootRef> missing, referred, changed;  // as in BatchAnswer
};

// The statements of every entity; lives as long as the writer.
class Tables {
public:
    // `specs` must outlive this. Reads the catalog; throws Failure if a table or column is not
    // there, or a table has a rule.
    Tables(Connection& connection, const std::vector<TargetSpec>& specs);
    TableStatements& at(EntityIndex entity) { return statements_.at(entity); }
    const std::vector<TargetSpec>& specs() const { return specs_; }

private:
    const std::vector<TargetSpec>& specs_;
    std::vector<TableShape> shapes_;
    std::deque<TableStatements> statements_;
};

// How many of the steps, from the first one on, go to the server as one statement: the deletes of a
// table that refers to itself; else one.
std::size_t set_size(std::span<const Step> steps, Tables& tables);

// Borrows all it is given. Throws Failure for errors of the world; then the transaction is to be
// rolled back.
class Runner {
public:
    Runner(Connection& connection, Tables& tables) : connection_{connection}, tables_{tables} {}

    // `before`, the steps, `after`: in one go, with one round trip unless there are thousands of
    // steps. What stands is looked at behind steps that wrote nothing, unless one was refused.
    RunResult run(std::span<const Extra> before, std::span<const Step> steps,
                  std::span<const Extra> after);
    // Writes new rows of one entity through a staging table. nullopt: done. An error says only that
    // this way does not work for these rows; the transaction, if the server refused, is then
    // failed. kNotWritten: fewer rows were written than given.
    std::optional<Error> merge(EntityIndex entity, std::span<const RowWrite* const> rows);
    // The same straight into the table, which must not have a row of them.
    std::optional<Error> copy(EntityIndex entity, std::span<const RowWrite* const> rows);

    // A statement that a rule made nothing of would stay so after the rule is gone: the server
    // keeps what it was rewritten to.
    void forget_prepared();

    Connection& connection() { return connection_; }
    Tables& tables() { return tables_; }
    WriterCounters& counters() { return counters_; }
    const WriterCounters& counters() const { return counters_; }

private:
    // How many rows were written.
    Result<std::uint64_t> copy_rows(const std::string& sql, TableStatements& table,
                                    std::span<const RowWrite* const> rows);
    std::optional<Error> count(std::uint64_t written, std::size_t rows);
    RunResult send_all(std::span<const Extra> before, std::span<const Step> steps,
                       std::span<const Extra> after);
    enum class Part {
        extra,
        must_touch,
        prepare,
        vacate,
        insert,
        update,
        blind_update,
        blind_look,
        look,
        lock,
        remove,
        removable,
        remove_set
    };
    struct Expected {
        Part part = Part::extra;
        std::size_t step = RunResult::kNone;
        std::size_t steps = 1;      // from `step` on, for Part::remove_set
        std::string prepared = {};  // name, for Part::prepare
    };
    void send(Pipeline& pipeline, const Statement& statement, Part part, std::size_t step,
              std::size_t steps = 1);
    void send(Pipeline& pipeline, const Extra& extra);
    void send(Pipeline& pipeline, const Step& step, std::size_t index);
    void send_write(Pipeline& pipeline, const RowWrite& write, std::size_t index);
    void send_set(Pipeline& pipeline, std::span<const Step> set, std::size_t index);
    void receive(Pipeline& pipeline, std::size_t count, std::span<const Step> steps,
                 RunResult& result);
    void note(const Expected& expected, const QueryResult& answer, std::span<const Step> steps,
              RunResult& result);
    void note_set(const QueryResult& answer, const Expected& expected, std::span<const Step> steps,
                  RunResult& result);
    static void note_absent(std::size_t step, std::span<const Step> steps, RunResult& result);
    void send_look(Pipeline& pipeline, const Step& step, std::size_t index);
    void look(std::span<const Step> steps, RunResult& result);

    Connection& connection_;
    Tables& tables_;
    WriterCounters counters_;
    std::set<std::string> prepared_;   // on the server
    std::set<std::string> preparing_;  // in this run, not answered yet
    std::deque<Expected> expected_;
    Params params_;
    std::optional<bool> unchanged_;  // what the last lock said; nothing: there was no row
    bool wrote_ = false;             // the last blind update
};

}  // namespace crossfade
