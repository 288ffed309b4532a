#include "target/schema.hpp"

#include "target/deferred_indexes.hpp"
#include "target/progress.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"

#include <thread>

using namespace crossfade;
using namespace crossfade::test;

namespace {

// A database of its own.
class SchemaTarget {
public:
    SchemaTarget() : database_{Cluster::shared().create_database("schema")} {}

    Connection connect(const std::string& more = {}) const {
        return Connection::open({.conninfo = Cluster::shared().conninfo(database_) + more,
                                 .application_name = "crossfade test",
                                 .purpose = "target"});
    }
    void sql(const std::string& statement) const {
        Cluster::shared().execute(database_, statement);
    }
    std::string value(const std::string& query) const {
        return Cluster::shared().value(database_, query);
    }
    // Everything in the schema: its tables, their columns, and their rows.
    std::string dump() const {
        std::string text = value(
            "SELECT string_agg(table_name || '.' || column_name || ' ' || data_type, E'\\n'"
            " ORDER BY table_name, ordinal_position) FROM information_schema.columns"
            " WHERE table_schema = 'crossfade'");
        for (const char* table : {"progress", "deferred_ddl", "format"}) {
            if (value("SELECT to_regclass('crossfade." + std::string{table} + "')").empty())
                continue;
            text +=
                "\n" + value("SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM crossfade." +
                             std::string{table} + " t");
        }
        return text;
    }

private:
    std::string database_;
};

// What was there before the format had a number.
constexpr const char* kFormatZero =
    "CREATE SCHEMA crossfade; CREATE TABLE crossfade.progress (slot text PRIMARY KEY, batch bigint"
    " NOT NULL, lsn pg_lsn NOT NULL, source_system text NOT NULL, updated_at timestamptz NOT NULL"
    " DEFAULT now()); INSERT INTO crossfade.progress VALUES ('slot', 4, '0/10', '7', now())";

std::optional<Error> error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Failure& failure) {
        return failure.error();
    }
    return std::nullopt;
}

}  // namespace

TEST_CASE("an older schema crossfade is upgraded by the statements it lacks and keeps its rows",
          "[target][postgres]") {
    const SchemaTarget old;
    old.sql(kFormatZero);
    Connection connection = old.connect();
    CHECK(schema_format(connection) == 0);
    const auto refused = error_of([&] { read_progress(connection, "slot"); });
    REQUIRE(refused);
    CHECK(refused->kind() == ErrorKind::trust);
    CHECK(refused->hint() == "`crossfade run` upgrades it");
    CHECK(schema_to_make(connection).size() == schema_statements().size());
    ensure_schema(connection);
    CHECK(schema_format(connection) == schema_format_known());
    CHECK(schema_to_make(connection).empty());
    CHECK(read_progress(connection, "slot")->batch == 4);

    const SchemaTarget fresh;
    Connection other = fresh.connect();
    ensure_schema(other);
    insert_progress(other, "slot", {.batch = 4, .end = EndLsn{Lsn{0x10}}, .source_system = "7"});
    old.sql("UPDATE crossfade.progress SET updated_at = 'epoch'");
    fresh.sql("UPDATE crossfade.progress SET updated_at = 'epoch'");
    CHECK(old.dump() == fresh.dump());
}

TEST_CASE("a schema crossfade of a later format is neither read nor changed",
          "[target][postgres]") {
    const SchemaTarget target;
    Connection connection = target.connect();
    ensure_schema(connection);
    insert_progress(connection, "slot", {.batch = 0, .end = {}, .source_system = "7"});
    const std::string later = std::to_string(schema_format_known() + 1);
    target.sql("UPDATE crossfade.format SET number = " + later);
    const std::string before = target.dump();
    const std::vector<std::function<void()>> actions{[&] { read_progress(connection, "slot"); },
                                                     [&] { ensure_schema(connection); },
                                                     [&] { upgrade_schema(connection); },
                                                     [&] { drop_progress(connection, "slot"); },
                                                     [&] { put_back_indexes(connection, "slot"); },
                                                     [&] { take_off_indexes(connection, "slot", {}); }};
    for (const auto& action : actions) {
        const auto error = error_of(action);
        REQUIRE(error);
        CHECK(error->kind() == ErrorKind::trust);
        CHECK(error->message() == "schema crossfade on the target has format " + later +
                                      ", this crossfade uses " +
                                      std::to_string(schema_format_known()));
        CHECK(error->hint().find("crossfade drop --state") != std::string::npos);
    }
    CHECK(target.dump() == before);
}

TEST_CASE("bridges that come at the same time make the schema once", "[target][postgres]") {
    const SchemaTarget target;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                Connection connection = target.connect();
                ensure_schema(connection);
            });
        }
    }
    CHECK(target.value("SELECT string_agg(number::text, ' ') FROM crossfade.format") ==
          std::to_string(schema_format_known()));
}

TEST_CASE("a role that may not make or upgrade the schema is told the statement that lets it",
          "[target][postgres]") {
    const SchemaTarget target;
    const std::string role = "plain_" + target.value("SELECT current_database()");
    target.sql("CREATE ROLE \"" + role + "\" LOGIN");
    Connection connection = target.connect(" user=" + role);
    auto error = error_of([&] { ensure_schema(connection); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::configuration);
    CHECK(error->hint() == "CREATE SCHEMA crossfade AUTHORIZATION " + role + ";");

    target.sql(kFormatZero);
    target.sql("GRANT USAGE ON SCHEMA crossfade TO " + role +
               "; GRANT ALL ON crossfade.progress TO " + role);
    const std::string before = target.dump();
    error = error_of([&] { ensure_schema(connection); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::configuration);
    CHECK(target.dump() == before);
    REQUIRE(error->hint() == "GRANT CREATE, USAGE ON SCHEMA crossfade TO " + role + ";");
    target.sql(error->hint());
    ensure_schema(connection);
    CHECK(read_progress(connection, "slot")->batch == 4);
}
