#include "target/schema.hpp"

#include "postgres/quote.hpp"
#include "postgres/transaction.hpp"

#include <array>

namespace crossfade {

namespace {

constexpr std::array kStatements{
    SchemaStatement{"table crossfade.progress",
                    "CREATE TABLE IF NOT EXISTS crossfade.progress ("
                    " slot text PRIMARY KEY,"
                    " batch bigint NOT NULL,"
                    " lsn pg_lsn NOT NULL,"
                    " source_system text NOT NULL,"
                    " updated_at timestamptz NOT NULL DEFAULT now())"},
    SchemaStatement{"table crossfade.deferred_ddl",
                    "CREATE TABLE IF NOT EXISTS crossfade.deferred_ddl ("
                    " ordinal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                    " slot text NOT NULL,"
                    " name text NOT NULL,"
                    " statement text NOT NULL)"},
    SchemaStatement{"table crossfade.format",
                    "CREATE TABLE IF NOT EXISTS crossfade.format (number integer NOT NULL)"},
};

// Taken by whoever changes the schema, until the end of its transaction.
constexpr const char* kSchemaLock = "SELECT pg_advisory_xact_lock(hashtext('crossfade.format'))";

bool schema_exists(Connection& connection) {
    return !connection.exec("SELECT FROM pg_namespace WHERE nspname = 'crossfade'").empty();
}

bool exists_in_schema(Connection& connection, const std::string& table) {
    return !connection
                .exec(
                    "SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                    " WHERE n.nspname = 'crossfade' AND c.relname = $1",
                    Params{table})
                .empty();
}

[[noreturn]] void other_format(int format) {
    const bool older = format < schema_format_known();
    throw Failure{Error{ErrorKind::trust, "schema crossfade on the target has format " +
                                              std::to_string(format) + ", this crossfade uses " +
                                              std::to_string(schema_format_known())}
                      .with_hint(older ? "`crossfade run` upgrades it"
                                       : "use the crossfade that made it; its `crossfade drop "
                                         "--state` removes it, and any version loads anew: rows "
                                         "keep their ids")};
}

[[noreturn]] void missing_right(Connection& connection, const Error& error, bool schema) {
    const QueryResult names =
        connection.exec("SELECT quote_ident(current_user), quote_ident(current_database())");
    const std::string role{names.text(0, 0)};
    throw Failure{Error{ErrorKind::configuration,
                        "schema crossfade on the target cannot be brought to format " +
                            std::to_string(schema_format_known()) + ": " + error.message(),
                        error.sqlstate()}
                      .with_hint(schema ? "GRANT CREATE, USAGE ON SCHEMA crossfade TO " + role + ";"
                                        : "CREATE SCHEMA crossfade AUTHORIZATION " + role + ";")};
}

void execute_or_name_right(Connection& connection, Transaction& transaction, const std::string& sql,
                           bool schema) {
    try {
        connection.exec(sql);
    } catch (const Failure& failure) {
        if (failure.error().sqlstate() != "42501") throw;
        transaction.rollback();
        missing_right(connection, failure.error(), schema);
    }
}

}  // namespace

std::span<const SchemaStatement> schema_statements() { return kStatements; }

int schema_format_known() { return static_cast<int>(kStatements.size()); }

std::optional<int> schema_format(Connection& connection) {
    if (exists_in_schema(connection, "format")) {
        const QueryResult row = connection.exec("SELECT max(number) FROM crossfade.format");
        return row.get(0, 0) ? static_cast<int>(row.integer(0, 0)) : 0;
    }
    const bool older =
        exists_in_schema(connection, "progress") || exists_in_schema(connection, "deferred_ddl");
    return older ? std::optional{0} : std::nullopt;
}

void require_schema_format(Connection& connection, SchemaAge age) {
    const auto format = schema_format(connection);
    if (!format || *format == schema_format_known()) return;
    if (*format > schema_format_known() || age == SchemaAge::exact) other_format(*format);
}

bool schema_has(Connection& connection, const std::string& table, SchemaAge age) {
    require_schema_format(connection, age);
    return exists_in_schema(connection, table);
}

void ensure_schema(Connection& connection) {
    if (schema_format(connection) == schema_format_known()) return;
    Transaction transaction{connection};
    connection.exec(kSchemaLock);
    // Another bridge may have been first.
    require_schema_format(connection, SchemaAge::exact_or_older);
    const int format = schema_format(connection).value_or(0);
    const bool schema = schema_exists(connection);
    // IF NOT EXISTS asks for the right to create it also where the schema is there.
    if (!schema) execute_or_name_right(connection, transaction, "CREATE SCHEMA crossfade", false);
    for (std::size_t n = static_cast<std::size_t>(format); n < kStatements.size(); ++n)
        execute_or_name_right(connection, transaction, kStatements[n].sql, true);
    if (format != schema_format_known()) {
        const std::string number = std::to_string(schema_format_known());
        execute_or_name_right(connection, transaction, "DELETE FROM crossfade.format", true);
        execute_or_name_right(connection, transaction,
                              "INSERT INTO crossfade.format VALUES (" + number + ")", true);
    }
    const auto done = transaction.commit();
    if (!done) throw Failure{done.error()};
    if (*done == CommitOutcome::in_doubt)
        throw Failure{Error{ErrorKind::unavailable, "the target was lost during COMMIT"}};
}

void upgrade_schema(Connection& connection) {
    if (schema_format(connection)) ensure_schema(connection);
}

std::vector<std::string> schema_to_make(Connection& connection) {
    std::vector<std::string> makes;
    if (!schema_exists(connection)) makes.emplace_back("schema crossfade");
    const int format = schema_format(connection).value_or(0);
    for (std::size_t n = static_cast<std::size_t>(format); n < kStatements.size(); ++n)
        makes.emplace_back(kStatements[n].makes);
    return makes;
}

void drop_schema_if_empty(Connection& connection) {
    for (const std::string table : {"progress", "deferred_ddl"}) {
        if (exists_in_schema(connection, table) &&
            !connection.exec("SELECT FROM crossfade." + table + " LIMIT 1").empty()) {
            return;
        }
    }
    connection.exec(
        "DROP TABLE IF EXISTS crossfade.progress, crossfade.deferred_ddl, crossfade.format");
    // A schema that this role could not make again was made for it, and stays.
    const bool ours = connection
                          .exec(
                              "SELECT has_database_privilege(current_database(), 'CREATE')"
                              " AND NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n"
                              " ON n.oid = c.relnamespace WHERE n.nspname = 'crossfade')")
                          .boolean(0, 0);
    if (ours) connection.exec("DROP SCHEMA IF EXISTS crossfade");
}

}  // namespace crossfade
