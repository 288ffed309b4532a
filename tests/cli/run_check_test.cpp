#include "tests/cli/program.hpp"
#include "tests/cli/service.hpp"

#include <thread>

using namespace crossfade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {
void check_refused(const Shop& shop, const std::string& finding) {
    const Answer checked = shop.check();
    CHECK(checked.status == 1);
    CHECK(checked.says(finding));
    for (const char* command : {"run", "snapshot"}) {
        const Answer started = shop.program().run({command});
        CHECK(started.status == 1);
        CHECK(started.says(finding));
        CHECK(started.says("1 error"));
    }
    CHECK(shop.cluster().value(shop.source(),
                               "SELECT count(*) FROM pg_replication_slots WHERE slot_name = '" +
                                   shop.source() + "'") == "0");
    CHECK(shop.cluster().value(shop.target(), "SELECT to_regnamespace('crossfade')").empty());
    CHECK_FALSE(std::filesystem::exists(shop.program().path("state")));
}

bool soon(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (std::chrono::steady_clock::now() < end) {
        if (holds()) return true;
        std::this_thread::sleep_for(20ms);
    }
    return false;
}
}  // namespace

TEST_CASE("run and snapshot refuse what check refuses, and make nothing", "[cli][postgres]") {
    SECTION("a parent of partitions or of heirs") {
        const Shop shop;
        shop.on_source("CREATE TABLE supplier_2024 () INHERITS (supplier)");
        check_refused(shop, "is partitioned or inherited");
    }
    SECTION("a database whose bytes arrive garbled") {
        const Shop shop(Cluster::shared(), "ENCODING 'WIN1251' TEMPLATE template0 LOCALE 'C'");
        check_refused(shop, "does not convert the database's encoding WIN1251");
    }
    SECTION("a table without an identity") {
        const Shop shop;
        shop.on_source("ALTER TABLE customer REPLICA IDENTITY NOTHING");
        check_refused(shop, "has no replica identity");
    }
    SECTION("a unique key that nothing covers") {
        const Shop shop;
        shop.on_target("CREATE UNIQUE INDEX customer_once ON customer (name)");
        check_refused(shop, "unique key customer_once (name) is covered neither");
    }
    SECTION("no slot is left") {
        Cluster cluster{{.settings = {{"max_replication_slots", "1"}}}};
        const Shop shop{cluster};
        shop.on_source("SELECT pg_create_physical_replication_slot('other')");
        check_refused(shop, "has no free replication slot");
    }
}

TEST_CASE("the whole check runs before the load and once the mapping changed, not at other starts",
          "[cli][postgres]") {
    const Shop shop;
    Service service{shop};
    const auto follow = [&] {
        REQUIRE(shop.program().run({"wait", "--timeout", "60s"}).status == 0);
        CHECK(service.stop() == 0);
        return service.log();
    };
    const std::string warned = "max_slot_wal_keep_size is not set";
    CHECK_THAT(follow(), ContainsSubstring(warned));
    service.start();
    CHECK_THAT(follow(), !ContainsSubstring(warned));
    shop.program().edit_mapping("version: 1", "# another text\nversion: 1");
    service.start();
    CHECK_THAT(follow(), ContainsSubstring(warned));

    // Now it has an error to find, which a start without it does not look for.
    shop.on_source("CREATE TABLE supplier_2024 () INHERITS (supplier)");
    shop.program().edit_mapping("# another text", "# a third text");
    const Answer refused = shop.program().run({"run"});
    CHECK(refused.status == 1);
    CHECK(refused.says("is partitioned or inherited"));
    shop.on_source("DROP TABLE supplier_2024");
    service.start();
    CHECK_THAT(follow(), ContainsSubstring(warned));
}

TEST_CASE("a server that is down at the start is waited for, and SIGTERM ends that",
          "[cli][postgres][fault]") {
    Cluster other;
    for (const bool loaded : {false, true}) {
        const Shop shop{other};
        if (loaded) REQUIRE(shop.program().run({"snapshot"}).status == 0);
        other.stop();
        Service service{shop};
        REQUIRE(soon(
            [&] { return service.log().find("waiting for the server") != std::string::npos; }));
        CHECK_THAT(service.log(), ContainsSubstring("retry_ms="));
        CHECK(service.stop() == 0);
        service.start();
        REQUIRE(soon(
            [&] { return service.log().find("waiting for the server") != std::string::npos; }));
        other.start();
        CHECK(shop.program().run({"wait", "--timeout", "60s"}).status == 0);
        CHECK(service.stop() == 0);
    }
}
