#include "service/source_catalog.hpp"

#include "model/encoding.hpp"
#include "service/table_look.hpp"
#include "state/keys.hpp"

#include <algorithm>

namespace crossfade {

namespace {

constexpr const char* kStatement = "crossfade_catalog";
constexpr const char* kLocks = "crossfade_catalog_locks";

struct SourceLook {
    std::string lsn;  // all that was committed before it is told by the look
    std::string end;  // nothing that was committed behind it is
    TableLooks tables;
};

std::vector<TableName> names_of(const Program& program) {
    std::vector<TableName> names;
    for (const MappedRelation& relation : program.relations)
        names.push_back(TableName::parse(relation.table()));
    return names;
}

// A transaction that has written its commit and is not seen yet, as while it waits for a standby,
// still has its locks.
std::string locks_sql(const Program& program) {
    return "SELECT EXISTS (SELECT FROM (VALUES " + names_sql(names_of(program)) +
           ") AS m(s, r) JOIN pg_namespace n ON n.nspname = m.s"
           " JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = m.r"
           " JOIN pg_locks l ON l.relation = c.oid WHERE l.locktype = 'relation' AND l.granted"
           " AND l.mode = 'AccessExclusiveLock' AND l.database = (SELECT oid FROM pg_database"
           " WHERE datname = current_database()))";
}

void prepare(Connection& source, const Program& program) {
    source.prepare(kStatement, look_sql(names_of(program)));
    source.prepare(kLocks, locks_sql(program));
}

// The positions are read before and behind the snapshot of the look. `proven`: how far an earlier
// look came, which this one does not go beyond while somebody may be changing a table.
SourceLook read_catalog(Connection& source, const std::string& proven) {
    const std::string where = "SELECT pg_current_wal_insert_lsn()";
    SourceLook look;
    look.lsn = source.exec(where).text(0, 0);
    if (!proven.empty() && source.exec_prepared(kLocks, Params{}).boolean(0, 0)) look.lsn = proven;
    look.tables = tables_of(source.exec_prepared(kStatement, Params{}));
    look.end = source.exec(where).text(0, 0);
    return look;
}

std::optional<SourceLook> stored(const Reader& state) {
    const auto bytes = state.get(Family::meta, keys::kSourceCatalog);
    if (!bytes) return std::nullopt;
    std::string_view in = *bytes;
    SourceLook look;
    look.lsn = take_text(in);
    look.tables = take_tables(in);
    look.lsn = std::max(Lsn::parse(look.lsn).value(), proven_catalog(state)).format();
    return look;
}

void store(Store& state, const SourceLook& look) {
    std::string bytes;
    append_text(bytes, look.lsn);
    append_tables(bytes, look.tables);
    WriteSet set;
    set.put(Family::meta, std::string{keys::kSourceCatalog}, std::move(bytes));
    set.put(Family::meta, std::string{keys::kSourceCatalogSeen}, look.lsn);
    state.write(set, true);
}

std::optional<Error> difference(const Program& program, const SourceLook& then,
                                const SourceLook& now) {
    for (const MappedRelation& relation : program.relations) {
        const auto known = then.tables.find(relation.table());
        if (known == then.tables.end()) continue;
        const auto found = now.tables.find(relation.table());
        // Others than the mapped columns may come, go and change.
        std::set<std::string> columns;
        for (const MappedColumn& column : relation.columns)
            columns.insert(column.name);
        const auto changes = changes_of_table(
            known->second, found == now.tables.end() ? nullptr : &found->second, columns);
        if (changes.empty()) continue;
        return Error{ErrorKind::trust, tell(relation.table(), changes.front(), then.lsn, now.end)}
            .with_hint(
                "the stream does not tell such a change, so rows of this table may be wrong since "
                "then; when the table is as it shall be: crossfade drop --state, then `crossfade "
                "run` loads anew, and rows keep their ids");
    }
    return std::nullopt;
}

}  // namespace

void keep_catalog(const Program& program, Store& state, Connection& source) {
    prepare(source, program);
    store(state, read_catalog(source, {}));
}

void check_catalog(const Program& program, Store& state, Connection& source) {
    prepare(source, program);
    const auto then = stored(state);
    const SourceLook now = read_catalog(source, then ? then->lsn : "");
    if (then) {
        if (auto changed = difference(program, *then, now)) throw Failure{std::move(*changed)};
    }
    store(state, now);
}

Lsn proven_catalog(const Reader& state) {
    const auto text = state.get(Family::meta, keys::kSourceCatalogSeen);
    return text ? Lsn::parse(*text).value() : Lsn{};
}

void keep_proven_catalog(Store& state, Lsn proven) {
    WriteSet set;
    set.put(Family::meta, std::string{keys::kSourceCatalogSeen}, proven.format());
    state.write(set, false);
}

std::optional<Error> SourceCatalog::look(Connection& source, bool fresh) {
    auto then = stored(state_);
    if (!then) return std::nullopt;
    if (fresh) prepare(source, program_);
    then->lsn = std::max(Lsn::parse(then->lsn).value(), proven()).format();
    const SourceLook now = read_catalog(source, then->lsn);
    auto found = difference(program_, *then, now);
    if (!found) proven_ = Lsn::parse(now.lsn).value().offset();
    return found;
}

}  // namespace crossfade
