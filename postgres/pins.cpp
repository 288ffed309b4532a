#include "postgres/pins.hpp"

#include "postgres/quote.hpp"

namespace crossfade {

namespace {
constexpr Pin kStartupPins[] = {
    // The text of values.
    {"DateStyle", "ISO, YMD"},
    {"TimeZone", "UTC"},
    {"timezone_abbreviations", "Default"},
    {"IntervalStyle", "postgres"},
    {"extra_float_digits", "3"},
    {"bytea_output", "hex"},
    {"xmlbinary", "base64"},
    {"xmloption", "content"},
    {"array_nulls", "on"},
    {"lc_monetary", "C"},
    {"lc_numeric", "C"},
    {"lc_time", "C"},
    // How statements are understood, and the definitions that the catalog writes.
    {"standard_conforming_strings", "on"},
    {"backslash_quote", "safe_encoding"},
    {"escape_string_warning", "on"},
    {"transform_null_equals", "off"},
    {"quote_all_identifiers", "off"},
    {"check_function_bodies", "on"},
    {"default_table_access_method", "heap"},
    // Which rows are seen: a policy that hides some is an error, an index scan finds all.
    {"row_security", "off"},
    {"gin_fuzzy_search_limit", "0"},
    // A role that silences warnings would silence "no replica identity".
    {"client_min_messages", "warning"},
    {"default_transaction_isolation", "read committed"},
    {"default_transaction_read_only", "off"},
    {"default_transaction_deferrable", "off"},
    {"synchronous_commit", "on"},
    // What ends a session or a statement early.
    {"exit_on_error", "off"},
    {"statement_timeout", "0"},
    {"lock_timeout", "0"},
    {"idle_in_transaction_session_timeout", "0"},
};

constexpr Pin kLaterPins[] = {
    {"idle_session_timeout", "0"},             // 14 and later
    {"transaction_timeout", "0"},              // 17 and later
    {"restrict_nonsystem_relation_kind", ""},  // minor releases of August 2024 and later
    {"lc_messages", "C"},                      // of superusers, as all below
    {"session_replication_role", "origin"},    // else no foreign key is checked; `check` says so
    {"lo_compat_privileges", "off"},
    {"zero_damaged_pages", "off"},  // reads a damaged page as an empty one
    {"ignore_checksum_failure", "off"},
};

// 15 and later let a superuser grant the SET of a parameter.
std::string later_sql(int server_version) {
    std::string names;
    std::string values;
    for (const Pin& pin : kLaterPins) {
        const char* comma = names.empty() ? "" : ", ";
        names += comma + quote_literal(pin.name);
        values += comma + quote_literal(pin.value);
    }
    const char* may = server_version >= 150'000
                          ? "pg_catalog.has_parameter_privilege(s.name, 'SET')"
                          : "(SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = "
                            "current_user)";
    return "SELECT pg_catalog.set_config(s.name, p.value, false) FROM ROWS FROM "
           "(pg_catalog.unnest(ARRAY[" +
           names + "]), pg_catalog.unnest(ARRAY[" + values +
           "])) AS p(name, value) JOIN pg_catalog.pg_settings s USING (name) "
           "WHERE s.context = 'user' OR s.context = 'superuser' AND " +
           may;
}
}  // namespace

std::span<const Pin> startup_pins() { return kStartupPins; }
std::span<const Pin> later_pins() { return kLaterPins; }

std::string startup_options(const ConnectionOptions& options, const std::string& given) {
    // Against ALTER ROLE ... SET role. A role that the connection itself names comes behind it.
    std::string text = "-c role=none " + given;
    const auto append = [&](std::string_view name, std::string_view value) {
        text += " -c ";
        text += name;
        text += '=';
        for (const char c : value) {
            if (c == ' ' || c == '\\') text += '\\';
            text += c;
        }
    };
    for (const Pin& pin : kStartupPins)
        append(pin.name, pin.value);
    append("search_path", options.search_path);
    return text;
}

void pin_session(Connection& connection, const ConnectionOptions& options) {
    connection.exec(later_sql(connection.server_version()));
    std::string query =
        "SELECT pg_catalog.current_setting('search_path'), "
        "pg_catalog.current_setting('client_encoding')";
    for (const Pin& pin : kStartupPins)
        query += ", pg_catalog.current_setting(" + quote_literal(pin.name) + ")";
    const QueryResult shown = connection.exec(query);
    const auto expect = [&](int column, std::string_view name, std::string_view value) {
        if (shown.text(0, column) == value) return;
        throw Failure{Error{ErrorKind::configuration,
                            connection.purpose() + ": the session's " + std::string{name} +
                                " is \"" + std::string{shown.text(0, column)} + "\" instead of \"" +
                                std::string{value} + "\""}
                          .with_hint("connect without a pooler that ignores startup options")};
    };
    expect(0, "search_path", options.search_path);
    expect(1, "client_encoding", "UTF8");
    int column = 2;
    for (const Pin& pin : kStartupPins)
        expect(column++, pin.name, pin.value);
}

}  // namespace crossfade
