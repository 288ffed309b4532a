#include "check/replication.hpp"

#include "postgres/quote.hpp"
#include "replicator/decoder.hpp"
#include "replicator/slot.hpp"

namespace crossfade {

namespace {
// What the plugin's options are tried with; the table need not be there.
const std::vector<MappedRelation> kTried{{"public", "crossfade_probe", {}, {}}};

class Check {
public:
    Check(Connection& connection, const ServerFacts& facts, const std::string& plugin,
          int timeout_ms)
        : connection_{connection},
          facts_{facts},
          plugin_{plugin},
          decoder_{make_decoder(plugin, kTried, nullptr)},
          timeout_ms_{timeout_ms} {}

    Findings run() {
        check_server();
        check_role();
        if (!has_errors(findings_)) probe_plugin();
        return std::move(findings_);
    }

private:
    void add(std::string message, std::string fix, Severity severity = Severity::error) {
        findings_.push_back({{}, "source", std::move(message), std::move(fix), severity});
    }

    void check_server() {
        if (facts_.in_recovery) {
            add("the source is a standby: slots on it do not survive a failover",
                "connect to the primary");
        }
        if (facts_.wal_level != "logical") {
            add("wal_level is " + facts_.wal_level,
                "ALTER SYSTEM SET wal_level = logical; -- and restart the server");
        }
        if (facts_.wal_senders_used >= facts_.wal_senders_max) {
            add("all " + std::to_string(facts_.wal_senders_max) + " WAL senders are in use",
                "ALTER SYSTEM SET max_wal_senders = " + std::to_string(facts_.wal_senders_max + 2) +
                    "; -- and restart the server",
                Severity::warning);
        }
        if (decoder_ && !decoder_->traits().converts_encoding && facts_.encoding != "UTF8") {
            add(plugin_ + " does not convert the database's encoding " + facts_.encoding,
                "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0; -- and move the data "
                "there");
        }
        if (facts_.slot_wal_keep_size_mb_max < 0) {
            add("max_slot_wal_keep_size is not set: a bridge that stays away fills the source's "
                "disk",
                "ALTER SYSTEM SET max_slot_wal_keep_size = '64GB'; SELECT pg_reload_conf();",
                Severity::warning);
        }
    }

    void check_role() {
        if (!facts_.replication) {
            add("role " + facts_.role + " may not use replication",
                "ALTER ROLE " + quote_identifier(facts_.role) + " REPLICATION;");
        }
    }

    // Loads the plugin and tries its options; the slot goes with the session, or here.
    void probe_plugin() {
        const std::string slot = "crossfade_probe_" + std::to_string(connection_.backend_pid());
        connection_.exec("SET statement_timeout = " + std::to_string(timeout_ms_));
        try {
            connection_.exec("SELECT pg_create_logical_replication_slot($1, $2, true)",
                             Params{{slot}, {plugin_}});
            if (decoder_) try_options(slot);
        } catch (const Failure& failure) {
            if (!connection_.is_good()) throw;
            refused(failure.error());
        }
        connection_.exec("SET statement_timeout = 0");
        drop_slot(connection_, slot);
    }

    void try_options(const std::string& slot) {
        std::string list;
        for (const auto& [name, value] : decoder_->options())
            list += ", " + quote_literal(name) + ", " + quote_literal(value);
        connection_.exec(
            "SELECT count(*) FROM pg_logical_slot_peek_changes($1, NULL, 1" + list + ")",
            Params{{slot}});
    }

    void refused(const Error& error) {
        if (error.sqlstate() == "53400") {
            add("plugin " + plugin_ + " could not be tried: that takes a replication slot", "",
                Severity::warning);
        } else if (error.sqlstate() == "57014") {
            say_who_holds_up();
        } else if (error.sqlstate() == "58P01" || error.sqlstate() == "42704") {
            add("plugin " + plugin_ + " is not installed on the source",
                decoder_ && !decoder_->traits().package.empty()
                    ? "apt install postgresql-" + std::to_string(facts_.version / 10'000) + "-" +
                          decoder_->traits().package
                    : "");
        } else if (error.sqlstate() == "42501" && facts_.output_plugin_libraries) {
            add("the source does not admit plugin " + plugin_ +
                    " (output_plugin_libraries = " + *facts_.output_plugin_libraries + ")",
                "ALTER ROLE " + quote_identifier(facts_.role) +
                    " SET output_plugin_libraries = pgoutput, " + plugin_ + ";");
        } else if (error.sqlstate() == "22023") {
            add("plugin " + plugin_ +
                    " of the source does not know an option that is needed: " + error.message(),
                decoder_ ? "install " + decoder_->traits().release + " or later" : "");
        } else {
            add("plugin " + plugin_ + " cannot be used: " + error.format(), "");
        }
    }

    // Each with the statement that ends it; the first ones, the oldest first.
    void say_who_holds_up() {
        constexpr std::size_t kNamed = 3;
        std::string fix;
        std::string who;
        const auto holders = blocking_transactions(connection_);
        for (const BlockingTransaction& holder : holders) {
            if (&holder - holders.data() >= static_cast<std::ptrdiff_t>(kNamed)) break;
            const bool prepared = holder.pid == 0;
            const std::string pid = std::to_string(holder.pid);
            const std::string name = quote_literal(holder.application);
            who += (who.empty() ? ": " : ", ") +
                   (prepared ? "prepared transaction " + name : "process " + pid) + " since " +
                   holder.since;
            fix +=
                (fix.empty() ? "" : " ") + (prepared ? "ROLLBACK PREPARED " + name + ";"
                                                     : "SELECT pg_terminate_backend(" + pid + ");");
        }
        add("plugin " + plugin_ +
                " could not be tried: open transactions hold up a new slot until they end" + who,
            fix, Severity::warning);
    }

    Connection& connection_;
    const ServerFacts& facts_;
    const std::string& plugin_;
    std::unique_ptr<Decoder> decoder_;  // null: of a plugin that we cannot read
    int timeout_ms_;
    Findings findings_;
};
}  // namespace

Findings check_replication(Connection& connection, const ServerFacts& facts,
                           const std::string& plugin, int probe_timeout_ms) {
    return Check{connection, facts, plugin, probe_timeout_ms}.run();
}

}  // namespace crossfade
