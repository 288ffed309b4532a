// Accounts that go while their passwords wait to be hashed.
#include "service/status.hpp"
#include "tests/road/small_road.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("accounts deleted before their new passwords are hashed are kept and not rejected",
          "[road][postgres]") {
    // Hashes that take long enough for a queue of them to stand.
    SmallRoad road{
        "CREATE TABLE login (id bigint PRIMARY KEY, password text);"
        "INSERT INTO login SELECT n, encode(('old' || n)::bytea, 'base64') FROM "
        "generate_series(1, 16) AS n",
        "CREATE TABLE account (id uuid PRIMARY KEY, n bigint, state text NOT NULL, "
        "password_hash text NOT NULL)",
        "relations: {login: {secret: password}}\n"
        "entities:\n"
        "  accounts:\n"
        "    target: account\n"
        "    root: {row: login, as: l}\n"
        "    id: \"'account/' || l.id\"\n"
        "    columns:\n"
        "      n: l.id\n"
        "      state: \"'live'\"\n"
        "      password_hash: {deferred: \"bcrypt(base64_password(l.password), 12)\", "
        "until: \"'!'\"}\n"
        "    on_delete: {keep: {state: \"'kept'\"}}\n",
        {{"secrets.bcrypt_cost", "10"}}};
    const auto rows = [&] {
        return road.target_value(
            "SELECT string_agg(DISTINCT state || ' ' || (password_hash ~ '^[$]2b[$]10'), ',') "
            "FROM account");
    };
    const auto check = [&] {
        for (const EntityAccount& entity : parse_status(road.status_json()).entities) {
            CHECK(entity.rejected == 0);
            CHECK(entity.pending() == 0);
        }
        CHECK_THAT(road.command({"quarantine", "list"}).output,
                   ContainsSubstring("nothing is in quarantine"));
        CHECK(road.differences() == 0);
    };
    road.start();
    road.settle();
    CHECK(rows() == "live true");
    const std::string hashes = "SELECT string_agg(password_hash, ',' ORDER BY n) FROM account";
    const std::string before = road.target_value(hashes);

    road.source("UPDATE login SET password = encode(('new' || id)::bytea, 'base64')");
    CHECK(road.command({"wait"}).status == 0);
    road.source("DELETE FROM login WHERE id <= 12");
    road.source(
        "UPDATE login SET password = encode(('other' || id)::bytea, 'base64');"
        "DELETE FROM login WHERE id = 13");
    road.settle();
    CHECK(road.target_value("SELECT count(*) FROM account WHERE state = 'kept' AND "
                            "password_hash ~ '^[$]2b[$]10'") == "13");
    check();

    road.source(
        "INSERT INTO login SELECT n, encode(('new' || n)::bytea, 'base64') FROM "
        "generate_series(1, 13) AS n");
    road.settle();
    CHECK(rows() == "live true");
    CHECK(road.target_value("SELECT count(*) FROM account WHERE password_hash = ANY "
                            "(string_to_array('" +
                            before + "', ','))") == "0");
    check();
    road.stop();
}
