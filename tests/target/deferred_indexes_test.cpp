// load.defer_indexes: what is taken off comes back, whatever happens in between.
#include "target/deferred_indexes.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

constexpr const char* kTables =
    "CREATE SCHEMA crossfade; CREATE SCHEMA other;"
    "CREATE TABLE parent (id int PRIMARY KEY, code text UNIQUE, note text);"
    "CREATE INDEX parent_note ON parent (lower(note)) WHERE note <> '';"
    "CREATE TABLE child (id int PRIMARY KEY,"
    " parent_id int CONSTRAINT child_parent REFERENCES parent ON DELETE CASCADE DEFERRABLE);"
    "CREATE INDEX \"child Parent\" ON child (parent_id) INCLUDE (id);"
    "CREATE TABLE other.stranger (id int PRIMARY KEY, parent_id int REFERENCES parent);";

class Tables {
public:
    Tables()
        : database_{Cluster::shared().create_database("deferred")}, connection_{connect(kTables)} {
        for (const char* name : {"parent", "child"}) {
            specs_.push_back(TargetSpec{.entity = name,
                                        .schema = "public",
                                        .table = name,
                                        .id_column = "id",
                                        .columns = {}});
        }
    }
    Connection& connection() { return connection_; }
    const std::vector<TargetSpec>& specs() const { return specs_; }

    // Indexes and constraints of all tables, by their definitions.
    std::string shape() {
        return std::string{
            connection_
                .exec("SELECT string_agg(line, E'\\n' ORDER BY line) FROM ("
                      " SELECT indexdef AS line FROM pg_indexes WHERE schemaname <> 'crossfade'"
                      "  AND schemaname !~ '^pg_'"
                      " UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' ||"
                      "  pg_get_constraintdef(oid) FROM pg_constraint"
                      "  WHERE connamespace <> 'crossfade'::regnamespace AND conrelid <> 0"
                      "  AND conrelid::regclass::text !~ '^(pg_|information)') AS lines")
                .text(0, 0)};
    }

private:
    Connection connect(const char* ddl) const {
        Cluster::shared().execute(database_, ddl);
        return Connection::open({.conninfo = Cluster::shared().conninfo(database_),
                                 .application_name = "crossfade test",
                                 .purpose = "target"});
    }

    std::string database_;
    Connection connection_;
    std::vector<TargetSpec> specs_;
};

}  // namespace

TEST_CASE("indexes and foreign keys that a load takes off come back as they were",
          "[target][postgres]") {
    Tables tables;
    const std::string before = tables.shape();
    CHECK(take_off_indexes(tables.connection(), "slot", tables.specs()) == 3);
    const std::string between = tables.shape();
    CHECK(between.find("parent_note") == std::string::npos);
    CHECK(between.find("child_parent") == std::string::npos);
    CHECK(between.find("child Parent") == std::string::npos);
    // What is unique stays, and so does what belongs to tables that nobody loads.
    CHECK(between.find("parent_code_key") != std::string::npos);
    CHECK(between.find("stranger_parent_id_fkey") != std::string::npos);
    // A load that begins anew finds nothing more to take off, and forgets nothing.
    CHECK(take_off_indexes(tables.connection(), "slot", tables.specs()) == 0);
    // Nor does another bridge that feeds this database put back what is not its own.
    CHECK(put_back_indexes(tables.connection(), "another") == 0);
    CHECK(tables.shape() == between);
    std::vector<std::string> names;
    CHECK(put_back_indexes(tables.connection(), "slot",
                           [&](const std::string& name) { names.push_back(name); }) == 3);
    CHECK(tables.shape() == before);
    CHECK(names.back() == "child_parent");  // foreign keys come last
    CHECK(put_back_indexes(tables.connection(), "slot") == 0);
}

TEST_CASE("putting back goes on where it was cut off", "[target][postgres]") {
    Tables tables;
    const std::string before = tables.shape();
    take_off_indexes(tables.connection(), "slot", tables.specs());
    int seen = 0;
    CHECK_THROWS_AS(put_back_indexes(tables.connection(), "slot",
                                     [&](const std::string&) {
                                         if (++seen == 2) throw std::runtime_error{"killed"};
                                     }),
                    std::runtime_error);
    CHECK(tables.shape() != before);
    CHECK(put_back_indexes(tables.connection(), "slot") == 2);
    CHECK(tables.shape() == before);
}

TEST_CASE("a foreign key that does not hold any more is named with its statement, and kept",
          "[target][postgres]") {
    Tables tables;
    const std::string before = tables.shape();
    take_off_indexes(tables.connection(), "slot", tables.specs());
    tables.connection().exec("INSERT INTO child VALUES (1, 7)");
    try {
        put_back_indexes(tables.connection(), "slot");
        FAIL("the foreign key came back over a row that breaks it");
    } catch (const Failure& failure) {
        CHECK(failure.error().kind() == ErrorKind::trust);
        CHECK_THAT(failure.error().format(), Catch::Matchers::ContainsSubstring("child_parent"));
        CHECK_THAT(failure.error().hint(),
                   Catch::Matchers::ContainsSubstring("ADD CONSTRAINT child_parent"));
    }
    tables.connection().exec("INSERT INTO parent VALUES (7)");
    CHECK(put_back_indexes(tables.connection(), "slot") == 1);
    CHECK(tables.shape() == before);
}

TEST_CASE("tables of another role are named with their owner, and are not analyzed",
          "[target][postgres]") {
    Tables tables;
    CHECK(tables_of_others(tables.connection(), tables.specs()).empty());
    CHECK(analyze_tables(tables.connection(), tables.specs()));
    tables.connection().exec("CREATE ROLE deferred_bridge; SET ROLE deferred_bridge");
    const auto others = tables_of_others(tables.connection(), tables.specs());
    REQUIRE(others.size() == 2);
    CHECK(others.front().table == "child");
    CHECK_FALSE(others.front().owner.empty());
    CHECK_FALSE(analyze_tables(tables.connection(), tables.specs()));
    tables.connection().exec("RESET ROLE; DROP ROLE deferred_bridge");
}
