#include "tests/cli/program.hpp"

using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("check finds nothing wrong with a mapping that fits its servers", "[cli][postgres]") {
    const Shop shop;
    const Answer answer = shop.check();
    CHECK(answer.status == 0);
    CHECK(answer.says("0 errors"));
    CHECK(answer.says("source: logical replication slot " + shop.source() + " (wal2json)"));
    CHECK(answer.says("target: schema crossfade\n"));
    CHECK(answer.says("target: table crossfade.progress"));
    CHECK(shop.program().run({"check", "--json"}).says("\"status\": 0"));
    // Nothing was made by looking.
    CHECK(shop.cluster().value(shop.target(), "SELECT to_regnamespace('crossfade')").empty());
}

TEST_CASE("check finds tables whose NaN could not be read again", "[cli][postgres]") {
    const Shop shop;
    shop.program().write("shop.yaml", R"yaml(
version: 1
namespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7
entities:
  a: {target: public.a, root: {row: keyless}, id: "'a/' || keyless.s", columns: {n: keyless.n}}
  b: {target: public.b, root: {row: rate}, id: "'b/' || rate.k", columns: {n: rate.n}}
  c: {target: public.c, root: {row: plain}, id: "'c/' || plain.k", columns: {n: plain.n}}
)yaml");
    shop.on_source(
        "CREATE TABLE keyless (n numeric, s text);"
        "ALTER TABLE keyless REPLICA IDENTITY FULL;"
        "CREATE TABLE rate (k real PRIMARY KEY, n numeric);"
        "CREATE TABLE plain (k bigint PRIMARY KEY, n numeric NOT NULL)");
    for (const char* table : {"a", "b", "c"}) {
        shop.on_target("CREATE TABLE " + std::string{table} + " (id uuid PRIMARY KEY, n numeric)");
    }
    const Answer answer = shop.check();
    CHECK(answer.status == 1);
    CHECK(answer.says("1 error"));
    CHECK_THAT(answer.fix("table public.keyless: NaN and infinite values of n arrive as null from "
                          "wal2json, and a row of a table without a key cannot be read again: "
                          "needs pgoutput"),
               ContainsSubstring("relations: {keyless: {key: [...]}}"));
    const std::string fix = answer.fix("a NaN or infinite value of key column k stops the bridge");
    CHECK_THAT(fix, ContainsSubstring("ADD CHECK"));
    shop.on_source(fix.substr(0, fix.find(", if")));
    // What can be read again is no finding.
    CHECK_FALSE(answer.says("table public.plain: NaN"));
    shop.on_source("ALTER TABLE keyless ADD PRIMARY KEY (s)");
    CHECK(shop.check().status == 0);
}

TEST_CASE("check finds wal_level, and the statement fixes it", "[cli][postgres]") {
    Cluster cluster({.settings = {{"wal_level", "replica"}}});
    const Shop shop(cluster);
    const Answer answer = shop.check();
    CHECK(answer.status == 1);
    const std::string fix = answer.fix("wal_level is replica");
    REQUIRE_THAT(fix, ContainsSubstring("ALTER SYSTEM SET wal_level = logical;"));
    cluster.execute("postgres", fix.substr(0, fix.find(';')));
    cluster.restart();
    CHECK(shop.check().status == 0);
}

TEST_CASE("check finds tables without a replica identity, and the statements fix them",
          "[cli][postgres]") {
    const Shop shop;
    shop.on_source(
        "ALTER TABLE product REPLICA IDENTITY NOTHING;"
        "ALTER TABLE stock REPLICA IDENTITY DEFAULT;"
        "ALTER TABLE supplier DROP CONSTRAINT supplier_pkey,"
        "  ADD PRIMARY KEY (id) DEFERRABLE;");
    const Answer answer = shop.check();
    CHECK(answer.status == 1);
    CHECK(answer.fix("table public.product: has no replica identity") ==
          "ALTER TABLE \"public\".\"product\" REPLICA IDENTITY USING INDEX \"product_pkey\";");
    CHECK(answer.fix("table public.stock: has no replica identity") ==
          "ALTER TABLE \"public\".\"stock\" REPLICA IDENTITY USING INDEX \"stock_identity\";");
    CHECK(answer.fix("table public.supplier: has no replica identity") ==
          "ALTER TABLE \"public\".\"supplier\" REPLICA IDENTITY FULL;");
    CHECK(answer.fixes().size() == 3);
    for (const std::string& fix : answer.fixes())
        shop.on_source(fix);
    CHECK(shop.check().status == 0);
}

TEST_CASE("check finds an identity that does not hold the mapping's key", "[cli][postgres]") {
    const Shop shop;
    shop.on_source(
        "ALTER TABLE product ADD COLUMN code integer NOT NULL DEFAULT 0;"
        "CREATE UNIQUE INDEX product_code ON product (code);"
        "ALTER TABLE product REPLICA IDENTITY USING INDEX product_code");
    const Answer answer = shop.check();
    CHECK(answer.status == 1);
    const std::string fix = answer.fix("replica identity (code) does not hold the key");
    REQUIRE(fix == "ALTER TABLE \"public\".\"product\" REPLICA IDENTITY DEFAULT;");
    shop.on_source(fix);
    CHECK(shop.check().status == 0);
}

TEST_CASE("check finds an unlogged table", "[cli][postgres]") {
    const Shop shop;
    shop.on_source("ALTER TABLE product SET UNLOGGED");
    const Answer answer = shop.check();
    CHECK(answer.status == 1);
    shop.on_source(answer.fix("table public.product: is unlogged"));
    CHECK(shop.check().status == 0);
}

TEST_CASE("check finds what a role may not do, and its statements let it", "[cli][postgres]") {
    const Shop shop;
    const std::string role = shop.source() + "_bridge";
    shop.on_source("CREATE ROLE " + role + " LOGIN; REVOKE USAGE ON SCHEMA public FROM public");
    // Rows of purchase can leave, those of location cannot.
    shop.on_target(
        "CREATE TABLE review (purchase_id uuid REFERENCES purchase (id));"
        "CREATE TABLE shelf (location_id uuid REFERENCES location (id))");
    shop.configure(role);
    Answer answer = shop.check();
    CHECK(answer.status == 1);
    CHECK(answer.fix("target: table public.review: role " + role + " may not read it") ==
          "GRANT SELECT ON \"public\".\"review\" TO \"" + role + "\";");
    CHECK_FALSE(answer.says("public.shelf"));
    CHECK(answer.says("may not use replication"));
    CHECK(answer.says("source: role " + role + " may not use schema archive"));
    CHECK(answer.says("lacks SELECT, INSERT, UPDATE, DELETE on public.sale"));
    CHECK(answer.says("may not create schema crossfade"));
    CHECK(answer.says("may not use replication origins"));
    const std::string origin = answer.fix("may not use replication origins");
    for (const std::string& fix : answer.fixes()) {
        const bool target = fix.starts_with("CREATE SCHEMA") ||
                            fix.find("INSERT") != std::string::npos ||
                            fix.find("review") != std::string::npos;
        if (target) {
            shop.on_target(fix);
        } else {
            shop.on_source(fix);
        }
    }
    shop.on_target(origin);
    answer = shop.check();
    CHECK(answer.status == 0);
    CHECK_FALSE(answer.says("replication origins"));
    shop.configure();
    shop.on_target("DROP OWNED BY " + role);
    shop.on_source("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_CASE("check finds what is missing on the target", "[cli][postgres]") {
    const Shop shop;
    shop.on_target(
        "ALTER TABLE customer RENAME COLUMN since TO since_day;"
        "DROP TABLE sale; ALTER TABLE price ADD COLUMN unit text NOT NULL");
    const Answer answer = shop.check();
    CHECK(answer.status == 1);
    CHECK(answer.says("entities.customers.columns.since"));
    CHECK(answer.fix("the target has no table public.sale") ==
          "CREATE TABLE \"public\".\"sale\" (...);");
    CHECK(answer.says("column unit is NOT NULL without a default"));
    shop.on_target("ALTER TABLE price ALTER COLUMN unit SET DEFAULT 'each'");
    CHECK_FALSE(shop.check().says("column unit"));
}

TEST_CASE("check refuses a unique key that neither the root's key nor a claim covers",
          "[cli][postgres]") {
    const Shop shop;
    shop.on_target(
        "ALTER TABLE customer ADD CONSTRAINT one_name UNIQUE (name);"
        "ALTER TABLE purchase ADD CONSTRAINT nth_of UNIQUE (customer_id, nth);"
        "CREATE UNIQUE INDEX lower_title ON product (lower(description));"
        "ALTER TABLE supplier ADD CONSTRAINT wide UNIQUE (name, city, code)");
    const Answer answer = shop.check();
    CHECK(answer.status == 1);
    CHECK(answer.fix("unique key one_name (name) is covered neither") ==
          "columns: {name: {claim: ..., else: ...}}");
    CHECK(answer.says("unique key nth_of"));
    CHECK(answer.says("warning: entities.products: unique key lower_title"));
    CHECK_FALSE(answer.says("unique key wide"));
    CHECK(answer.says("2 errors"));
}

TEST_CASE("check warns of foreign keys without an index", "[cli][postgres]") {
    const Shop shop;
    Answer answer = shop.check();
    const std::string fix = answer.fix("foreign key product_supplier_id_fkey (supplier_id)");
    REQUIRE(fix == "CREATE INDEX CONCURRENTLY ON \"public\".\"product\" (\"supplier_id\");");
    shop.on_target(fix);
    answer = shop.check();
    CHECK_FALSE(answer.says("product_supplier_id_fkey"));
    CHECK_FALSE(answer.says("purchase_customer_id_fkey"));  // no customer ever leaves
    CHECK_FALSE(answer.says("price_product_id_fkey"));      // UNIQUE (product_id, tier) serves it
}

TEST_CASE("check reports every mistake of a mapping with its place", "[cli][postgres]") {
    const Shop shop;
    shop.program().edit_mapping("rating: num(s.rating)", "rating: num(s.ratting)");
    shop.program().edit_mapping("name: coalesce(txt(c.name), 'Unknown')",
                                "name: coalesce(txt(c.nam), 'Unknown')");
    const Answer answer = shop.check();
    CHECK(answer.status == 2);
    CHECK(answer.says("shop.yaml:"));
    CHECK(answer.says("did you mean \"rating\""));
    CHECK(answer.says("did you mean \"name\""));
    shop.program().write("shop.yaml", "version: 1\nentities: {a: {targt: x}}\n");
    CHECK(shop.check().status == 2);
    CHECK(shop.check().says("did you mean 'target'"));
}

TEST_CASE("check names a table that the source does not have", "[cli][postgres]") {
    const Shop shop;
    shop.on_source("DROP TABLE delivery; ALTER TABLE supplier DROP COLUMN rating");
    const Answer answer = shop.check();
    CHECK(answer.status == 2);
    CHECK(answer.says("the source has no table \"public.delivery\""));
}

TEST_CASE("check goes on with the other server when one cannot be reached", "[cli][postgres]") {
    const Shop shop;
    shop.on_target("CREATE SCHEMA crossfade");
    shop.program().configure("host=/nonexistent dbname=x", shop.cluster().conninfo(shop.target()));
    const Answer answer = shop.check();
    CHECK(answer.status == 2);
    CHECK(answer.says("source: cannot be reached"));
    CHECK(answer.says("target: table crossfade.progress"));
}

TEST_CASE("check says what run will upgrade of an older schema crossfade, and refuses a later one",
          "[cli][postgres]") {
    const Shop shop;
    shop.on_target(
        "CREATE SCHEMA crossfade; CREATE TABLE crossfade.progress (slot text PRIMARY KEY,"
        " batch bigint, lsn pg_lsn, source_system text, updated_at timestamptz)");
    Answer answer = shop.check();
    CHECK(answer.status == 0);
    CHECK(answer.says("target: table crossfade.format"));
    shop.on_target(
        "CREATE TABLE crossfade.format (number integer NOT NULL);"
        "INSERT INTO crossfade.format VALUES (99)");
    answer = shop.check();
    CHECK(answer.status == 1);
    CHECK(answer.says("schema crossfade on the target has format 99"));
    CHECK_FALSE(answer.says("target: table crossfade"));
    for (const char* command : {"run", "drop"}) {
        answer = command == std::string{"run"} ? shop.program().run({"run"})
                                               : shop.program().run({"drop", "--yes"});
        CHECK(answer.status == (command == std::string{"run"} ? 1 : 2));
        CHECK(answer.says("schema crossfade on the target has format 99"));
    }
    CHECK(shop.cluster().value(shop.source(),
                               "SELECT count(*) FROM pg_replication_slots WHERE"
                               " slot_name = '" +
                                   shop.source() + "'") == "0");
}

TEST_CASE("check finds a slot that is not ours to use", "[cli][postgres]") {
    const Shop shop;
    shop.on_source("SELECT pg_create_logical_replication_slot('" + shop.source() +
                   "', 'test_decoding')");
    Answer answer = shop.check();
    CHECK(answer.status == 1);
    CHECK(answer.says("is one of plugin test_decoding, not wal2json"));
    const std::string fix = answer.fix("is there, but no state");
    REQUIRE_THAT(fix, ContainsSubstring("pg_drop_replication_slot"));
    shop.on_source(fix);
    CHECK(shop.check().status == 0);
}

TEST_CASE("check refuses a source whose encoding wal2json does not convert", "[cli][postgres]") {
    const Shop shop(Cluster::shared(), "ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'");
    const Answer answer = shop.check();
    CHECK(answer.status == 1);
    CHECK(answer.fix("does not convert the database's encoding LATIN1") ==
          "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0; -- and move the data there");
}

TEST_CASE("check and run refuse a table with a rule, and the statement takes it off",
          "[cli][postgres]") {
    const Shop shop;
    shop.on_target(
        "CREATE RULE keep AS ON DELETE TO sale DO INSTEAD NOTHING;"
        "CREATE RULE \"both ways\" AS ON INSERT TO price DO ALSO NOTHING;"
        "CREATE RULE elsewhere AS ON INSERT TO useless_update DO INSTEAD NOTHING");
    const Answer answer = shop.check();
    CHECK(answer.status == 1);
    CHECK(answer.says("2 errors"));
    CHECK(answer.fix("table public.sale has the rule keep on DELETE") ==
          "DROP RULE \"keep\" ON \"public\".\"sale\";");
    const Answer started = shop.program().run({"run"});
    CHECK(started.status == 1);
    CHECK(started.says("has the rule both ways on INSERT"));
    CHECK(shop.cluster().value(shop.source(),
                               "SELECT count(*) FROM pg_replication_slots WHERE slot_name = '" +
                                   shop.source() + "'") == "0");
    for (const std::string& fix : answer.fixes())
        shop.on_target(fix);
    CHECK(shop.check().status == 0);
}

TEST_CASE("check names what may keep a row out or change it before it is written, each once",
          "[cli][postgres]") {
    const Shop shop;
    Answer answer = shop.check();
    CHECK(answer.status == 0);
    // All that this one does is what the mapping says of it.
    CHECK_FALSE(answer.says("set_updated_at"));
    shop.on_target(
        "CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.name = '' THEN NEW.name = 'nobody'; END IF; RETURN NEW; END $$;"
        "CREATE TRIGGER tidy_new BEFORE INSERT ON customer FOR EACH ROW EXECUTE FUNCTION tidy();"
        "CREATE TRIGGER tidy_old BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION tidy();"
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER swallow BEFORE INSERT OR DELETE ON price FOR EACH ROW EXECUTE FUNCTION "
        "swallow()");
    answer = shop.check();
    CHECK(answer.status == 0);
    CHECK(answer.fix("warning: target: function public.tidy: ") ==
          "columns: {name: {value: ..., owner: trigger}}");
    CHECK(answer.output.find("public.tidy: ") == answer.output.rfind("public.tidy: "));
    CHECK(
        answer.says("tidy_new on public.customer (INSERT), tidy_old on public.customer (UPDATE)"));
    CHECK(
        answer.says("function public.swallow: runs before each row that the bridge writes, by "
                    "trigger swallow on public.price (INSERT, DELETE), and may keep it out"));
}
