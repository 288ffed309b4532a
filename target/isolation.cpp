#include "target/isolation.hpp"

#include "postgres/quote.hpp"
#include "target/column_at_fault.hpp"

#include <algorithm>

namespace crossfade {

namespace {

// Small enough that running a chunk again is cheap, large enough that the round trips are few.
constexpr std::size_t kChunk = 64;
constexpr std::string_view kForeignKeyViolation = "23503";
constexpr std::string_view kUniqueViolation = "23505";

bool inserts(const Step& step) {
    const auto* write = std::get_if<const RowWrite*>(&step);
    return write != nullptr && !(*write)->present && (*write)->only.empty();
}

Uuid id_of(const Step& step) {
    return std::visit([](const auto* row) { return row->id; }, step);
}

}  // namespace

Isolation::Isolation(Runner& runner, std::span<const Step> steps, std::span<const Extra> begin)
    : runner_{runner}, steps_{steps}, begin_{begin} {
    for (const Step& step : steps) {
        if (const auto* write = std::get_if<const RowWrite*>(&step)) {
            writes_[(*write)->root].push_back(*write);
        }
    }
}

Isolation::Outcome Isolation::run() {
    ++runner_.counters().isolations;
    const RunResult begun = runner_.run(begin_, {}, {});
    if (begun.untouched) return {.answer = {}, .untouched = true};
    runner_.connection().exec("SAVEPOINT crossfade_start");
    while (true) {
        auto error = apply(remaining());
        if (!error) error = check_constraints();
        if (!error) break;
        blame(*error);
        back_to_start();
    }
    return {.answer = std::move(answer_), .untouched = false};
}

void Isolation::back_to_start() {
    runner_.connection().exec("ROLLBACK TO SAVEPOINT crossfade_start");
    answer_.missing.clear();
    answer_.referred.clear();
    answer_.changed.clear();
}

std::vector<Step> Isolation::remaining() const {
    std::vector<Step> steps;
    for (const Step& step : steps_) {
        if (!left_out_.contains(root_of(step))) steps.push_back(step);
    }
    return steps;
}

std::optional<ServerError> Isolation::apply(std::span<const Step> steps) {
    while (!steps.empty()) {
        // A set is not cut in two: its rows may leave only together.
        std::size_t size = 0;
        while (size < std::min(kChunk, steps.size())) {
            size += set_size(steps.subspan(size), runner_.tables());
        }
        const auto chunk = steps.first(size);
        if (auto error = apply_chunk({chunk.begin(), chunk.end()})) return error;
        steps = steps.subspan(size);
    }
    return std::nullopt;
}

std::optional<ServerError> Isolation::apply_chunk(std::vector<Step> steps) {
    static const Extra save{"SAVEPOINT crossfade_chunk"};
    static const Extra release{"RELEASE SAVEPOINT crossfade_chunk"};
    while (true) {
        // Left out meanwhile: an earlier chunk or round refused a step of the same root.
        std::erase_if(steps, [&](const Step& step) { return left_out_.contains(root_of(step)); });
        RunResult result = runner_.run({&save, 1}, steps, {});
        if (!result.unwritten.empty()) {
            runner_.connection().exec("ROLLBACK TO SAVEPOINT crossfade_chunk");
            const std::size_t known = left_out_.size();
            result = repeat(steps, result.unwritten);
            if (left_out_.size() > known) {
                runner_.connection().exec("ROLLBACK TO SAVEPOINT crossfade_chunk");
                continue;
            }
        }
        for (const RootRef& root : result.missing) {
            for (const RowWrite* write : writes_[root])
                left_out_ids_.insert(write->id);
        }
        if (!result.refused) {
            runner_.run({&release, 1}, {}, {});
            std::ranges::copy(result.missing, std::back_inserter(answer_.missing));
            std::ranges::copy(result.referred, std::back_inserter(answer_.referred));
            std::ranges::copy(result.changed, std::back_inserter(answer_.changed));
            return std::nullopt;
        }
        runner_.connection().exec("ROLLBACK TO SAVEPOINT crossfade_chunk");
        if (result.refused_step == RunResult::kNone) throw Failure{result.refused->to_error()};
        if (result.refused_steps > 1) return result.refused;
        const Step& step = steps[result.refused_step];
        left_out_ids_.insert(id_of(step));
        tell_row_in_the_way(step, *result.refused);
        tell_column(step, *result.refused);
        refuse(root_of(step), *result.refused);
    }
}

// A row that stands under an id which is to be inserted is nobody's whom the state knows.
void Isolation::tell_row_in_the_way(const Step& step, ServerError& error) {
    if (!inserts(step) || error.sqlstate != kUniqueViolation) return;
    const TableStatements& table = runner_.tables().at(root_of(step).entity);
    const std::string id = id_of(step).format();
    if (runner_.connection().exec(table.hold_sql(), Params{id}).empty()) return;
    error.message = std::string{kBornThere} + "a row with the id " + id +
                    " stands on the target, and is not the bridge's";
}

void Isolation::tell_column(const Step& step, ServerError& error) {
    const auto* write = std::get_if<const RowWrite*>(&step);
    if (write == nullptr || !error.column.empty() || !error.constraint.empty() ||
        !error.sqlstate.starts_with("22"))
        return;
    const TableStatements& table = runner_.tables().at(root_of(step).entity);
    error.column = column_at_fault(runner_.connection(), table.shape(), table.spec(), **write);
}

RunResult Isolation::repeat(std::span<const Step> steps,
                            const std::vector<std::size_t>& unwritten) {
    RunResult total;
    std::size_t done = 0;
    // Places in the chunk from those in a part of it.
    const auto run = [&](std::span<const Extra> before, std::size_t size) {
        RunResult result = runner_.run(before, steps.subspan(done, size), {});
        std::ranges::move(result.missing, std::back_inserter(total.missing));
        std::ranges::move(result.referred, std::back_inserter(total.referred));
        std::ranges::move(result.changed, std::back_inserter(total.changed));
        total.refused = std::move(result.refused);
        total.refused_steps = result.refused_steps;
        total.refused_step =
            result.refused_step == RunResult::kNone ? RunResult::kNone : done + result.refused_step;
        if (total.refused) return false;  // then nothing was looked at
        for (const std::size_t place : result.unwritten) {
            const Step& step = steps[done + place];
            left_out_ids_.insert(id_of(step));
            refuse(root_of(step), not_written(step));
        }
        done += size;
        return true;
    };
    for (std::size_t at = 0, size = 1; at < steps.size(); at += size) {
        size = set_size(steps.subspan(at), runner_.tables());
        const bool again = std::ranges::any_of(
            unwritten, [&](std::size_t place) { return place >= at && place < at + size; });
        if (!again) continue;
        if (at > done && !run({}, at - done)) return total;
        const TableStatements& table = runner_.tables().at(root_of(steps[at]).entity);
        const Extra hold{table.hold_sql(), Params{id_of(steps[at]).format()}};
        if (!run({&hold, size == 1 ? 1U : 0U}, size)) return total;
    }
    if (done < steps.size()) run({}, steps.size() - done);
    return total;
}

// The error that stands for a step that writes nothing, whose row is there to be written.
ServerError Isolation::not_written(const Step& step) {
    const EntityIndex entity = root_of(step).entity;
    const TargetSpec& spec = runner_.tables().specs().at(entity);
    auto known = hooks_.find(entity);
    if (known == hooks_.end()) {
        known =
            hooks_.emplace(entity, read_row_hooks(runner_.connection(), spec.schema, spec.table))
                .first;
        if (std::ranges::count(known->second, RowHook::Kind::rule, &RowHook::kind) > 0)
            runner_.forget_prepared();
    }
    const bool removes = std::holds_alternative<const RowDelete*>(step);
    const bool adds = inserts(step);
    ServerError error;
    error.sqlstate = kNotWritten;
    error.schema = spec.schema;
    error.table = spec.table;
    std::vector<RowHook> hooks;
    std::ranges::copy_if(known->second, std::back_inserter(hooks), [&](const RowHook& hook) {
        return removes ? hook.deletes : hook.updates || (adds && hook.inserts);
    });
    if (std::ranges::any_of(hooks, &RowHook::drops))
        std::erase_if(hooks, [](const RowHook& hook) { return !hook.drops; });
    if (hooks.size() == 1) error.constraint = hooks.front().name;
    std::string names;
    for (const RowHook& hook : hooks)
        names += (names.empty() ? "" : ", ") + to_string(hook);
    const std::string table = spec.schema + "." + spec.table;
    error.message = (removes ? "not_removed: the target kept the row"
                             : "not_written: the target did not write the row") +
                    (names.empty() ? ", and no trigger, rule or policy of " + table + " says why"
                                   : " (" + names + " on " + table + ")");
    return error;
}

bool Isolation::refers_to_left_out(const RootRef& root) const {
    const auto writes = writes_.find(root);
    if (writes == writes_.end()) return false;
    for (const RowWrite* write : writes->second) {
        for (const Value& value : write->values) {
            const auto* id = std::get_if<Uuid>(&value);
            if (id != nullptr && *id != write->id && left_out_ids_.contains(*id)) return true;
        }
    }
    return false;
}

void Isolation::refuse(const RootRef& root, const ServerError& error) {
    if (!left_out_.insert(root).second) return;
    const bool dependant = error.sqlstate == kForeignKeyViolation && refers_to_left_out(root);
    if (const auto writes = writes_.find(root); writes != writes_.end()) {
        for (const RowWrite* write : writes->second)
            left_out_ids_.insert(write->id);
    }
    if (dependant) {
        answer_.left_out.push_back(root);
        return;
    }
    const TargetSpec& spec = runner_.tables().specs().at(root.entity);
    answer_.refused.push_back(
        Refusal{.root = root,
                .sqlstate = error.sqlstate,
                .constraint = error.constraint.empty() ? error.column : error.constraint,
                .table = error.table.empty() ? spec.table : error.table,
                .message = error.message});
}

// The rows stand as they are, also after a refusal: what was applied is to be looked at, or undone
// by the caller.
std::optional<ServerError> Isolation::check_constraints() {
    static const Extra save{"SAVEPOINT crossfade_check"};
    const RunResult result = runner_.run({&save, 1}, {}, {&kSetConstraints, 1});
    if (result.refused) runner_.connection().exec("ROLLBACK TO SAVEPOINT crossfade_check");
    return result.refused;
}

void Isolation::blame(const ServerError& error) {
    if (error.sqlstate == kForeignKeyViolation && blame_orphans(error)) return;
    blame_by_halves(error);
}

bool Isolation::blame_orphans(const ServerError& error) {
    const std::size_t before = left_out_.size();
    for (EntityIndex entity = 0; entity < runner_.tables().specs().size(); ++entity) {
        const TableStatements& table = runner_.tables().at(entity);
        const TableShape& shape = table.shape();
        if (shape.schema != error.schema || shape.table != error.table) continue;
        const auto key =
            std::ranges::find(shape.references, error.constraint, &ForeignKeyShape::constraint);
        if (key == shape.references.end()) continue;

        std::map<std::string, RootRef> roots;
        std::string ids = "{";
        for (const auto& [root, writes] : writes_) {
            if (root.entity != entity || left_out_.contains(root)) continue;
            const std::string id = writes.front()->id.format();
            ids += (roots.empty() ? "" : ",") + id;
            roots.emplace(id, root);
        }
        const std::string id = "t." + quote_identifier(table.spec().id_column);
        std::string sql = "SELECT " + id + "::text FROM " + quote_table(shape.schema, shape.table) +
                          " AS t WHERE " + id + " = ANY ($1::uuid[])";
        std::string match;
        for (const auto& [referring, referred] : key->columns) {
            sql += " AND t." + quote_identifier(referring) + " IS NOT NULL";
            match += (match.empty() ? "p." : " AND p.") + quote_identifier(referred) + " = t." +
                     quote_identifier(referring);
        }
        sql += " AND NOT EXISTS (SELECT FROM " +
               quote_table(key->referred_schema, key->referred_table) + " AS p WHERE " + match +
               ") ORDER BY 1";
        const QueryResult orphans = runner_.connection().exec(sql, Params{ids + "}"});
        for (int row = 0; row < orphans.rows(); ++row) {
            refuse(roots.at(std::string{orphans.text(row, 0)}), error);
        }
    }
    return left_out_.size() > before;
}

std::optional<ServerError> Isolation::try_with(const std::set<RootRef>& accepted,
                                               std::span<const RootRef> more) {
    const std::set<RootRef> added{more.begin(), more.end()};
    std::vector<Step> steps;
    for (const Step& step : steps_) {
        const RootRef& root = root_of(step);
        if (accepted.contains(root) || added.contains(root)) steps.push_back(step);
    }
    runner_.connection().exec("ROLLBACK TO SAVEPOINT crossfade_start");
    return runner_.run({}, steps, {&kSetConstraints, 1}).refused;
}

void Isolation::halve(std::set<RootRef>& accepted, std::span<const RootRef> roots,
                      std::vector<std::pair<RootRef, ServerError>>& suspects) {
    const auto error = try_with(accepted, roots);
    if (!error) {
        accepted.insert(roots.begin(), roots.end());
    } else if (roots.size() == 1) {
        suspects.emplace_back(roots.front(), *error);
    } else {
        halve(accepted, roots.first(roots.size() / 2), suspects);
        halve(accepted, roots.subspan(roots.size() / 2), suspects);
    }
}

void Isolation::blame_by_halves(const ServerError& error) {
    Roots roots;
    std::set<RootRef> seen;
    for (const Step& step : remaining()) {
        if (seen.insert(root_of(step)).second) roots.push_back(root_of(step));
    }
    std::set<RootRef> accepted;
    std::vector<std::pair<RootRef, ServerError>> suspects;
    halve(accepted, roots, suspects);

    // Rows that need each other fail alone. So first: is it one suspect that spoils it for the
    // others?
    for (std::size_t i = 0; suspects.size() > 1 && i < suspects.size(); ++i) {
        Roots others;
        for (std::size_t j = 0; j < suspects.size(); ++j) {
            if (j != i) others.push_back(suspects[j].first);
        }
        if (!try_with(accepted, others)) {
            refuse(suspects[i].first, suspects[i].second);
            return;
        }
    }
    // Then each one again, now with everything that was accepted after it was tried, until none is
    // admitted any more.
    for (bool admitted = true; admitted;) {
        admitted = false;
        for (auto suspect = suspects.begin(); suspect != suspects.end();) {
            if (try_with(accepted, {&suspect->first, 1})) {
                ++suspect;
                continue;
            }
            accepted.insert(suspect->first);
            suspect = suspects.erase(suspect);
            admitted = true;
        }
    }
    for (const auto& [root, reason] : suspects)
        refuse(root, reason);
    if (suspects.empty()) {
        // Now everything passes: what stood in the way came from elsewhere, and may be gone.
        throw Failure{Error{ErrorKind::conflict,
                            "a deferred constraint failed and then held: " + error.message,
                            error.sqlstate}};
    }
}

}  // namespace crossfade
