// Rows that somebody else put on the target: under the id of a root that gives no row now, and
// behind the back of the foreign keys.
#include "tests/support/catch.hpp"
#include "tests/verify/shop_bridge.hpp"
#include "transforms/functions/uuid5.hpp"
#include "verify/report.hpp"

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string kStranger = "00000000-0000-4000-8000-000000000001";

// Products 1 (a row), 2 (filtered), 3 (parked) and the customer 1 with the order 1.
void fill_shop(ShopBridge& shop) {
    shop.source("INSERT INTO supplier (id, code, city) VALUES (1, 'AB', 'Berlin')");
    shop.source(
        "INSERT INTO product (id, supplier_id, sku) VALUES (1, 1, 'x1'), (2, 1, NULL), (3, 9, "
        "'x3')");
    shop.source("INSERT INTO customer (id, name) VALUES (1, 'Ada')");
    shop.source("INSERT INTO orders (id, customer_id, placed) VALUES (1, 1, '2024-01-01Z')");
    shop.sync();
    REQUIRE(shop.verify().is_clean());
}

std::string id_of(const ShopBridge& shop, const std::string& name) {
    return uuid_v5(shop.program().name_space, name).format();
}

std::string product(const std::string& id) {
    return "INSERT INTO product (id, supplier_id, sku, title, stock) SELECT '" + id + "', id, '" +
           id + "', '{\"local\": 1}', 0 FROM supplier LIMIT 1";
}

}  // namespace

TEST_CASE("a row under the id of a root that gives none is a finding, any other born row is not",
          "[verify][postgres]") {
    ShopBridge shop;
    fill_shop(shop);
    shop.target(product(kStranger));
    CHECK(shop.verify().is_clean());
    struct Example {
        const char *name, *key, *state;
    };
    for (const Example& example :
         {Example{"product/2", "2", "filtered"}, Example{"product/3", "3", "parked"}}) {
        INFO(example.name);
        const std::string id = id_of(shop, example.name);
        shop.target(product(id));
        const Verification found = shop.verify();
        INFO(report_text(found));
        REQUIRE(found.differences == 1);
        CHECK(found.repairs.empty());
        CHECK(found.count(DifferenceKind::id_taken) == 1);
        CHECK(difference_text(found.kept.front()) == "id_taken products " +
                                                         std::string{example.key} + " id " + id +
                                                         ": the root is " + example.state);
        CHECK_THAT(report_text(found), ContainsSubstring("give it another id"));
        shop.target("DELETE FROM product WHERE id = '" + id + "'");
        CHECK(shop.verify().is_clean());
    }
}

TEST_CASE("every row of a table is looked at, that with the smallest id too",
          "[verify][postgres]") {
    ShopBridge shop;
    fill_shop(shop);
    shop.target(product("00000000-0000-0000-0000-000000000000"));
    const Verification found = shop.verify();
    CHECK(found.is_clean());
    std::uint64_t born = 0;
    for (const EntityVerification& entity : found.entities)
        born += entity.born;
    CHECK(born == 1);
}

TEST_CASE("a row that refers to nothing is found, once", "[verify][postgres]") {
    ShopBridge shop;
    fill_shop(shop);
    const std::string replica = "SET session_replication_role = replica; ";
    const std::string nobody = "00000000-0000-4000-8000-00000000000f";
    SECTION("a row that is not the bridge's") {
        shop.target(replica + "INSERT INTO price VALUES ('" + kStranger + "', '" + nobody +
                    "', 1, 1)");
        const Verification found = shop.verify();
        INFO(report_text(found));
        REQUIRE(found.differences == 1);
        CHECK(difference_text(found.kept.front()) == "orphan prices id " + kStranger +
                                                         ": product_id refers to " + nobody +
                                                         ", which is not there");
        CHECK(found.repairs.empty());
    }
    SECTION("a row of the bridge, whose column is said to be different") {
        shop.target(replica + "UPDATE purchase SET customer_id = '" + nobody + "'");
        const Verification found = shop.verify();
        INFO(report_text(found));
        CHECK(found.differences == 1);
        CHECK(found.count(DifferenceKind::different) == 1);
        shop.repair(found.repairs);
        CHECK(shop.verify().is_clean());
    }
    SECTION("what it refers to is said to be missing") {
        shop.target(replica + "DELETE FROM customer");
        const Verification found = shop.verify();
        INFO(report_text(found));
        CHECK(found.differences == 1);
        CHECK(found.count(DifferenceKind::missing) == 1);
        shop.repair(found.repairs);
        CHECK(shop.verify().is_clean());
    }
    SECTION("a table that the role may not read says nothing, as the role of the bridge") {
        const std::string role = "verifier_" + shop.target_value("SELECT current_database()");
        shop.target("CREATE TABLE shelf (id integer PRIMARY KEY); INSERT INTO shelf VALUES (1)");
        shop.target("ALTER TABLE purchase ADD shelf integer DEFAULT 1 REFERENCES shelf");
        shop.target("CREATE ROLE " + role +
                    " LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public, "
                    "crossfade TO " +
                    role + "; GRANT USAGE ON SCHEMA crossfade TO " + role +
                    "; REVOKE SELECT ON shelf FROM " + role);
        shop.verify_as(role);
        CHECK(shop.verify().is_clean());
        shop.target(replica + "DELETE FROM shelf");
        CHECK(shop.verify().is_clean());
        shop.target("GRANT SELECT ON shelf TO " + role);
        const Verification found = shop.verify();
        INFO(report_text(found));
        CHECK(found.count(DifferenceKind::orphan) == 1);
        shop.target("ALTER TABLE shelf ENABLE ROW LEVEL SECURITY");
        CHECK(shop.verify().is_clean());
        shop.target("DROP OWNED BY " + role + "; DROP ROLE " + role);
    }
    SECTION("a key that was never said to hold") {
        shop.target("ALTER TABLE price DROP CONSTRAINT price_product_id_fkey");
        shop.target("INSERT INTO price VALUES ('" + kStranger + "', '" + nobody + "', 1, 1)");
        CHECK(shop.verify().is_clean());
        shop.target("ALTER TABLE price ADD FOREIGN KEY (product_id) REFERENCES product NOT VALID");
        CHECK(shop.verify().is_clean());
    }
}
