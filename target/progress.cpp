#include "target/progress.hpp"

namespace crossfade {

namespace {

bool table_exists(Connection& connection) {
    return connection.exec("SELECT to_regclass('crossfade.progress') IS NOT NULL").boolean(0, 0);
}

}  // namespace

void ensure_progress(Connection& connection) {
    // Asked first, so that a role that may not create anything can still run once the table is
    // there.
    if (table_exists(connection)) return;
    // IF NOT EXISTS asks for the right to create it also where the schema is there.
    if (connection.exec("SELECT FROM pg_namespace WHERE nspname = 'crossfade'").empty())
        connection.exec("CREATE SCHEMA IF NOT EXISTS crossfade");
    connection.exec(
        "CREATE TABLE IF NOT EXISTS crossfade.progress ("
        " slot text PRIMARY KEY,"
        " batch bigint NOT NULL,"
        " lsn pg_lsn NOT NULL,"
        " source_system text NOT NULL,"
        " updated_at timestamptz NOT NULL DEFAULT now())");
}

std::optional<TargetProgress> read_progress(Connection& connection, const std::string& slot) {
    if (!table_exists(connection)) return std::nullopt;
    const QueryResult row = connection.exec(
        "SELECT batch, lsn::text, source_system FROM crossfade.progress WHERE slot = $1",
        Params{slot});
    if (row.empty()) return std::nullopt;
    return TargetProgress{.batch = static_cast<std::uint64_t>(row.integer(0, 0)),
                          .end = EndLsn{Lsn::parse(row.text(0, 1)).value()},
                          .source_system = std::string{row.text(0, 2)}};
}

void insert_progress(Connection& connection, const std::string& slot,
                     const TargetProgress& progress) {
    const QueryResult done = connection.exec(
        "INSERT INTO crossfade.progress (slot, batch, lsn, source_system)"
        " VALUES ($1, $2::bigint, $3::pg_lsn, $4) ON CONFLICT (slot) DO NOTHING",
        Params{slot, std::to_string(progress.batch), progress.end.lsn.format(),
               progress.source_system});
    if (done.affected() != 1) {
        throw Failure{
            Error{ErrorKind::trust, "the target already has a position for slot " + slot}.with_hint(
                "another bridge feeds it; crossfade drop removes what it left")};
    }
}

const std::string& advance_progress_sql() {
    static const std::string sql =
        "UPDATE crossfade.progress SET batch = $2::bigint, lsn = $3::pg_lsn, updated_at = now()"
        " WHERE slot = $1::text AND batch = $2::bigint - 1";
    return sql;
}

void progress_moved(const std::string& slot, std::uint64_t batch) {
    throw Failure{
        Error{ErrorKind::trust, "the target's position for slot " + slot + " is not at batch " +
                                    std::to_string(batch - 1)}
            .with_hint(
                "a second bridge writes to this target, or the target was restored; stop the "
                "other bridge, or settle it with crossfade verify --repair")};
}

bool drop_progress(Connection& connection, const std::string& slot) {
    if (!table_exists(connection)) return false;
    const bool found =
        connection.exec("DELETE FROM crossfade.progress WHERE slot = $1", Params{slot}).affected() >
        0;
    if (connection.exec("SELECT 1 FROM crossfade.progress LIMIT 1").empty()) {
        connection.exec("DROP TABLE crossfade.progress");
        // A schema that this role could not make again was made for it, and stays.
        const bool ours = connection
                              .exec(
                                  "SELECT has_database_privilege(current_database(), 'CREATE')"
                                  " AND NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n"
                                  " ON n.oid = c.relnamespace WHERE n.nspname = 'crossfade')")
                              .boolean(0, 0);
        if (ours) connection.exec("DROP SCHEMA crossfade");
    }
    return found;
}

}  // namespace crossfade
