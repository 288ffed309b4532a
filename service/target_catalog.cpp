#include "service/target_catalog.hpp"

#include "model/encoding.hpp"
#include "model/lsn.hpp"
#include "postgres/transaction.hpp"
#include "service/context.hpp"
#include "service/table_look.hpp"
#include "service/target_facts.hpp"
#include "state/keys.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace crossfade {

namespace {

constexpr const char* kTables = "crossfade_target_tables";
constexpr const char* kFacts = "crossfade_target_facts";

struct TargetLook {
    std::string lsn;  // all that was committed before it is told by the look
    std::string end;  // nothing that was committed behind it is
    TableLooks tables;
    TargetFacts facts;
};

using WrittenColumns = std::map<std::string, std::set<std::string>>;  // by TableName::text()

WrittenColumns columns_by_table(const Program& program) {
    WrittenColumns written;
    for (const TargetSpec& spec : target_specs(program)) {
        std::set<std::string>& columns = written[TableName{spec.schema, spec.table}.text()];
        columns.insert(spec.id_column);
        for (const TargetColumn& column : spec.columns)
            columns.insert(column.name);
    }
    return written;
}

void prepare_looks(Connection& target, const Program& program) {
    std::vector<TableName> names;
    for (const auto& [table, columns] : columns_by_table(program))
        names.push_back(TableName::parse(table));
    target.prepare(kTables, look_sql(names));
    target.prepare(kFacts, facts_sql(names));
}

TargetLook look_at(Connection& target) {
    const std::string where = "SELECT pg_current_wal_insert_lsn()";
    TargetLook look;
    look.lsn = target.exec(where).text(0, 0);
    Transaction one{target, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
    target.exec("SET LOCAL search_path = pg_catalog");  // so that all names are qualified
    look.tables = tables_of(target.exec_prepared(kTables, Params{}));
    look.facts = facts_of(target.exec_prepared(kFacts, Params{}));
    one.rollback();
    look.end = target.exec(where).text(0, 0);
    return look;
}

std::optional<TargetLook> stored_look(const Reader& state) {
    const auto bytes = state.get(Family::meta, keys::kTargetCatalog);
    if (!bytes) return std::nullopt;
    std::string_view in = *bytes;
    TargetLook look;
    look.lsn = take_text(in);
    look.tables = take_tables(in);
    look.facts = take_facts(in);
    return look;
}

void store_look(Store& state, const TargetLook& look) {
    std::string bytes;
    append_text(bytes, look.lsn);
    append_tables(bytes, look.tables);
    append_facts(bytes, look.facts);
    WriteSet set;
    set.put(Family::meta, std::string{keys::kTargetCatalog}, std::move(bytes));
    state.write(set, true);
}

// Those that may have lost rows come first, for they are what decides the way out.
std::vector<FactChange> changes_of(const Program& program, const TargetLook& then,
                                   const TargetLook& now) {
    const WrittenColumns written = columns_by_table(program);
    std::vector<FactChange> all;
    for (const auto& [table, columns] : written) {
        const auto known = then.tables.find(table);
        if (known == then.tables.end()) continue;
        const auto found = now.tables.find(table);
        for (CatalogChange& change : changes_of_table(
                 known->second, found == now.tables.end() ? nullptr : &found->second, columns))
            all.push_back({table, std::move(change)});
    }
    for (FactChange& change : changed_facts(then.facts, now.facts, written)) {
        const bool fresh = !then.tables.contains(change.table) && written.contains(change.table);
        if (!fresh) all.push_back(std::move(change));
    }
    std::stable_partition(all.begin(), all.end(),
                          [](const FactChange& change) { return change.change.loses; });
    return all;
}

Error error_of(const FactChange& change, const TargetLook& then, const TargetLook& now) {
    Error error{ErrorKind::trust,
                "target: " + tell(change.table, change.change, then.lsn, now.end)};
    if (change.change.loses) {
        return error.with_hint(
            "rows that the bridge wrote may be gone or other than it wrote them; when the table is "
            "as it shall be: crossfade drop --state, then `crossfade run` loads anew, and rows "
            "keep their ids");
    }
    return error.with_hint(
        "no rows are lost by it; take it off again, or adapt the mapping, and start again. To "
        "take the table as it is: crossfade check --accept-target");
}

std::optional<Error> target_difference(const Program& program, const TargetLook& then,
                                       const TargetLook& now) {
    const std::vector<FactChange> changes = changes_of(program, then, now);
    if (changes.empty()) return std::nullopt;
    return error_of(changes.front(), then, now);
}

}  // namespace

void keep_target_catalog(const Program& program, Store& state, Connection& target) {
    prepare_looks(target, program);
    store_look(state, look_at(target));
}

void check_target_catalog(const Program& program, Store& state, Connection& target) {
    prepare_looks(target, program);
    const TargetLook now = look_at(target);
    if (const auto then = stored_look(state)) {
        if (auto changed = target_difference(program, *then, now))
            throw Failure{std::move(*changed)};
    }
    store_look(state, now);
}

std::vector<std::string> accept_target_catalog(const Program& program, Store& state,
                                               Connection& target) {
    prepare_looks(target, program);
    const TargetLook now = look_at(target);
    std::vector<std::string> accepted;
    if (const auto then = stored_look(state)) {
        for (const FactChange& change : changes_of(program, *then, now)) {
            if (change.change.loses) throw Failure{error_of(change, *then, now)};
            accepted.push_back(tell(change.table, change.change, then->lsn, now.end));
        }
    }
    store_look(state, now);
    return accepted;
}

std::optional<Error> TargetCatalog::look(Connection& target, bool fresh) {
    auto then = stored_look(state_);
    if (!then) return std::nullopt;
    if (fresh) prepare_looks(target, program_);
    if (!seen_.empty()) then->lsn = seen_;
    const TargetLook now = look_at(target);
    auto found = target_difference(program_, *then, now);
    if (!found) seen_ = now.lsn;
    return found;
}

}  // namespace crossfade
