#include "target/progress.hpp"

#include "target/schema.hpp"

namespace crossfade {

std::optional<TargetProgress> read_progress(Connection& connection, const std::string& slot) {
    if (!schema_has(connection, "progress")) return std::nullopt;
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
    if (!schema_has(connection, "progress", SchemaAge::exact_or_older)) return false;
    const bool found =
        connection.exec("DELETE FROM crossfade.progress WHERE slot = $1", Params{slot}).affected() >
        0;
    drop_schema_if_empty(connection);
    return found;
}

}  // namespace crossfade
