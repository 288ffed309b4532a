// Different roads to the same source end in the same bytes.
#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <span>

using namespace crossfade;
using namespace crossfade::test;

namespace {

// Several rows a transaction, in the order given.
void execute_in_parts(const EndToEnd& road, std::span<const std::string> statements,
                      std::size_t size) {
    for (std::size_t first = 0; first < statements.size(); first += size) {
        std::string transaction = "BEGIN;";
        for (const std::string& statement :
             statements.subspan(first, std::min(size, statements.size() - first))) {
            transaction += statement + ";";
        }
        road.source(transaction + "COMMIT");
    }
}

// Other values for a while, and rows that go and come back. Nothing here leaves history behind: no
// row that stays when it goes (on_delete: keep), no value that only grows, no new reference.
void stir(const EndToEnd& road) {
    road.source("UPDATE login SET username = 'tmp' || id, password = 'c2VjcmV0'");
    road.source("UPDATE product SET title = 'tmp', description = repeat('tmp', 1000)");
    road.source("UPDATE customer SET name = 'tmp', phone = '0'; UPDATE supplier SET name = 'tmp'");
    road.source("UPDATE login SET email = 'tmp' || id || '@shop.test' WHERE id % 2 = 0");
    road.source("DELETE FROM orders WHERE id % 3 = 0; DELETE FROM order_line WHERE line_no = 2");
    road.source("DELETE FROM supplier WHERE id % 4 = 0; DELETE FROM delivery WHERE id % 2 = 0");
    road.source(
        "TRUNCATE stock; DELETE FROM product WHERE id % 5 = 0; UPDATE country SET name = 'x'");
}

// `content` again, whatever stands there now.
void restore(const EndToEnd& road, std::vector<std::string> content) {
    std::string clear =
        "BEGIN; DELETE FROM login; DELETE FROM customer; DELETE FROM country;"
        "DELETE FROM archive.country_old; DELETE FROM warehouse; DELETE FROM supplier;"
        "TRUNCATE product, orders, order_line, delivery, stock;";
    for (const std::string& statement : content)
        clear += statement + ";";
    road.source(clear + "COMMIT");
}

}  // namespace

TEST_CASE("a target loaded, one streamed and one of both are equal byte for byte",
          "[road][postgres]") {
    TemporaryDirectory keys;
    const auto key = keys / "secret.key";
    EndToEnd loaded{{}, key};
    loaded.change(21, 200, 6);
    const std::vector<std::string> content = loaded.content(1);
    REQUIRE(content.size() > 100);
    loaded.start();
    loaded.settle();
    check_agreement(loaded);
    loaded.stop();
    const std::string expected = loaded.dump();
    REQUIRE(expected.find("$2b$04$") != std::string::npos);

    EndToEnd streamed{{{"work.chunk_roots", "7"}, {"work.inline_roots_max", "3"}}, key};
    streamed.start();
    execute_in_parts(streamed, content, 5);
    streamed.settle();
    CHECK(differing_lines(streamed.dump(), expected) == "");
    stir(streamed);
    streamed.settle();
    CHECK(streamed.dump() != expected);
    restore(streamed, loaded.content(3));
    streamed.settle();
    check_agreement(streamed);
    CHECK(differing_lines(streamed.dump(), expected) == "");
    streamed.stop();

    EndToEnd mixed{{{"batch.copy_rows_min", "1"}}, key};
    const std::vector<std::string> shuffled = loaded.content(4);
    execute_in_parts(mixed, std::span{shuffled}.first(shuffled.size() / 2), 20);
    stir(mixed);
    mixed.start();
    mixed.settle();
    restore(mixed, loaded.content(5));
    mixed.settle();
    check_agreement(mixed);
    CHECK(differing_lines(mixed.dump(), expected) == "");
    mixed.stop();
}

TEST_CASE("swaps, fallbacks, deferred keys and refusals end in the same bytes however they are cut",
          "[road][postgres]") {
    const std::vector<EndToEnd::Settings> splits{
        {{"batch.transactions_max", "1"}},
        {{"batch.transactions_max", "100"}},
        {{"batch.transactions_max", "3"}, {"batch.rows_max", "2"}},
        {{"batch.transactions_max", "100"}, {"batch.copy_rows_min", "1"}},
        {{"batch.transactions_max", "2"},
         {"work.chunk_roots", "1"},
         {"work.inline_roots_max", "0"}}};
    TemporaryDirectory keys;
    std::string expected;
    for (const EndToEnd::Settings& settings : splits) {
        std::string name;
        for (const auto& [path, value] : settings)
            name += path + "=" + value + " ";
        INFO("split " << name);
        EndToEnd road{settings, keys / "secret.key"};
        road.source(
            "INSERT INTO login (id, username, email, password, active) VALUES"
            " (1, 'anna', 'a@shop.test', 'c2VjcmV0', 1), (2, 'berta', 'b@shop.test', NULL, 1),"
            " (3, 'carl', 'c@shop.test', 'c2VjcmV0Mg==', 1), (4, 'dora', NULL, NULL, 0)");
        road.target(
            "INSERT INTO refusal VALUES ('account', 'username', 'evil'),"
            " ('location', 'name', 'evil'), ('supplier', 'name', 'evil')");
        road.start();
        road.settle();
        road.stop();

        // Unique values go round three rows, by one statement and by one transaction; twice, so
        // that splits can cut between.
        road.source("SELECT shop.rotate_usernames()");
        road.source(
            "UPDATE login SET email = CASE id WHEN 1 THEN 'b@shop.test' WHEN 2 THEN "
            "'c@shop.test' ELSE 'a@shop.test' END WHERE id <= 3");
        road.source("SELECT shop.rotate_usernames()");
        // A value in the shape of another row's fallback, and several that want one value.
        road.source(
            "INSERT INTO login (id, username, email) VALUES (5, 'login_6', 'A@shop.test'),"
            " (6, 'anna', 'a@shop.test'), (7, 'berta', NULL), (0, 'carl', 'x@shop.test')");
        // Children before their parents, in one transaction and across several.
        road.source(
            "BEGIN; INSERT INTO warehouse VALUES (3, 2, 'below', 'de', 1, 1), (2, 1, 'mid',"
            " 'de', 1, 1); INSERT INTO warehouse VALUES (1, NULL, 'top', 'de', 2, 1);"
            " COMMIT");
        road.source(
            "INSERT INTO order_line VALUES (1, 1, 1, 2, 9.99, false), (1, 2, 1, 3, 1, true)");
        road.source("INSERT INTO orders VALUES (1, 1, 3, 1, '2024-01-01', NULL)");
        road.source(
            "INSERT INTO product (id, supplier_id, sku, title) VALUES (1, 1, 'x1', 'Lampe')");
        road.source(
            "INSERT INTO customer (id, login_id, warehouse_id, name) VALUES (1, 1, 3, 'Ada'),"
            " (2, 5, 1, 'Ben')");
        road.source("INSERT INTO country VALUES ('de', 'Germany', '19')");
        road.source(
            "INSERT INTO supplier (id, code, name, city) VALUES (1, 'AB', 'evil', 'Berlin'),"
            " (2, 'ab', 'good', 'Berlin')");
        // Rows that are refused come, are put right, and others are refused.
        road.source("UPDATE login SET username = 'evil' WHERE id = 4");
        road.source("UPDATE supplier SET name = 'fixed' WHERE id = 1");
        road.source(
            "INSERT INTO supplier (id, code, name, city) VALUES (3, 'CD', 'evil', 'Paris')");
        road.source(
            "INSERT INTO product (id, supplier_id, sku, title) VALUES (2, 3, 'x2', 'Tisch')");
        road.source(
            "INSERT INTO warehouse VALUES (5, 4, 'child of a refused one', 'de', 1, 1),"
            " (4, 1, 'evil', 'de', 3, 1)");
        // A row leaves, after its children, while another takes its value; then it comes back.
        road.source("DELETE FROM supplier WHERE id = 1");
        road.source(
            "INSERT INTO supplier (id, code, name, city) VALUES (1, 'AB', 'again', "
            "'Berlin')");
        // The tree is turned round, over a circle.
        road.source(
            "UPDATE warehouse SET parent_id = CASE id WHEN 1 THEN 3 WHEN 3 THEN NULL ELSE "
            "parent_id END WHERE id IN (1, 3)");
        road.start();
        road.settle();
        check_agreement(road);
        road.stop();
        const std::string dump = road.dump();
        if (expected.empty()) {
            expected = dump;
            CHECK(road.target_value("SELECT string_agg(username, ',' ORDER BY username) FROM "
                                    "account WHERE username !~ '_'") == "anna,berta,carl,dora");
            CHECK(road.target_value("SELECT count(*) FROM location") == "4");
            CHECK(road.target_value("SELECT count(*) FROM supplier") == "2");
            CHECK(road.target_value("SELECT count(*) FROM product") == "1");
        }
        CHECK(differing_lines(dump, expected) == "");
    }
}
