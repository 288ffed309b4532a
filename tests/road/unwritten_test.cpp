// The target takes rows without an error and does not write them.
#include "tests/road/road_fixture.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

using namespace crossfade;
using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::int64_t rejected(const EndToEnd& road, const std::string& name) {
    for (const EntityAccount& entity : road.status().entities) {
        if (entity.name == name) return entity.rejected;
    }
    FAIL("no entity " << name);
    return -1;
}

std::int64_t listed(const EndToEnd& road, const std::string& entity, const std::string& what) {
    const std::string list = road.command({"quarantine", "list", entity}).output;
    std::int64_t count = 0;
    for (std::size_t at = 0; (at = list.find(what, at)) != std::string::npos; ++at)
        ++count;
    return count;
}

// Rows whose roots are gone and that the target kept: what verify finds is these alone.
std::uint64_t kept_back(const EndToEnd& road) {
    const std::string report = road.command({"verify"}).output;
    std::uint64_t extra = 0;
    for (std::size_t at = 0; (at = report.find("\nextra ", at)) != std::string::npos; ++at)
        ++extra;
    CHECK(road.differences() == extra);
    return extra;
}

// One order with a hundred lines of the quantities 0 to 19.
const std::string kOrder =
    "INSERT INTO supplier (id, code, city, active) VALUES (1, 'a', 'Ulm', 1);"
    "INSERT INTO product (id, supplier_id, sku) VALUES (1, 1, 'x');"
    "INSERT INTO customer (id, name) VALUES (1, 'Ada');"
    "INSERT INTO orders (id, customer_id, placed, status) VALUES (1, 1, now(), 0);"
    "INSERT INTO order_line (order_id, line_no, product_id, quantity, price)"
    " SELECT 1, n, 1, n % 20, 3 FROM generate_series(1, 100) AS n;";

// Lines of the quantity 13 are not written, those of 7 not deleted.
const std::string kSwallowLines =
    "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF TG_OP = 'DELETE' THEN IF OLD.quantity = 7 THEN RETURN NULL; END IF; RETURN OLD; END IF;"
    " IF NEW.quantity = 13 THEN RETURN NULL; END IF; RETURN NEW; END $$;"
    "CREATE TRIGGER swallow BEFORE INSERT OR UPDATE OR DELETE ON purchase_line FOR EACH ROW"
    " EXECUTE FUNCTION swallow();";

}  // namespace

TEST_CASE("rows that a trigger drops are rejected by the load and by the stream, and no others",
          "[road][postgres]") {
    EndToEnd road;
    road.source(kOrder);
    road.target(kSwallowLines);
    road.start();
    road.settle();
    const std::string reason =
        "not_written: the target did not write the row (trigger swallow on "
        "public.purchase_line)";
    CHECK(road.target_value("SELECT count(*) FROM purchase_line") == "95");
    CHECK(rejected(road, "purchase_lines") == 5);
    CHECK(listed(road, "purchase_lines", reason) == 5);
    check_agreement(road);

    road.source(
        "INSERT INTO order_line (order_id, line_no, product_id, quantity, price) VALUES"
        " (1, 101, 1, 13, 3), (1, 102, 1, 14, 3);"
        "UPDATE order_line SET quantity = 13 WHERE line_no = 1;"
        "UPDATE order_line SET quantity = 4 WHERE line_no = 2;"
        "DELETE FROM order_line WHERE line_no IN (7, 8)");
    road.settle();
    CHECK(road.target_value("SELECT string_agg(line_no || ':' || quantity, ' ' ORDER BY line_no)"
                            " FROM purchase_line WHERE line_no NOT BETWEEN 9 AND 100") ==
          "1:1 2:4 3:3 4:4 5:5 6:6 7:7 102:14");
    // A row whose source is gone counts nowhere and is not listed: verify finds it.
    CHECK(rejected(road, "purchase_lines") == 7);
    CHECK(listed(road, "purchase_lines", reason) == 7);
    CHECK(listed(road, "purchase_lines", "not_removed") == 0);
    CHECK(kept_back(road) == 1);

    // Tried again in vain they stay as they are.
    CHECK(road.command({"quarantine", "retry", "--all"}).status == 0);
    road.settle();
    CHECK(rejected(road, "purchase_lines") == 7);
    CHECK(kept_back(road) == 1);
    // One that goes to what is taken comes by itself, the others when they are let in.
    road.source("UPDATE order_line SET quantity = 12 WHERE line_no = 13");
    road.settle();
    CHECK(rejected(road, "purchase_lines") == 6);
    road.target("DROP TRIGGER swallow ON purchase_line");
    CHECK(road.command({"quarantine", "retry", "--all"}).status == 0);
    road.settle();
    CHECK(rejected(road, "purchase_lines") == 0);
    CHECK_THAT(road.command({"verify", "--repair"}).output, ContainsSubstring("repaired 1 roots"));
    CHECK(road.target_value("SELECT count(*) FROM purchase_line") == "100");
    check_agreement(road);
    road.stop();
}

TEST_CASE("a row that the target neither changes nor lets go stays as it is", "[road][postgres]") {
    EndToEnd road;
    road.source(kOrder);
    road.start();
    road.settle();
    // By on_park an order that is refused leaves.
    road.alter_target(
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER swallow BEFORE UPDATE OR DELETE ON purchase FOR EACH ROW EXECUTE FUNCTION "
        "swallow()");
    road.source("UPDATE orders SET status = 1");
    road.settle();
    CHECK(road.target_value("SELECT status FROM purchase") == "open");
    CHECK(rejected(road, "purchases") == 1);
    CHECK(listed(road, "purchases", "trigger swallow on public.purchase") == 1);
    CHECK(road.differences() == 0);
    road.target("DROP TRIGGER swallow ON purchase");
    road.source("UPDATE orders SET status = 2");
    road.settle();
    CHECK(road.target_value("SELECT status FROM purchase") == "sent");
    check_agreement(road);
    road.stop();
}

TEST_CASE("a row that somebody deletes on the target is written anew, trigger or not",
          "[road][postgres]") {
    EndToEnd road;
    road.source(kOrder);
    road.target(kSwallowLines);
    road.start();
    road.settle();
    road.target("DELETE FROM purchase_line WHERE line_no = 3");
    road.source("UPDATE order_line SET quantity = 5 WHERE line_no = 3");
    road.settle();
    CHECK(road.target_value("SELECT quantity FROM purchase_line WHERE line_no = 3") == "5");
    CHECK(rejected(road, "purchase_lines") == 5);
    check_agreement(road);
    road.stop();
}

TEST_CASE("a repair looks again, and says what it could not repair and why", "[road][postgres]") {
    EndToEnd road;
    road.source(kOrder);
    road.start();
    road.settle();
    // One row can be repaired, one is not written again, and one is rewritten each time.
    road.alter_target(
        "UPDATE purchase_line SET quantity = 99 WHERE line_no IN (13, 14);"
        "UPDATE customer SET name = 'ADA'; " +
        kSwallowLines +
        "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " NEW.name = upper(NEW.name); RETURN NEW; END $$;"
        "CREATE TRIGGER shout BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION shout()");
    const CommandResult repaired = road.command({"verify", "--repair"});
    INFO(repaired.output);
    CHECK(repaired.status == 1);
    CHECK_THAT(repaired.output, ContainsSubstring("trigger shout may have rewritten it"));
    CHECK_THAT(
        repaired.output,
        ContainsSubstring("could not repair purchase_lines 1/13: not_written: the target did "
                          "not write the row (trigger swallow on public.purchase_line)"));
    CHECK_THAT(repaired.output,
               ContainsSubstring("could not repair customers 1: still different customers 1"));
    CHECK_THAT(repaired.output, ContainsSubstring("repaired 1 root"));
    CHECK(road.target_value("SELECT quantity FROM purchase_line WHERE line_no = 14") == "14");
    CHECK(rejected(road, "purchase_lines") == 1);
    CHECK(road.command({"verify", "--json"}).output.find("\"rewriter\": \"trigger shout\"") !=
          std::string::npos);
    road.stop();
}

TEST_CASE("a password that the target does not take is hashed again when it does",
          "[road][postgres]") {
    EndToEnd road;
    road.source(
        "INSERT INTO login (id, username, password, active) VALUES (1, 'anna', 'c2VjcmV0', 1)");
    road.target(
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.password_hash <> OLD.password_hash THEN RETURN NULL; END IF; RETURN NEW; END $$;"
        "CREATE TRIGGER swallow BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION swallow()");
    road.start();
    road.settle();
    CHECK(rejected(road, "accounts") == 1);
    CHECK(road.target_value("SELECT password_hash FROM account") == "!");
    CHECK(road.differences() == 0);
    road.target("DROP TRIGGER swallow ON account");
    CHECK(road.command({"quarantine", "retry", "accounts"}).status == 0);
    road.settle();
    CHECK(rejected(road, "accounts") == 0);
    CHECK(road.target_value("SELECT password_hash ~ '^[$]2b[$]04' FROM account") == "t");
    check_agreement(road);
    road.stop();
}

TEST_CASE("whatever rows a target drops, a verification expects the others", "[road][postgres]") {
    EndToEnd road;
    // Every ninth row of each event and table; a refused contact would end the service.
    road.target(
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE row jsonb; BEGIN"
        " row := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;"
        " IF hashtext(coalesce(row->>'id', row->>'sale_id') || TG_OP) % 9 = 0 THEN"
        " RETURN NULL; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$;"
        "DO $$ DECLARE name text; BEGIN FOREACH name IN ARRAY ARRAY['location', 'account',"
        " 'supplier', 'product', 'price', 'customer', 'purchase', 'purchase_line', 'sale'] LOOP"
        " EXECUTE format('CREATE TRIGGER swallow BEFORE INSERT OR UPDATE OR DELETE ON %I"
        " FOR EACH ROW EXECUTE FUNCTION swallow()', name); END LOOP; END $$");
    road.change(500, 60, 6);
    road.start();
    road.settle();
    kept_back(road);
    for (int round = 0; round < 4; ++round) {
        road.change(5000 + 100 * round, 40, 6);
        road.settle();
        kept_back(road);
    }
    CHECK(rejected(road, "purchase_lines") > 0);
    road.stop();
}
