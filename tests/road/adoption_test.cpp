// A target that an earlier migration filled: its rows keep their ids, whatever they carried.
#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

namespace {

std::string id_of(int number) {
    const std::string tail = std::to_string(number);
    return "00000000-0000-4000-8000-" + std::string(12 - tail.size(), '0') + tail;
}

// An account as somebody's script left it.
void old_account(const EndToEnd& road, int number, const std::string& username,
                 const std::string& password_hash, const std::string& profile) {
    road.target(
        "INSERT INTO account (id, username, email, password_hash, is_active, is_blocked,"
        " customers, theme, created_at, updated_at, profile) VALUES ('" +
        id_of(number) + "', '" + username + "', NULL, '" + password_hash +
        "', true, false, 0, 'dark', now(), now(), '" + profile + "')");
}

std::string account(const EndToEnd& road, int number) {
    return road.target_value(
        "SELECT concat_ws('|', username, CASE WHEN password_hash LIKE '$2b$04$%' THEN 'hashed' "
        "ELSE password_hash END, theme, profile->>'old_login', profile->>'own') "
        "FROM account WHERE id = '" +
        id_of(number) + "'");
}

}  // namespace

TEST_CASE("adopted rows change hands of unique values, in small batches and in large ones",
          "[road][postgres]") {
    const std::string chunk = GENERATE("1", "2", "1000");
    CAPTURE(chunk);
    EndToEnd road{{{"work.chunk_roots", chunk}}};
    road.source(
        "TRUNCATE login, customer; INSERT INTO login (id, username, password) VALUES "
        "(1, 'anna', 'cGFzc3dvcmQ='), (2, 'berta', 'cGFzc3dvcmQ='),"
        "(3, 'carla', 'cGFzc3dvcmQ='), (4, 'dora', 'cGFzc3dvcmQ='), (5, 'anna', NULL)");
    // A circle of three, a name that a row without a root has, and one of a row born over there.
    old_account(road, 1, "berta", "password", R"({"old_login": 1, "own": "kept"})");
    old_account(road, 2, "carla", "$2a$12$chosen.over.there", R"({"old_login": 2})");
    old_account(road, 3, "anna", "!", R"({"old_login": 3})");
    old_account(road, 9, "dora", "!", R"({})");
    road.start();
    road.settle();
    check_agreement(road);
    CHECK(account(road, 1) == "anna|hashed|dark|1|kept");
    CHECK(account(road, 2) == "berta|$2a$12$chosen.over.there|dark|2");
    CHECK(account(road, 3) == "carla|hashed|dark|3");
    CHECK(account(road, 9) == "dora|!|dark");
    CHECK(road.target_value("SELECT count(*) FROM account") == "6");
    CHECK(road.target_value("SELECT username FROM account WHERE profile->>'old_login' = '4'") ==
          "login_4");
    CHECK(road.target_value("SELECT username FROM account WHERE profile->>'old_login' = '5'") ==
          "login_5");

    SECTION("what somebody chose over there stays when the source changes") {
        road.source("UPDATE login SET password = 'b3RoZXIh', username = 'bea' WHERE id IN (1, 2)");
        road.settle();
        check_agreement(road);
        CHECK(account(road, 2) == "login_2|$2a$12$chosen.over.there|dark|2");
        CHECK(account(road, 1) == "bea|hashed|dark|1|kept");
    }
}

TEST_CASE("a row to adopt that disappears meanwhile is inserted with its id", "[road][postgres]") {
    EndToEnd road;
    road.source("TRUNCATE login, customer; INSERT INTO login (id, username) VALUES (1, 'anna')");
    old_account(road, 1, "old", "!", R"({"old_login": 1})");
    road.start_armed("images_loaded");
    CHECK(road.wait_for_end() == kKilled);
    road.target("TRUNCATE account CASCADE");
    road.start();
    road.settle();
    check_agreement(road);
    CHECK(road.target_value("SELECT count(*) FROM account WHERE username = 'anna'") == "1");
}

TEST_CASE("a load into a target that an earlier state wrote finds its rows, and its secrets",
          "[road][postgres]") {
    TemporaryDirectory keys;
    EndToEnd road{{}, keys / "secret.key"};
    road.source(
        "TRUNCATE login, customer; INSERT INTO login (id, username, password) VALUES "
        "(1, 'anna', 'cGFzc3dvcmQ='), (2, 'berta', 'cGFzc3dvcmQ=')");
    old_account(road, 1, "berta", "password", R"({"old_login": 1})");
    road.start();
    road.settle();
    road.target(
        "UPDATE account SET password_hash = '$2a$12$chosen.over.there' "
        "WHERE username = 'berta'");
    const std::string before = road.dump();
    road.stop();
    CHECK(road.command({"drop", "--state", "--yes"}).status == 0);
    road.start();
    road.settle();
    check_agreement(road);
    CHECK(differing_lines(road.dump(), before) == "");
    CHECK(account(road, 1) == "anna|hashed|dark|1");
    // The hash that the bridge wrote then is still the bridge's; the other is not.
    road.source("UPDATE login SET password = 'b3RoZXIh'");
    road.settle();
    CHECK(road.target_value("SELECT count(*) FROM account WHERE password_hash LIKE '$2b$04$%'") ==
          "1");
    CHECK(differing_lines(road.dump(), before) != "");
    CHECK(account(road, 1) == "anna|hashed|dark|1");
    CHECK(road.target_value("SELECT password_hash FROM account WHERE username = 'berta'") ==
          "$2a$12$chosen.over.there");
}
