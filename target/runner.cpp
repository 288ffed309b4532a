#include "target/runner.hpp"

#include "postgres/copy.hpp"
#include "target/equality.hpp"

#include <algorithm>
#include <map>

namespace crossfade {

namespace {

// Answers are read while later statements are on their way, so that neither side's buffers grow
// with the batch.
constexpr std::size_t kWindow = 1000;

}  // namespace

const RootRef& root_of(const Step& step) {
    return std::visit([](const auto* row) -> const RootRef& { return row->root; }, step);
}

std::vector<Step> steps_of(const TargetBatch& batch) {
    std::vector<Step> steps;
    steps.reserve(batch.vacates.size() + batch.writes.size() + batch.deletes.size());
    for (const Vacate& vacate : batch.vacates)
        steps.emplace_back(&vacate);
    for (const RowWrite& write : batch.writes)
        steps.emplace_back(&write);
    for (const RowDelete& removal : batch.deletes)
        steps.emplace_back(&removal);
    return steps;
}

Tables::Tables(Connection& connection, const std::vector<TargetSpec>& specs) : specs_{specs} {
    refuse_rules(connection, specs);
    shapes_.reserve(specs.size());
    for (const TargetSpec& spec : specs) {
        shapes_.push_back(read_shape(connection, spec.schema, spec.table));
        tell_columns(connection, spec, shapes_.back());
    }
    for (std::size_t i = 0; i < specs.size(); ++i) {
        statements_.emplace_back(static_cast<EntityIndex>(i), specs[i], shapes_[i]);
    }
}

std::size_t set_size(std::span<const Step> steps, Tables& tables) {
    const auto leaves = [&](const Step& step) {
        return std::holds_alternative<const RowDelete*>(step) &&
               root_of(step).entity == root_of(steps.front()).entity;
    };
    if (!leaves(steps.front()) || !tables.at(root_of(steps.front()).entity).refers_to_itself()) {
        return 1;
    }
    const auto end = std::ranges::find_if_not(steps, leaves);
    return static_cast<std::size_t>(end - steps.begin());
}

void Runner::send(Pipeline& pipeline, const Statement& statement, Part part, std::size_t step,
                  std::size_t steps) {
    if (!prepared_.contains(statement.name) && preparing_.insert(statement.name).second) {
        pipeline.prepare(statement.name, statement.sql);
        expected_.push_back({Part::prepare, step, steps, statement.name});
    }
    pipeline.send(statement.name, params_);
    expected_.push_back({part, step, steps});
}

void Runner::send(Pipeline& pipeline, const Extra& extra) {
    pipeline.send_sql(extra.sql, extra.params);
    expected_.push_back({extra.must_touch ? Part::must_touch : Part::extra});
}

void Runner::send_write(Pipeline& pipeline, const RowWrite& write, std::size_t index) {
    TableStatements& table = tables_.at(write.root.entity);
    if (!write.present && write.only.empty()) {
        table.bind_insert(write, params_);
        return send(pipeline, table.insert(), Part::insert, index);
    }
    table.bind_update(write, params_);
    if (!write.blind) return send(pipeline, table.update(write.only), Part::update, index);
    send(pipeline, table.update(write.only, true), Part::blind_update, index);
    send(pipeline, table.look(write.only), Part::blind_look, index);
}

void Runner::send(Pipeline& pipeline, const Step& step, std::size_t index) {
    TableStatements& table = tables_.at(root_of(step).entity);
    if (const auto* vacate = std::get_if<const Vacate*>(&step)) {
        table.bind_vacate(**vacate, params_);
        send(pipeline, table.vacate((*vacate)->columns), Part::vacate, index);
    } else if (const auto* write = std::get_if<const RowWrite*>(&step)) {
        send_write(pipeline, **write, index);
    } else {
        table.bind_remove(*std::get<const RowDelete*>(step), params_);
        send(pipeline, table.lock(), Part::lock, index);
        send(pipeline, table.remove(), Part::remove, index);
    }
}

void Runner::send_set(Pipeline& pipeline, std::span<const Step> set, std::size_t index) {
    TableStatements& table = tables_.at(root_of(set.front()).entity);
    std::vector<const RowDelete*> removals;
    for (const Step& step : set)
        removals.push_back(std::get<const RowDelete*>(step));
    table.bind_remove_set(removals, params_);
    // The locks have a statement of their own, so that the next one sees what was waited for.
    send(pipeline, table.lock_set(), Part::extra, index, set.size());
    send(pipeline, table.remove_set(), Part::remove_set, index, set.size());
}

void Runner::note(const Expected& expected, const QueryResult& answer, std::span<const Step> steps,
                  RunResult& result) {
    const RootRef& root = root_of(steps[expected.step]);
    const std::uint64_t rows = answer.affected();
    switch (expected.part) {
        case Part::insert: counters_.inserted += rows; [[fallthrough]];
        case Part::update:
        case Part::vacate:
            if (rows == 0) result.unwritten.push_back(expected.step);
            break;
        case Part::blind_update: wrote_ = rows > 0; break;
        case Part::blind_look:
            if (wrote_) break;
            [[fallthrough]];
        case Part::look:
            if (answer.empty()) {
                note_absent(expected.step, steps, result);
            } else if (answer.boolean(0, 0)) {
                result.unwritten.push_back(expected.step);
            }
            break;
        case Part::lock:
            unchanged_.reset();
            if (!answer.empty()) unchanged_ = answer.boolean(0, 0);
            break;
        case Part::remove:
            counters_.deleted += rows;
            // A row that is gone already is what was wanted.
            if (rows > 0 || !unchanged_) break;
            if (*unchanged_) {
                result.unwritten.push_back(expected.step);
            } else {
                result.changed.push_back(root);
            }
            break;
        case Part::removable:
            if (answer.empty()) {
                result.referred.push_back(root);
            } else {
                result.unwritten.push_back(expected.step);
            }
            break;
        case Part::remove_set: note_set(answer, expected, steps, result); break;
        default: break;
    }
}

// There is no row behind a step that wrote nothing. Who inserts did not; else somebody deleted it,
// and a value that was to be given up is free.
void Runner::note_absent(std::size_t step, std::span<const Step> steps, RunResult& result) {
    const auto* write = std::get_if<const RowWrite*>(&steps[step]);
    if (write == nullptr) return;
    if ((*write)->present || !(*write)->only.empty()) {
        result.missing.push_back((*write)->root);
    } else {
        result.unwritten.push_back(step);
    }
}

void Runner::note_set(const QueryResult& answer, const Expected& expected,
                      std::span<const Step> steps, RunResult& result) {
    std::map<std::string, std::size_t, std::less<>> places;
    for (std::size_t i = expected.step; i < expected.step + expected.steps; ++i)
        places.emplace(std::get<const RowDelete*>(steps[i])->id.format(), i);
    for (int row = 0; row < answer.rows(); ++row) {
        const std::size_t place = places.find(answer.text(row, 0))->second;
        const bool left = answer.boolean(row, 1);
        const bool unchanged = answer.boolean(row, 2);
        if (left) {
            ++counters_.deleted;
        } else if (!unchanged) {
            result.changed.push_back(root_of(steps[place]));
        } else if (answer.boolean(row, 3)) {
            result.referred.push_back(root_of(steps[place]));
        } else {
            result.unwritten.push_back(place);
        }
    }
}

void Runner::send_look(Pipeline& pipeline, const Step& step, std::size_t index) {
    TableStatements& table = tables_.at(root_of(step).entity);
    if (const auto* vacate = std::get_if<const Vacate*>(&step)) {
        table.bind_vacate(**vacate, params_);
        send(pipeline, table.look((*vacate)->columns, true), Part::look, index);
    } else if (const auto* write = std::get_if<const RowWrite*>(&step)) {
        table.bind_update(**write, params_);
        send(pipeline, table.look((*write)->only), Part::look, index);
    } else {
        table.bind_remove(*std::get<const RowDelete*>(step), params_);
        send(pipeline, table.removable(), Part::removable, index);
    }
}

// What stands already as it was to be written is none of them; nor is what somebody deleted.
void Runner::look(std::span<const Step> steps, RunResult& result) {
    const std::vector<std::size_t> unwritten = std::exchange(result.unwritten, {});
    preparing_.clear();
    expected_.clear();
    Pipeline pipeline{connection_};
    std::size_t sent = 0;
    for (const std::size_t step : unwritten) {
        send_look(pipeline, steps[step], step);
        if (++sent % kWindow != 0) continue;
        pipeline.flush();
        receive(pipeline, pipeline.unanswered(), steps, result);
    }
    pipeline.sync();
    receive(pipeline, pipeline.unanswered(), steps, result);
    pipeline.receive_sync();
}

void Runner::receive(Pipeline& pipeline, std::size_t count, std::span<const Step> steps,
                     RunResult& result) {
    for (; count > 0; --count) {
        Pipeline::Answer answer = pipeline.receive();
        const Expected expected = std::move(expected_.front());
        expected_.pop_front();
        if (answer.refused && !result.refused) {
            result.refused = std::move(answer.refused);
            result.refused_step = expected.step;
            result.refused_steps = expected.steps;
        }
        if (!answer.result) continue;
        if (expected.part == Part::prepare) {
            prepared_.insert(expected.prepared);
        } else if (expected.part == Part::must_touch) {
            result.untouched = result.untouched || answer.result->affected() == 0;
        } else if (expected.step != RunResult::kNone) {
            note(expected, *answer.result, steps, result);
        }
    }
}

RunResult Runner::send_all(std::span<const Extra> before, std::span<const Step> steps,
                           std::span<const Extra> after) {
    RunResult result;
    preparing_.clear();
    expected_.clear();
    Pipeline pipeline{connection_};
    for (const Extra& extra : before)
        send(pipeline, extra);
    std::size_t sent = 0;
    for (std::size_t i = 0, size = 1; i < steps.size() && !result.refused; i += size) {
        size = set_size(steps.subspan(i), tables_);
        if (size > 1) {
            send_set(pipeline, steps.subspan(i, size), i);
        } else {
            send(pipeline, steps[i], i);
        }
        // Only what a flush has gone behind is sure to be answered.
        if (++sent % kWindow == 0) {
            const std::size_t flushed = pipeline.unanswered();
            pipeline.flush();
            if (flushed > 3 * kWindow) receive(pipeline, flushed - kWindow, steps, result);
        }
    }
    if (!result.refused) {
        for (const Extra& extra : after)
            send(pipeline, extra);
    }
    pipeline.sync();
    receive(pipeline, pipeline.unanswered(), steps, result);
    pipeline.receive_sync();
    return result;
}

RunResult Runner::run(std::span<const Extra> before, std::span<const Step> steps,
                      std::span<const Extra> after) {
    RunResult result = send_all(before, steps, after);
    if (!result.refused && !result.unwritten.empty()) look(steps, result);
    return result;
}

void Runner::forget_prepared() {
    connection_.exec("DEALLOCATE ALL");
    prepared_.clear();
}

std::optional<Error> Runner::count(std::uint64_t written, std::size_t rows) {
    counters_.inserted += written;
    counters_.merged += written;
    if (written >= rows) return std::nullopt;
    return Error{ErrorKind::constraint, "fewer rows were written than given",
                 std::string{kNotWritten}};
}

Result<std::uint64_t> Runner::copy_rows(const std::string& sql, TableStatements& table,
                                        std::span<const RowWrite* const> rows) {
    std::vector<WireType> wires;
    for (std::uint32_t i = 0; i < table.spec().columns.size(); ++i) {
        const WireType wire = staged_as(table.column(i));
        wires.push_back(wire == WireType::other ? WireType::text : wire);
    }
    std::optional<CopyIn> begun;
    try {
        begun.emplace(connection_, sql);
    } catch (const Failure& failure) {
        if (!connection_.is_good()) throw;
        return failure.error();
    }
    CopyIn& copy = *begun;
    std::string buffer{kCopyBinaryHeader};
    for (const RowWrite* row : rows) {
        append_tuple_header(buffer, wires.size() + 1);
        auto appended = append_binary_field(buffer, Value{row->id}, WireType::uuid);
        for (std::size_t i = 0; i < wires.size() && appended; ++i) {
            appended = append_binary_field(buffer, row->values.at(i), wires[i]);
        }
        if (!appended) return appended.error();
        if (buffer.size() >= (std::size_t{64} << 10)) {
            copy.put(buffer);
            buffer.clear();
        }
    }
    buffer += kCopyBinaryTrailer;
    copy.put(buffer);
    return copy.finish();
}

std::optional<Error> Runner::copy(EntityIndex entity, std::span<const RowWrite* const> rows) {
    TableStatements& table = tables_.at(entity);
    const auto copied = copy_rows(table.direct_sql(), table, rows);
    if (!copied) return copied.error();
    return count(*copied, rows.size());
}

std::optional<Error> Runner::merge(EntityIndex entity, std::span<const RowWrite* const> rows) {
    TableStatements& table = tables_.at(entity);
    if (auto created = connection_.try_exec(table.staging_sql()); !created) return created.error();
    if (auto copied = copy_rows(table.copy_sql(), table, rows); !copied) return copied.error();
    const auto merged = connection_.try_exec(table.merge_sql());
    if (!merged) return merged.error();
    return count(merged->affected(), rows.size());
}

}  // namespace crossfade
