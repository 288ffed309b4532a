#include "replicator/slot.hpp"

#include "postgres/quote.hpp"

#include <charconv>

namespace crossfade {

namespace {
constexpr const char* kNewSnapshot =
    "changes are missing from here on: drop the slot and load a new snapshot";

[[noreturn]] void refuse_slot(std::string message, const char* hint = kNewSnapshot) {
    throw Failure{Error{ErrorKind::trust, std::move(message)}.with_hint(hint)};
}

Lsn lsn_of(std::string_view text) {
    if (text.empty()) return Lsn{};
    const auto lsn = Lsn::parse(text);
    if (!lsn) throw Failure{lsn.error()};
    return *lsn;
}

WalStatus status_of(std::string_view text) {
    if (text == "extended") return WalStatus::extended;
    if (text == "unreserved") return WalStatus::unreserved;
    if (text == "lost") return WalStatus::lost;
    return WalStatus::reserved;
}
}  // namespace

SystemPosition identify_system(Connection& replication) {
    const QueryResult shown = replication.exec("IDENTIFY_SYSTEM");
    SystemPosition position;
    const std::string_view identifier = shown.text(0, 0);
    std::from_chars(identifier.data(), identifier.data() + identifier.size(),
                    position.identity.system_identifier);
    position.identity.timeline = static_cast<std::uint32_t>(shown.integer(0, 1));
    position.flushed = lsn_of(shown.text(0, 2));
    return position;
}

void require_same_source(const SourceIdentity& expected, const SourceIdentity& found) {
    if (expected.system_identifier != found.system_identifier) {
        refuse_slot("the source is another server: system identifier " +
                    std::to_string(found.system_identifier) + " instead of " +
                    std::to_string(expected.system_identifier));
    }
    if (expected.timeline != found.timeline) {
        refuse_slot("the source failed over: timeline " + std::to_string(found.timeline) +
                    " instead of " + std::to_string(expected.timeline));
    }
}

CreatedSlot create_slot(Connection& replication, std::string_view slot, std::string_view plugin) {
    try {
        const QueryResult created =
            replication.exec("CREATE_REPLICATION_SLOT " + quote_identifier(slot) + " LOGICAL " +
                             quote_identifier(plugin) + " EXPORT_SNAPSHOT");
        return {EndLsn{lsn_of(created.text(0, 1))}, std::string{created.text(0, 2)}};
    } catch (const Failure& failure) {
        throw Failure{with_slot_hint(failure.error(), slot)};
    }
}

bool drop_slot(Connection& connection, std::string_view slot) {
    return connection
               .exec(
                   "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                   " WHERE slot_name = $1",
                   Params{std::string{slot}})
               .rows() > 0;
}

std::string_view to_string(WalStatus status) {
    switch (status) {
        case WalStatus::reserved: return "reserved";
        case WalStatus::extended: return "extended";
        case WalStatus::unreserved: return "unreserved";
        case WalStatus::lost: return "lost";
    }
    return "unknown";
}

std::optional<SlotInfo> inspect_slot(Connection& connection, std::string_view slot) {
    const int version = connection.server_version();
    const std::string query =
        "SELECT plugin, database, active, coalesce(active_pid, 0), temporary,"
        " confirmed_flush_lsn, restart_lsn, " +
        std::string{version >= 130000 ? "wal_status, safe_wal_size" : "'reserved', NULL::bigint"} +
        ", " + std::string{version >= 140000 ? "two_phase" : "false"} +
        ", coalesce(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
        "   ELSE pg_current_wal_lsn() END, restart_lsn), 0)::bigint"
        " FROM pg_replication_slots WHERE slot_name = $1";
    const QueryResult found = connection.exec(query, Params{std::string{slot}});
    if (found.empty()) return std::nullopt;
    SlotInfo info;
    info.plugin = found.text(0, 0);
    info.database = found.text(0, 1);
    info.active = found.boolean(0, 2);
    info.active_pid = static_cast<int>(found.integer(0, 3));
    info.temporary = found.boolean(0, 4);
    info.confirmed = EndLsn{lsn_of(found.text(0, 5))};
    info.restart = lsn_of(found.text(0, 6));
    info.status = status_of(found.text(0, 7));
    if (!found.is_null(0, 8)) info.safe_wal_size = found.integer(0, 8);
    info.two_phase = found.boolean(0, 9);
    info.retained_bytes = found.integer(0, 10);
    return info;
}

bool must_close(const SlotInfo& slot) {
    return slot.status == WalStatus::unreserved || slot.status == WalStatus::lost;
}

Lsn write_marker(Connection& connection, std::string_view prefix, std::string_view content,
                 bool transactional) {
    const QueryResult written = connection.exec(
        "SELECT pg_logical_emit_message($1::boolean, $2::text, $3::text)",
        Params{{transactional ? "true" : "false"}, std::string{prefix}, std::string{content}});
    return lsn_of(written.text(0, 0));
}

std::vector<BlockingTransaction> blocking_transactions(Connection& connection) {
    const QueryResult found = connection.exec(
        "SELECT pid, application_name, xact_start::text, state FROM pg_stat_activity"
        " WHERE (backend_xid IS NOT NULL) AND pid <> pg_backend_pid()"
        " UNION ALL SELECT 0, gid, prepared::text, 'prepared' FROM pg_prepared_xacts ORDER BY 3");
    std::vector<BlockingTransaction> blocking;
    for (int row = 0; row < found.rows(); ++row) {
        blocking.push_back({static_cast<int>(found.integer(row, 0)),
                            std::string{found.text(row, 1)}, std::string{found.text(row, 2)},
                            std::string{found.text(row, 3)}});
    }
    return blocking;
}

void check_resume(const std::optional<SlotInfo>& slot, std::string_view name,
                  std::string_view plugin, EndLsn stored, EndLsn confirmed_idle,
                  const ServerFacts& facts) {
    const std::string quoted = "slot \"" + std::string{name} + "\"";
    if (!slot) refuse_slot(quoted + " does not exist any more");
    if (slot->status == WalStatus::lost)
        refuse_slot(quoted + " has been invalidated: the source removed its WAL");
    if (slot->plugin != plugin) {
        refuse_slot(quoted + " is one of plugin " + slot->plugin + ", not " + std::string{plugin},
                    "name the slot's own plugin, or drop the slot and load a new snapshot");
    }
    if (slot->database != facts.database) {
        refuse_slot(quoted + " belongs to database " + slot->database + ", not " + facts.database,
                    "connect to the slot's own database, or use another slot");
    }
    if (stored.lsn > facts.current) {
        refuse_slot("the stored position " + stored.lsn.format() +
                        " is ahead of the source, which has come to " + facts.current.format(),
                    "the source was restored or replaced: load a new snapshot");
    }
    if (slot->confirmed > stored && slot->confirmed > confirmed_idle) {
        refuse_slot(quoted + " has been read up to " + slot->confirmed.lsn.format() +
                    " by somebody else, we stand at " + stored.lsn.format());
    }
}

Error with_slot_hint(Error error, std::string_view slot) {
    // 55000 has many meanings; changes are missing only if the server has removed their WAL.
    const auto says = [&](const char* part) {
        return error.message().find(part) != std::string::npos;
    };
    if (error.sqlstate() == "42704" ||
        (error.sqlstate() == "55000" && (says("can no longer") || says("cannot read from")))) {
        error.with_hint(kNewSnapshot);
    } else if (error.sqlstate() == "55006") {
        error.with_hint("another session reads from slot \"" + std::string{slot} + "\"");
    } else if (error.sqlstate() == "42501" && says("output plugin")) {
        error.with_hint(
            "ALTER SYSTEM SET output_plugin_libraries = pgoutput, test_decoding, wal2json;"
            " SELECT pg_reload_conf();");
    }
    return error;
}

}  // namespace crossfade
