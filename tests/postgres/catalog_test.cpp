#include "postgres/catalog.hpp"
#include "postgres/server_facts.hpp"
#include "postgres/target_catalog.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"

using namespace crossfade;

namespace {
Connection open(const std::string& database) {
    return Connection::open({test::Cluster::shared().conninfo(database), "catalog", "target"});
}
using Names = std::vector<std::string>;
}  // namespace

TEST_CASE("a table is read with its types, key and identity", "[postgres]") {
    auto& cluster = test::Cluster::shared();
    const std::string database = cluster.create_database("catalog");
    cluster.execute(database, R"(
        CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE DOMAIN very AS positive;
        CREATE TABLE plain (b text, gone int, a bigint, c varchar(30) NOT NULL, m mood, d very, l int[], j jsonb,
            g int GENERATED ALWAYS AS (1) STORED, PRIMARY KEY (a, b));
        ALTER TABLE plain DROP COLUMN gone;
        CREATE TABLE "Od d" (id int PRIMARY KEY DEFERRABLE);
        CREATE TABLE keyless (v int);
        CREATE TABLE whole (v int, w int); ALTER TABLE whole REPLICA IDENTITY FULL;
        CREATE TABLE indexed (id int PRIMARY KEY, k int NOT NULL); CREATE UNIQUE INDEX indexed_k ON indexed (k);
        ALTER TABLE indexed REPLICA IDENTITY USING INDEX indexed_k;
        CREATE VIEW seen AS SELECT 1;)");
    auto connection = open(database);
    const auto plain = read_table(connection, "public", "plain");
    REQUIRE(plain);
    CHECK(plain->columns.size() == 8);
    CHECK(plain->primary_key == Names{"a", "b"});
    CHECK(plain->identity_key == Names{"a", "b"});
    CHECK(plain->identity == ReplicaIdentity::primary_key);
    CHECK(plain->find("a")->type == Type::integer);
    CHECK(plain->find("c")->type_name == "character varying(30)");
    CHECK_FALSE(plain->find("c")->nullable);
    CHECK(plain->find("m")->type == Type::text);
    CHECK(plain->find("d")->type == Type::integer);
    CHECK(plain->find("l")->type == Type::any);
    CHECK(plain->find("j")->type == Type::json);
    CHECK(plain->find("g")->generated);
    CHECK(plain->find("gone") == nullptr);

    const auto deferrable = read_table(connection, "public", "Od d");
    CHECK(deferrable->primary_key == Names{"id"});
    CHECK(deferrable->identity == ReplicaIdentity::nothing);
    CHECK(read_table(connection, "public", "keyless")->identity == ReplicaIdentity::nothing);
    CHECK(read_table(connection, "public", "whole")->identity == ReplicaIdentity::full);
    CHECK(read_table(connection, "public", "whole")->identity_key == Names{"v", "w"});
    CHECK(read_table(connection, "public", "indexed")->identity_key == Names{"k"});
    CHECK_FALSE(read_table(connection, "public", "seen"));
    CHECK_FALSE(read_table(connection, "public", "PLAIN"));
    CHECK(table_names(connection) ==
          Names{"public.Od d", "public.indexed", "public.keyless", "public.plain", "public.whole"});
    CHECK(read_table_facts(connection, "public", "plain")->logged);
    CHECK_FALSE(read_table_facts(connection, "public", "none"));
}

TEST_CASE("the catalog says of which types equal values are written alike, and whose we know",
          "[postgres]") {
    auto& cluster = test::Cluster::shared();
    const std::string database = cluster.create_database("equality");
    cluster.execute(database, R"(
        CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TYPE pair AS (a int, b int);
        CREATE DOMAIN folded AS citext; CREATE DOMAIN twice AS folded; CREATE DOMAIN code AS char(3);
        CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE TABLE alike (a int, b numeric(5, 2), c float8, d varchar(3), e char(3), f uuid, g timetz, h inet, i mood, j int[],
            k text[], l mood[], m code, n "char", o bytea, p bit(3), q text COLLATE "C", r money, s timestamptz);
        CREATE DOMAIN spans AS tstzrange; CREATE DOMAIN digits AS numeric;
        CREATE TABLE spelled (a citext, b interval, c jsonb, i folded, j twice,
            k numeric[], l citext[], m float4[], n char(3)[], p interval[], q twice[], r digits[], s jsonb[]);
        CREATE TABLE unlike (a int8multirange, d json, e xml, f tsrange, g pair, h point, o text COLLATE any_case,
            q tsvector, r json[], s pair[], t spans, u spans[], v text[] COLLATE any_case, w citext COLLATE any_case);)");
    auto connection = open(database);
    const auto alike = read_table(connection, "public", "alike");
    for (const CatalogColumn& column : alike->columns) {
        INFO(column.name << " " << column.type_name);
        CHECK((column.key && !column.key->changes()));
        CHECK(column.blank_padded == (column.name == "e" || column.name == "m"));
    }
    const auto spelled = read_table(connection, "public", "spelled");
    for (const CatalogColumn& column : spelled->columns) {
        INFO(column.name << " " << column.type_name);
        CHECK((column.key && column.key->changes()));
    }
    const auto unlike = read_table(connection, "public", "unlike");
    for (const CatalogColumn& column : unlike->columns) {
        INFO(column.name << " " << column.type_name);
        CHECK_FALSE(column.key);
        CHECK_FALSE(column.blank_padded);
        CHECK(column.keeps_text == (column.name == "d"));
    }
}

TEST_CASE("a target table is read with everything that may refuse a row", "[postgres]") {
    auto& cluster = test::Cluster::shared();
    const std::string database = cluster.create_database("target");
    cluster.execute(database, R"(
        CREATE TABLE parent (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), self uuid REFERENCES parent ON DELETE SET NULL);
        CREATE TABLE child (id uuid PRIMARY KEY, parent_id uuid NOT NULL REFERENCES parent ON DELETE CASCADE, email varchar(255),
            n bigint GENERATED ALWAYS AS IDENTITY, score numeric(5,2) CHECK (score >= 0), deleted boolean DEFAULT false,
            UNIQUE NULLS NOT DISTINCT (parent_id, score), CONSTRAINT late UNIQUE (n) DEFERRABLE);
        CREATE UNIQUE INDEX child_email ON child (lower(email), parent_id) WHERE NOT deleted;
        CREATE INDEX child_parent ON child (parent_id);
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
        CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON child FOR EACH ROW EXECUTE FUNCTION touch();)");
    auto connection = open(database);
    const auto child = read_target_table(connection, "public", "child");
    REQUIRE(child);
    CHECK(child->primary_key()->columns == Names{"id"});
    CHECK(child->find("n")->identity_always);
    CHECK(child->find("score")->wire == WireType::numeric);
    CHECK(child->find("deleted")->default_value == "false");
    REQUIRE(child->unique_keys.size() == 4);
    const auto key = [&](const std::string& name) {
        return *std::find_if(child->unique_keys.begin(), child->unique_keys.end(),
                             [&](const UniqueKey& k) { return k.name == name; });
    };
    CHECK(key("child_email").columns == Names{"", "parent_id"});
    CHECK(key("child_email").predicate == "(NOT deleted)");
    CHECK(key("child_email").has_expressions);
    CHECK(key("late").deferrable);
    CHECK(key("child_parent_id_score_key").nulls_not_distinct);
    CHECK(child->indexes.size() == 5);
    REQUIRE(child->foreign_keys.size() == 1);
    CHECK(child->foreign_keys[0].columns == Names{"parent_id"});
    CHECK(child->foreign_keys[0].referenced_table == "parent");
    CHECK(child->foreign_keys[0].referenced_columns == Names{"id"});
    CHECK(child->foreign_keys[0].on_delete == OnDelete::cascade);
    REQUIRE(child->triggers.size() == 1);
    CHECK(child->triggers[0].function == "public.touch");
    CHECK(child->triggers[0].before);
    CHECK(child->triggers[0].on_insert);
    CHECK(child->triggers[0].on_update);
    CHECK_FALSE(child->triggers[0].on_delete);
    CHECK(child->checks.size() == 1);

    const auto parent = read_target_table(connection, "public", "parent");
    CHECK(parent->referenced_by.size() == 2);
    CHECK(parent->foreign_keys[0].on_delete == OnDelete::set_null);
    CHECK_FALSE(read_target_table(connection, "public", "none"));
}

TEST_CASE("a server says what it is", "[postgres]") {
    auto connection = open("postgres");
    const ServerFacts facts = read_server_facts(connection);
    CHECK(facts.version >= 150000);
    CHECK(facts.wal_level == "logical");
    CHECK(facts.encoding == "UTF8");
    CHECK(facts.system_identifier != 0);
    CHECK(facts.timeline == 1);
    CHECK(facts.current > Lsn{});
    CHECK(facts.superuser);
    CHECK_FALSE(facts.in_recovery);
    CHECK(facts.replication_slots_max == 256);
    CHECK(facts.wal_sender_timeout_ms == 60'000);
    CHECK_FALSE(facts.has_standbys);
}
