// on_delete: {keep_if: changed}: a row that people of the target worked on stays.
#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

TEST_CASE("a row whose root is gone leaves, unless somebody changed it on the target",
          "[road][postgres]") {
    EndToEnd road;
    road.source(
        "TRUNCATE order_line, orders, delivery; DELETE FROM product; DELETE FROM supplier;"
        "INSERT INTO supplier (id, code, city, active) VALUES (1, 'a', 'Ulm', 1);"
        "INSERT INTO product (id, supplier_id, sku) VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 1, 'z');"
        "INSERT INTO orders (id, placed) VALUES (1, now());"
        "INSERT INTO order_line (order_id, line_no, product_id, quantity, price) VALUES"
        " (1, 1, 1, 2, 3), (1, 2, 2, 2, 3), (1, 3, 3, 2, 3)");
    road.start();
    road.settle();
    REQUIRE(road.target_value("SELECT count(*) FROM sale") == "3");
    // One value of the bridge's is changed, one row is written to without a change.
    road.target(
        "UPDATE sale SET delivered = 5 WHERE product_id = (SELECT id FROM product "
        "WHERE sku = 'X'); UPDATE sale SET delivered = 0 WHERE product_id = "
        "(SELECT id FROM product WHERE sku = 'Y')");
    road.source("DELETE FROM order_line");
    road.settle();
    CHECK(road.target_value("SELECT string_agg(sku, ' ') FROM sale JOIN product p "
                            "ON p.id = product_id") == "X");
    CHECK(road.differences() == 0);
    road.source(
        "INSERT INTO order_line (order_id, line_no, product_id, quantity, price) VALUES"
        " (1, 1, 1, 2, 3), (1, 2, 2, 2, 3)");
    road.settle();
    CHECK(road.target_value("SELECT count(*) FROM sale") == "2");
    CHECK(road.target_value("SELECT sum(delivered) FROM sale") == "0");
    CHECK(road.differences() == 0);
}
