// The commands against a running service, and against the state it leaves.
#include "tests/cli/service.hpp"
#include "service/control_client.hpp"
#include "tests/cli/program.hpp"

#include <csignal>
#include <filesystem>
#include <set>
#include <string>

using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* kRows =
    "INSERT INTO country VALUES ('DE', 'Germany', '19');"
    "INSERT INTO login (id, username, email, active, created) VALUES"
    " (1, 'anna', 'anna@example.org', 1, now()), (2, 'anna', 'otto@example.org', 1, now());"
    "INSERT INTO customer (id, login_id, name, active, created) VALUES"
    " (10, 1, 'Anna', 1, now()), (11, NULL, 'Guest', 1, now());"
    "INSERT INTO supplier (id, code, city, name, active, created) VALUES"
    " (5, 'x', 'Ulm', 'X', 1, now());"
    "INSERT INTO product (id, supplier_id, sku, title, price_1) VALUES"
    " (100, 5, 'a-1', 'Apple', '1.50'), (101, 6, 'b-1', 'Pear', '2');";

}  // namespace

TEST_CASE("who pauses the service and goes away does not hold it for ever", "[cli][postgres]") {
    const Shop shop;
    Service service{shop};
    REQUIRE(shop.program().run({"wait", "--timeout", "60s"}).status == 0);
    const std::string socket = shop.program().path("state") / "crossfade.sock";
    {
        auto client = crossfade::ControlClient::connect(socket);
        client.request("pause");
        shop.on_source(kRows);
        CHECK(shop.program().run({"wait", "--timeout", "2s"}).status == 1);
    }
    CHECK(shop.program().run({"wait", "--timeout", "60s"}).status == 0);
    CHECK_THAT(service.log(), ContainsSubstring("who held the bridge went away"));
}

TEST_CASE("a running service answers status, wait, map and quarantine", "[cli][postgres]") {
    const Shop shop;
    const Program& program = shop.program();
    shop.on_source(kRows);
    Service service{shop};
    const auto wait = [&] {
        const Answer answer = program.run({"wait", "--timeout", "60s"});
        INFO(service.log());
        REQUIRE(answer.status == 0);
    };
    wait();

    const Answer status = program.run({"status", "--json"});
    CHECK(status.status == 0);
    CHECK(status.says("\"phase\": \"streaming\""));
    CHECK(
        status.says("\"products\": {\"merged\": 0, \"parked\": 1, \"source\": 2, \"applied\": 1, "
                    "\"pending\": 0"));
    CHECK(status.says("\"accounts\": {\"merged\": 1, \"parked\": 0, \"source\": 4"));

    const Answer list = program.run({"quarantine", "list"});
    CHECK(list.says("products 101  parked"));
    CHECK(program.run({"quarantine", "show", "products", "101"}).says("waits for"));
    Answer mapped = program.run({"map", "get", "accounts", "login/1"});
    CHECK(mapped.status == 0);
    const std::string id =
        shop.cluster().value(shop.target(), "SELECT id FROM account WHERE username = 'anna'");
    CHECK(mapped.says(id));
    CHECK(program.run({"map", "find", id}).says("accounts login/1"));
    CHECK(program.run({"map", "get", "accounts", "login/3"}).status == 1);

    // What waits is found when its parent comes; a live change arrives.
    shop.on_source(
        "INSERT INTO supplier (id, code, city, active, created) VALUES"
        " (6, 'y', 'Ulm', 1, now()); UPDATE customer SET name = 'Anne' WHERE id = 10");
    wait();
    CHECK(program.run({"quarantine", "list"}).says("nothing is in quarantine"));
    CHECK(shop.cluster().value(shop.target(),
                               "SELECT count(*) FROM customer WHERE name = 'Anne'") == "1");

    // A refusal of the target is shown, and tried again on demand.
    shop.on_target("INSERT INTO refusal VALUES ('customer', 'name', 'Refused')");
    shop.on_source(
        "INSERT INTO customer (id, name, active, created) VALUES"
        " (12, 'Refused', 1, now())");
    wait();
    CHECK(program.run({"quarantine", "list", "customers"}).says("customers 12  rejected"));
    CHECK(program.run({"quarantine", "list", "customers"}).says("customer_refused"));
    shop.on_target("DELETE FROM refusal");
    CHECK(program.run({"quarantine", "retry", "customers", "12"}).status == 0);
    wait();
    CHECK(program.run({"quarantine", "list"}).says("nothing is in quarantine"));
    CHECK(program.run({"status"}).says("phase     streaming"));

    CHECK(program.run({"drop", "--yes"}).says("the service runs"));
    const Answer second = program.run({"run"});
    CHECK(second.status == 2);
    CHECK(second.says("in use by another crossfade process"));
    CHECK(service.stop() == 0);
}

TEST_CASE("the state of a service that is gone answers by itself", "[cli][postgres]") {
    const Shop shop;
    const Program& program = shop.program();
    shop.on_source(kRows);
    Service service{shop};
    REQUIRE(program.run({"wait", "--timeout", "60s"}).status == 0);
    service.stop(SIGKILL);

    CHECK(program.run({"status", "--json"}).says("\"phase\": \"halted\""));
    CHECK(program.run({"map", "get", "accounts", "login/1"}).status == 0);
    CHECK(program.run({"quarantine", "list"}).says("products 101  parked"));
    CHECK(program.run({"quarantine", "retry", "--all"}).status == 0);
    CHECK(program.run({"status", "--json"}).says("\"work\": 2"));  // the product and its price
    CHECK(program.run({"wait"}).says("nobody serves"));

    // wait rides out the start of a service.
    service.start();
    CHECK(program.run({"wait", "--timeout", "60s"}).status == 0);
    CHECK(program.run({"status", "--json"}).says("\"work\": 0"));
    CHECK(service.stop() == 0);

    const Answer dropped = program.run({"drop", "--yes", "--state"});
    CHECK(dropped.status == 0);
    // What the next load needs stays: which rows stand, and the key of secrets.
    const std::filesystem::path state = program.path("state");
    CHECK(dropped.says("kept the map of"));
    std::set<std::string> left;
    for (const auto& entry : std::filesystem::directory_iterator{state})
        left.insert(entry.path().filename().string());
    CHECK(left == std::set<std::string>{"previous.map", "secret.key"});
    const auto mode = std::filesystem::status(state / "previous.map").permissions();
    CHECK((mode & std::filesystem::perms{0077}) == std::filesystem::perms::none);
    CHECK(program.run({"drop", "--yes", "--forget"}).status == 2);  // of a state
    CHECK(program.run({"drop", "--yes", "--state", "--forget"}).status == 0);
    CHECK_FALSE(std::filesystem::exists(state));
    CHECK(shop.cluster().value(shop.target(), "SELECT to_regnamespace('crossfade')").empty());
    CHECK(shop.cluster().value(shop.target(), "SELECT count(*) FROM account") == "3");
}
