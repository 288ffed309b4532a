// The road as an operator walks it: load, follow, verify, stop, go on.
#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

std::int64_t account(const Status& status, const std::string& name,
                     std::int64_t EntityAccount::*member) {
    for (const EntityAccount& entity : status.entities) {
        if (entity.name == name) return entity.*member;
    }
    FAIL("no entity " << name);
    return -1;
}

}  // namespace

TEST_CASE("a load and the stream behind it make of the source what the mapping says",
          "[road][postgres]") {
    EndToEnd road;
    road.change(1, 60, 6);
    road.start();
    road.settle();
    check_agreement(road);
    CHECK(road.target_value("SELECT count(*) FROM account") != "0");
    CHECK(road.target_value("SELECT count(*) FROM account WHERE password_hash ~ '^[$]2b[$]04'") !=
          "0");

    for (int round = 0; round < 4; ++round) {
        road.change(1000 + 100 * round, 40, 6);
        road.settle();
        check_agreement(road);
    }
    CHECK(road.target_value("SELECT count(*) FROM sale") != "0");
    const Status status = road.status();
    CHECK(status.phase == "streaming");
    CHECK(status.work == 0);
    CHECK(std::to_string(account(status, "purchases", &EntityAccount::source)) ==
          road.source_value("SELECT count(*) FROM orders"));
    CHECK(std::to_string(account(status, "accounts", &EntityAccount::source)) ==
          road.source_value("SELECT (SELECT count(*) FROM login) + (SELECT count(*) FROM "
                            "customer)"));
    road.stop();
}

TEST_CASE("verify finds what was damaged, and the bridge's own writes are none of it",
          "[road][postgres]") {
    EndToEnd road;
    road.change(21, 200, 6);
    road.start();
    road.settle();
    REQUIRE(road.target_value("SELECT count(*) FROM purchase_line") != "0");
    CHECK(road.differences() == 0);
    SECTION("a value") {
        road.target(
            "UPDATE location SET name = name || ' ' WHERE ctid = (SELECT min(ctid) FROM "
            "location)");
    }
    SECTION("a row that should not be missing") {
        road.target("DELETE FROM purchase_line WHERE ctid = (SELECT min(ctid) FROM purchase_line)");
    }
    SECTION("a key of a document") {
        road.target(
            "UPDATE account SET profile = profile - 'kinds' WHERE ctid = (SELECT min(ctid) "
            "FROM account)");
    }
    CHECK(road.differences() == 1);
    road.stop();
}

TEST_CASE("a second run on unchanged data writes no row", "[road][postgres]") {
    EndToEnd road;
    road.change(3, 50, 6);
    road.start();
    road.settle();
    road.change(3000, 30, 6);
    road.settle();
    road.stop();
    const std::string before = road.row_versions();
    REQUIRE_FALSE(before.empty());

    road.start();
    road.settle();
    CHECK(differing_lines(road.row_versions(), before) == "");
    // Writes of the old application that change nothing, or nothing that is read.
    road.source(
        "UPDATE product SET title = title, description = description; UPDATE customer SET "
        "name = name; INSERT INTO page_view (path) VALUES ('/'); UPDATE orders SET id = id");
    road.settle();
    CHECK(differing_lines(road.row_versions(), before) == "");
    CHECK(road.differences() == 0);
    road.stop();
}

TEST_CASE("a row that the target refuses waits in quarantine and comes when it is let in",
          "[road][postgres]") {
    EndToEnd road;
    road.source(
        "INSERT INTO login (id, username, active) VALUES (1, 'anna', 1), (2, 'berta', 1);"
        "INSERT INTO customer (id, login_id, name) VALUES (1, 1, 'Ada'), (2, 2, 'Ben')");
    road.target("INSERT INTO refusal VALUES ('account', 'username', 'anna')");
    road.start();
    road.settle();
    check_agreement(road);
    CHECK(account(road.status(), "accounts", &EntityAccount::rejected) == 2);
    const CommandResult list = road.command({"quarantine", "list", "accounts"});
    CHECK(list.status == 0);
    CHECK(list.output.find("account_refused") != std::string::npos);
    CHECK(road.target_value("SELECT string_agg(username, ',') FROM account") == "berta");
    // The stream goes on, and a refused row is tried again when it changes.
    road.source("UPDATE customer SET name = 'Bea' WHERE id = 2");
    road.source("UPDATE login SET username = 'carla' WHERE id = 1");
    road.settle();
    check_agreement(road);
    CHECK(road.target_value("SELECT string_agg(username, ',' ORDER BY username) FROM account") ==
          "berta,carla");
    road.source("UPDATE login SET username = 'anna' WHERE id = 1");
    road.settle();
    CHECK(account(road.status(), "accounts", &EntityAccount::rejected) == 2);
    road.target("TRUNCATE refusal");
    CHECK(road.command({"quarantine", "retry", "accounts"}).status == 0);
    road.settle();
    check_agreement(road);
    CHECK(account(road.status(), "accounts", &EntityAccount::rejected) == 0);
    CHECK(road.target_value("SELECT string_agg(username, ',' ORDER BY username) FROM account") ==
          "anna,berta");
    road.stop();
}
