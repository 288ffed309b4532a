// check --sample N: what a load makes of the first rows, and what the target would refuse of them.
#include "tests/cli/program.hpp"
#include "transforms/functions/uuid5.hpp"

#include <csignal>

using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string rows_of(const Shop& shop, const std::string& table) {
    return shop.cluster().value(shop.target(), "SELECT count(*) FROM " + table);
}

}  // namespace

TEST_CASE("check --sample shows what would be refused, with reasons and never a value",
          "[cli][postgres]") {
    const Shop shop;
    shop.on_source(
        "INSERT INTO supplier (id, name, city, rating, active) SELECT i, 'n', 'c', '4.5', 1"
        "  FROM generate_series(1, 20) AS i;"
        "UPDATE supplier SET rating = '77.5' WHERE id IN (3, 4);"
        "INSERT INTO product (id, supplier_id, sku, title, price_1)"
        "  SELECT i, i, 'sku' || i, 't', '1.5' FROM generate_series(1, 10) AS i;"
        "UPDATE product SET supplier_id = 99 WHERE id = 2;"
        "UPDATE product SET sku = NULL, title = NULL WHERE id = 5;"
        "UPDATE product SET price_1 = '-4' WHERE id = 7;"
        "INSERT INTO orders (id, customer_id, placed) VALUES (1, 1, now());"
        "INSERT INTO customer (id, login_id, name) VALUES (1, NULL, 'secret name');"
        "INSERT INTO login (id, username, password, created) VALUES (1, 'anna', 'Z2l6bGk=', now());"
        "INSERT INTO order_line (order_id, line_no, product_id, quantity, price)"
        "  VALUES (1, 1, 1, -1, 2), (1, 2, 1, 1, 4321.5), (1, 3, 2, 1, 1)");
    const Answer answer = shop.program().run({"check", "--sample", "10"});
    CHECK(answer.status == 0);
    const auto line = [&](const std::string& entity) {
        const std::size_t at = answer.output.find("    " + entity + " ");
        std::istringstream words{answer.output.substr(at, answer.output.find('\n', at) - at)};
        std::string word, text;
        while (words >> word)
            text += (text.empty() ? "" : " ") + word;
        return text;
    };
    //                             roots applied filtered parked refused
    CHECK(line("suppliers") == "suppliers 10 8 0 0 2");
    CHECK(line("products") == "products 10 8 1 1 0");
    CHECK(line("prices") == "prices 10 7 0 2 1");
    CHECK(line("accounts") == "accounts 2 2 0 0 0");
    CHECK(line("customers") == "customers 1 1 0 0 0");
    CHECK(line("purchases") == "purchases 1 1 0 0 0");
    CHECK(line("purchase_lines") == "purchase_lines 3 0 0 1 2");
    CHECK(answer.says("suppliers refused: 23514 supplier_rating_check, 2, such as 3\n"));
    CHECK(answer.says("products parked: missing_parent supplier_id, 1, such as 2\n"));
    CHECK(answer.says("prices refused: 23514 price_amount_check, 1, such as 7/1\n"));
    CHECK(answer.says("purchase_lines refused: bad_value: negative quantity, 1, such as 1/1\n"));
    CHECK(answer.says("purchase_lines refused: 23514 purchase_line_price_check, 1, such as 1/2\n"));
    CHECK_FALSE(answer.says("secret name"));
    CHECK_FALSE(answer.says("77.5"));
    CHECK_FALSE(answer.says("4321.5"));
    // Nothing is written.
    CHECK(rows_of(shop, "supplier") == "0");
    CHECK(shop.cluster().value(shop.target(), "SELECT to_regnamespace('crossfade')").empty());
    const Answer json = shop.program().run({"check", "--json", "--sample", "3"});
    CHECK(json.says("\"suppliers\": {\"roots\": 3, \"parked\": 0, \"applied\": 2"));
    CHECK(
        json.says("{\"count\": 1, \"reason\": \"23514 supplier_rating_check\", \"example\": "
                  "\"3\"}"));
    CHECK(shop.check().says("suppliers") == false);
}

TEST_CASE("check --sample tries types, lengths and NULL on the target", "[cli][postgres]") {
    const Shop shop;
    shop.program().write("shop.yaml", R"yaml(
version: 1
namespace: 7c9e6679-7425-40de-944b-e07fc1f90ae7
entities:
  e:
    target: public.t
    root: {row: s}
    id: "'s/' || s.id"
    columns: {day: s.day, code: s.code, few: s.few, must: s.must}
)yaml");
    shop.on_source(
        "CREATE TABLE s (id bigint PRIMARY KEY, day text, code text, few numeric, must text);"
        "INSERT INTO s VALUES (1, '2020-01-31', 'abc  ', 9.99, 'x'), (2, 'tomorrow week', 'a', 1, "
        "'x'), (3, NULL, 'abcd', 1, 'x'), (4, NULL, NULL, 1000, 'x'), (5, NULL, NULL, 1, NULL),"
        "(6, NULL, 'déf', NULL, 'x'), (7, 'never mind', 'a', 1, 'x')");
    shop.on_target(
        "CREATE TABLE t (id uuid PRIMARY KEY, day date, code varchar(3), few numeric(4,2),"
        " must text NOT NULL, other integer CHECK (other > 0))");
    const Answer answer = shop.program().run({"check", "--sample", "100"});
    CHECK(answer.says("e refused: 22007 column day: no value of date, 2, such as 2\n"));
    CHECK(answer.says(
        "e refused: 22001 column code: too long for character varying(3), 1, such as 3\n"));
    CHECK(answer.says("e refused: 22003 column few: no value of numeric(4,2), 1, such as 4\n"));
    CHECK(answer.says("e refused: 23502 column must is NOT NULL, 1, such as 5\n"));
    CHECK_FALSE(answer.says("tomorrow"));
}

TEST_CASE("check names an entity that came into the mapping after the load", "[cli][postgres]") {
    const Shop shop;
    shop.on_source("INSERT INTO supplier (id, name, city, active) VALUES (1, 'n', 'c', 1)");
    const std::string mapping = read_text(shop.program().path("shop.yaml"));
    const std::size_t last = mapping.find("  # The lines and deliveries of one product");
    REQUIRE(last != std::string::npos);
    shop.program().write("shop.yaml", mapping.substr(0, last));
    const pid_t service = spawn({.argv = {CROSSFADE_BINARY_DIR "/crossfade", "-c",
                                          shop.program().path("crossfade.yaml").string(), "run"},
                                 .output = shop.program().path("log")});
    const Answer loaded = shop.program().run({"wait", "--timeout", "60s"});
    // A service that runs holds its state; it looked itself.
    const Answer meanwhile = shop.check();
    ::kill(service, SIGTERM);
    wait_for(service);
    REQUIRE(loaded.status == 0);
    CHECK(meanwhile.status == 0);
    CHECK(shop.check().status == 0);
    shop.program().write("shop.yaml", mapping);
    const Answer answer = shop.check();
    CHECK(answer.status == 1);
    CHECK_THAT(answer.fix("entities.sales: came into the mapping after the load"),
               ContainsSubstring("crossfade drop --state"));
    CHECK(answer.says("1 error"));
}

TEST_CASE("the preview counts rows that carry the id of their root already", "[cli][postgres]") {
    const Shop shop;
    shop.on_source("INSERT INTO supplier (id, name, city, active) VALUES (1, 'n', 'c', 1)");
    const std::string id =
        crossfade::uuid_v5(*crossfade::Uuid::parse("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
                           "supplier/1")
            .format();
    shop.on_target(
        "INSERT INTO supplier (id, city, code, remark) VALUES"
        " ('" +
        id + "', 'c', 'S-1', 'OLD-1')");
    const Answer answer = shop.check();
    CHECK(answer.status == 0);
    CHECK(answer.says("rows       own   adopted"));
    CHECK(answer.says("suppliers         1         1         0"));
}
