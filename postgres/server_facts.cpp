#include "postgres/server_facts.hpp"

namespace crossfade {

namespace {
constexpr const char* kFactsQuery =
    "SELECT current_setting('server_version'), current_database(), "
    "current_setting('server_encoding'),"
    " current_setting('wal_level'), (SELECT system_identifier FROM pg_control_system()),"
    " pg_is_in_recovery(),"
    // The control file names a new timeline only after the first checkpoint on it; WAL file names
    // at once.
    " CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id::text FROM pg_control_checkpoint())"
    "   ELSE ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, "
    "8))::bit(32)::int::text END,"
    " CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() "
    "END,"
    " current_user, r.rolsuper, r.rolreplication OR r.rolsuper, r.rolbypassrls OR r.rolsuper,"
    " current_setting('output_plugin_libraries', true),"
    " current_setting('max_replication_slots')::int, (SELECT count(*) FROM pg_replication_slots),"
    " current_setting('max_wal_senders')::int, (SELECT count(*) FROM pg_stat_replication),"
    " (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_sender_timeout'),"
    " coalesce((SELECT setting::bigint FROM pg_settings WHERE name = 'max_slot_wal_keep_size'), "
    "-1),"
    " current_setting('synchronous_standby_names'),"
    " EXISTS (SELECT FROM pg_stat_replication s WHERE NOT EXISTS"
    "   (SELECT FROM pg_replication_slots p WHERE p.active_pid = s.pid AND p.slot_type = "
    "'logical'))"
    " FROM pg_roles r WHERE r.rolname = current_user";
}  // namespace

ServerFacts read_server_facts(Connection& connection) {
    const QueryResult found = connection.exec(kFactsQuery);
    ServerFacts facts;
    facts.version = connection.server_version();
    facts.version_text = found.text(0, 0);
    facts.database = found.text(0, 1);
    facts.encoding = found.text(0, 2);
    facts.wal_level = found.text(0, 3);
    facts.system_identifier = static_cast<std::uint64_t>(found.integer(0, 4));
    facts.in_recovery = found.boolean(0, 5);
    facts.timeline = static_cast<std::uint32_t>(found.integer(0, 6));
    if (!found.is_null(0, 7)) facts.current = *Lsn::parse(found.text(0, 7));
    facts.role = found.text(0, 8);
    facts.superuser = found.boolean(0, 9);
    facts.replication = found.boolean(0, 10);
    facts.bypass_row_security = found.boolean(0, 11);
    facts.output_plugin_libraries = found.get(0, 12);
    facts.replication_slots_max = static_cast<int>(found.integer(0, 13));
    facts.replication_slots_used = static_cast<int>(found.integer(0, 14));
    facts.wal_senders_max = static_cast<int>(found.integer(0, 15));
    facts.wal_senders_used = static_cast<int>(found.integer(0, 16));
    facts.wal_sender_timeout_ms = found.integer(0, 17);
    facts.slot_wal_keep_size_mb_max = found.integer(0, 18);
    facts.synchronous_standby_names = found.text(0, 19);
    facts.has_standbys = found.boolean(0, 20);
    return facts;
}

}  // namespace crossfade
