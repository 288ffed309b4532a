// Tables without a primary key, in the source while the bridge reads it.
#include "tests/pair/pair_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

std::string unit_name(const Pair& pair) {
    return pair.lms_value("SELECT name->>'az' FROM organization_units WHERE code = 'ORG#1'");
}

}  // namespace

TEST_CASE("4.14 A table without primary key is changed in edu while its changes are read",
          "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    pair.edu(
        "ALTER TABLE org_names DROP CONSTRAINT org_names_pkey;"
        "INSERT INTO org_names (id, name_az, active) VALUES (#9, 'B', 1), (#9, 'B', 1), (#9, 'A', "
        "0), (#8, 'X', 1);"
        "INSERT INTO organizations (id, dictionary_name_id, nod_level, active) VALUES (#1, #9, 2, "
        "1);"
        "INSERT INTO all_privilege (id, url, active) VALUES (1, '/', 1), (1, '/', 1)");
    // Nothing would tell which of its rows was changed: the bridge does not start, edu goes on.
    const CommandResult refused = pair.command({"check"});
    CHECK(refused.status != 0);
    CHECK(refused.output.find("REPLICA IDENTITY FULL") != std::string::npos);
    pair.edu("ALTER TABLE org_names REPLICA IDENTITY FULL");
    CHECK(pair.command({"check"}).status == 0);
    pair.start();
    pair.settle();
    CHECK(unit_name(pair) == "B");

    // Equal rows are several: one of them goes, then the other.
    pair.play(
        "DELETE FROM org_names WHERE ctid = (SELECT min(ctid) FROM org_names WHERE name_az = "
        "'B')");
    CHECK(unit_name(pair) == "B");
    pair.play("UPDATE org_names SET name_az = 'C' WHERE name_az = 'B'");
    CHECK(unit_name(pair) == "C");
    pair.play("DELETE FROM org_names WHERE name_az = 'C'");
    CHECK(unit_name(pair) == "A");
    pair.play("UPDATE org_names SET id = #9, name_en = NULL WHERE id = #8");
    CHECK(unit_name(pair) == "X");
    check_pair(pair);

    // A table that nobody maps, has no key and no identity: edu changes it as ever.
    pair.play(
        "UPDATE all_privilege SET url = '/x'; DELETE FROM all_privilege WHERE ctid = (SELECT "
        "min(ctid) FROM all_privilege)");
    CHECK(pair.edu_value("SELECT count(*) FROM all_privilege WHERE url = '/x'") == "1");
    CHECK(pair.runs());
    check_pair(pair);
    pair.stop();
}

TEST_CASE(
    "4.14 Somebody takes the replica identity away: edu goes on, the bridge says it and stops",
    "[pair][postgres]") {
    Pair pair{{.data = "none"}};
    pair.edu(
        "ALTER TABLE org_names DROP CONSTRAINT org_names_pkey; ALTER TABLE org_names REPLICA "
        "IDENTITY FULL; INSERT INTO org_names (id, name_az, active) VALUES (#9, 'B', 1);"
        "INSERT INTO organizations (id, dictionary_name_id, nod_level, active) VALUES (#1, #9, 2, "
        "1)");
    pair.start();
    pair.settle();
    pair.edu("ALTER TABLE org_names REPLICA IDENTITY DEFAULT");
    pair.edu("UPDATE org_names SET name_az = 'C'");
    pair.edu("DELETE FROM org_names");
    CHECK(pair.edu_value("SELECT count(*) FROM org_names") == "0");
    CHECK(pair.wait_for_end() == 3);
    CHECK(pair.log_end().find("org_names") != std::string::npos);
    CHECK(pair.log_end().find("REPLICA IDENTITY FULL") != std::string::npos);
    // The unit keeps its last good name.
    CHECK(unit_name(pair) == "B");
}
