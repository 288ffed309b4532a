#include "postgres/pins.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"

#include <map>
#include <regex>
#include <set>

using namespace crossfade;

namespace {
// What a role or database could have instead of the pin.
const std::map<std::string, std::string> kHostile{
    {"DateStyle", "'SQL, DMY'"},
    {"TimeZone", "'Asia/Tashkent'"},
    {"timezone_abbreviations", "'India'"},
    {"IntervalStyle", "iso_8601"},
    {"extra_float_digits", "-5"},
    {"bytea_output", "escape"},
    {"xmlbinary", "hex"},
    {"xmloption", "document"},
    {"array_nulls", "off"},
    {"lc_monetary", "'C.UTF-8'"},
    {"lc_numeric", "'C.UTF-8'"},
    {"lc_time", "'C.UTF-8'"},
    {"standard_conforming_strings", "off"},
    {"backslash_quote", "off"},
    {"escape_string_warning", "off"},
    {"transform_null_equals", "on"},
    {"quote_all_identifiers", "on"},
    {"check_function_bodies", "off"},
    {"default_table_access_method", "hostile"},
    {"row_security", "on"},
    {"gin_fuzzy_search_limit", "1"},
    {"client_min_messages", "error"},
    {"default_transaction_isolation", "serializable"},
    {"default_transaction_read_only", "on"},
    {"default_transaction_deferrable", "on"},
    {"synchronous_commit", "off"},
    {"exit_on_error", "on"},
    {"statement_timeout", "'1s'"},
    {"lock_timeout", "'1s'"},
    {"idle_in_transaction_session_timeout", "'1s'"},
    {"idle_session_timeout", "'1h'"},
    {"transaction_timeout", "'1s'"},
    {"restrict_nonsystem_relation_kind", "'view, foreign-table'"},
    {"lc_messages", "'C.UTF-8'"},
    {"session_replication_role", "replica"},
    {"lo_compat_privileges", "on"},
    {"zero_damaged_pages", "on"},
    {"ignore_checksum_failure", "on"},
    {"search_path", "nowhere"},
    {"client_encoding", "'LATIN1'"},
};

// Settings of sessions that need no pin, with the reason.
const std::map<std::string, std::string> kLeft{
    // Plans, speed, memory, and where things lie.
    {"speed",
     "enable_.*|geqo.*|jit.*|.*_cost|.*_costs|cursor_tuple_fraction|from_collapse_limit|"
     "join_collapse_limit|constraint_exclusion|plan_cache_mode|recursive_worktable_factor|"
     "force_parallel_mode|debug_parallel_query|.*parallel.*|effective_.*|hash_mem_multiplier|"
     ".*work_mem|temp_buffers|default_statistics_target|gin_pending_list_limit|vacuum_.*|"
     ".*_flush_after|commit_delay|commit_siblings|wal_skip_threshold|wal_compression|"
     "wal_init_zero|wal_recycle|default_toast_compression|.*tablespaces?|temp_file_limit|"
     "stats_fetch_consistency|max_stack_depth|maintenance_io_concurrency|file_.*|io_.*"},
    // Which row comes first where the order is open.
    {"order", "synchronize_seqscans"},
    // What the server notes, shows and counts.
    {"log",
     "log_.*|trace_.*|debug_.*|track_.*|compute_query_id|backtrace_functions|"
     "update_process_title|application_name|event_source"},
    // Sockets; deadlocks are retried, whenever they are found.
    {"connection",
     "tcp_.*|wal_sender_timeout|client_connection_check_interval|deadlock_timeout|"
     "post_auth_delay"},
    // Of the transaction, which begins as the pinned defaults say.
    {"transaction", "transaction_(deferrable|isolation|read_only)"},
    // Libraries and functions of the server; the target's own triggers.
    {"loaded",
     ".*preload_libraries|dynamic_library_path|extension_.*|output_plugin_libraries|"
     "default_text_search_config|event_triggers|createrole_self_grant"},
    {"passwords", "password_encryption|scram_iterations"},
    // Of developers and rescuers, for superusers.
    {"rescue", "allow_.*|wal_consistency_checking|ignore_system_indexes|icu_validation_level"},
};

bool is_left(const std::string& name) {
    return std::ranges::any_of(
        kLeft, [&](const auto& group) { return std::regex_match(name, std::regex{group.second}); });
}

std::vector<Pin> all_pins() {
    std::vector<Pin> pins{startup_pins().begin(), startup_pins().end()};
    pins.insert(pins.end(), later_pins().begin(), later_pins().end());
    pins.push_back({"search_path", "pg_catalog,public"});
    pins.push_back({"client_encoding", "UTF8"});
    return pins;
}

Connection open(const std::string& conninfo, bool replication = false) {
    ConnectionOptions options{conninfo, "crossfade test", "source"};
    options.replication = replication;
    return Connection::open(options);
}

std::string shown(Connection& connection, const std::string& name) {
    const auto row = connection.exec("SELECT current_setting('" + name + "', true)");
    return std::string{row.get(0, 0).value_or("")};
}

struct Session {
    const char* role;
    bool replication;
};
}  // namespace

TEST_CASE("every setting of a session is pinned, or known to change no value", "[postgres]") {
    auto& cluster = test::Cluster::shared();
    auto connection = open(cluster.conninfo());
    std::set<std::string> pinned;
    for (const Pin& pin : all_pins())
        pinned.insert(pin.name);
    const auto found = connection.exec(
        "SELECT name FROM pg_settings WHERE context IN "
        "('user', 'superuser', 'backend', 'superuser-backend') AND name NOT LIKE '%.%'");
    CHECK(found.rows() > 100);
    for (int row = 0; row < found.rows(); ++row) {
        const std::string name{found.text(row, 0)};
        INFO(name);
        CHECK(pinned.contains(name) != is_left(name));
    }
}

TEST_CASE("no setting of a role or database changes what is read or written", "[postgres]") {
    auto& cluster = test::Cluster::shared();
    const std::string database = cluster.create_database("hostile");
    const std::string plain = database + "_plain";
    const std::string super = database + "_super";
    cluster.execute(database, "CREATE ROLE \"" + plain + "\" LOGIN REPLICATION; CREATE ROLE \"" +
                                  super + "\" LOGIN SUPERUSER; CREATE ROLE \"" + plain +
                                  "_other\"; GRANT \"" + plain + "_other\" TO \"" + plain + "\"");
    cluster.execute("postgres",
                    "CREATE ACCESS METHOD hostile TYPE TABLE HANDLER heap_tableam_handler");
    cluster.execute(database,
                    "CREATE ACCESS METHOD hostile TYPE TABLE HANDLER heap_tableam_handler");
    cluster.execute("postgres", "ALTER ROLE \"" + plain + "\" SET role = \"" + plain + "_other\"");
    auto admin = open(cluster.conninfo());
    std::set<std::string> superusers;
    for (const Pin& pin : all_pins()) {
        INFO(pin.name);
        REQUIRE(kHostile.contains(pin.name));
        const auto known =
            admin.exec("SELECT context FROM pg_settings WHERE name = $1", Params{{pin.name}});
        if (known.empty()) continue;  // of another version
        if (known.text(0, 0) == "superuser") superusers.insert(pin.name);
        const std::string set =
            std::string{" SET "} + pin.name + " = " + kHostile.find(pin.name)->second;
        for (const std::string& role : {plain, super})
            cluster.execute("postgres", "ALTER ROLE \"" + role + "\"" + set);
        // The rest of what a superuser alone may set would hold for everybody who reads `plain`.
        if (known.text(0, 0) == "user")
            cluster.execute("postgres", "ALTER DATABASE \"" + database + "\"" + set);
    }
    for (const auto& [role, replication] :
         {Session{plain.c_str(), false}, Session{plain.c_str(), true},
          Session{super.c_str(), false}, Session{super.c_str(), true}}) {
        INFO(role << (replication ? ", a walsender" : ""));
        auto connection = open(cluster.conninfo(database) + " user=" + role, replication);
        for (const Pin& pin : all_pins()) {
            INFO(pin.name);
            if (superusers.contains(pin.name) && role == plain) continue;
            const std::string value = shown(connection, pin.name);
            if (!value.empty() || *pin.value == '\0') CHECK(value == pin.value);
        }
        CHECK(connection.exec("SELECT current_user").text(0, 0) == role);
        const auto row = connection.exec(
            "SELECT '2024-03-04 05:06:07+05'::timestamptz, 0.1::float8 + 0.2, '\\x00ff'::bytea,"
            " interval '1 day 2 hours', '{NULL}'::text[] = ARRAY[NULL]::text[],"
            " '12.5'::money, NULL = NULL, '<a/><b/>'::xml::text,"
            " format('%I', 'name'), '2024-03-04 12:00 IST'::timestamptz");
        CHECK(row.text(0, 0) == "2024-03-04 00:06:07+00");
        CHECK(row.text(0, 1) == "0.30000000000000004");
        CHECK(row.text(0, 2) == "\\x00ff");
        CHECK(row.text(0, 3) == "1 day 02:00:00");
        CHECK(row.boolean(0, 4));
        CHECK(row.text(0, 5) == "$12.50");
        CHECK(row.is_null(0, 6));
        CHECK(row.text(0, 7) == "<a/><b/>");
        CHECK(row.text(0, 8) == "name");
        CHECK(row.text(0, 9) == "2024-03-04 10:00:00+00");
    }
}

TEST_CASE("the conninfo's word about the role stays", "[postgres]") {
    auto& cluster = test::Cluster::shared();
    const std::string database = cluster.create_database("word");
    cluster.execute(database, "CREATE ROLE \"" + database + "_owner\"");
    auto connection =
        open(cluster.conninfo(database) + " options='-c role=" + database + "_owner'");
    CHECK(connection.exec("SELECT current_user").text(0, 0) == database + "_owner");
}
