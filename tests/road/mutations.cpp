#include "tests/road/mutations.hpp"

namespace crossfade::test {

namespace {

using After = MutationKind::After;

const MutationKind kMutationKinds[] = {
    {"a text", "location", "", "UPDATE location SET name = name || 'x' WHERE id = '$id'",
     "different locations $id name"},
    {"a trailing blank", "customer", "", "UPDATE customer SET name = name || ' ' WHERE id = '$id'",
     "different customers $id name"},
    {"the case of a text", "supplier", "name IS NOT NULL",
     "UPDATE supplier SET name = upper(name) WHERE id = '$id'", "different suppliers $id name"},
    {"a number", "purchase", "", "UPDATE purchase SET total = total + 1 WHERE id = '$id'",
     "different purchases $id total"},
    {"one unit of the last place", "price", "",
     "UPDATE price SET amount = amount + 0.01 WHERE id = '$id'", "different prices $id amount"},
    {"an integer", "sale", "", "UPDATE sale SET delivered = delivered + 1 WHERE sale_id = '$id'",
     "different sales $id delivered"},
    {"NaN", "purchase", "", "UPDATE purchase SET mean_price = 'NaN' WHERE id = '$id'",
     "different purchases $id mean_price"},
    {"one microsecond", "purchase", "",
     "UPDATE purchase SET placed_at = placed_at + interval '1 microsecond' WHERE id = '$id'",
     "different purchases $id placed_at"},
    {"the end of time", "sale", "",
     "UPDATE sale SET last_change = 'infinity' WHERE sale_id = '$id'",
     "different sales $id last_change"},
    {"a time that stepped back", "account", "",
     "UPDATE account SET last_seen_at = '1999-01-01' WHERE id = '$id'",
     "different accounts $id last_seen_at"},
    {"a day", "contact", "", "UPDATE contact SET birthday = birthday + 1 WHERE id = '$id'",
     "different contacts $id birthday"},
    {"a time of day", "product", "", "UPDATE product SET opens = '08:31' WHERE id = '$id'",
     "different products $id opens"},
    {"a boolean", "location", "", "UPDATE location SET is_active = NOT is_active WHERE id = '$id'",
     "different locations $id is_active"},
    {"a boolean of an account", "account", "",
     "UPDATE account SET is_blocked = NOT is_blocked WHERE id = '$id'",
     "different accounts $id is_blocked"},
    {"NULL for a value", "product", "", "UPDATE product SET weight = NULL WHERE id = '$id'",
     "different products $id weight"},
    {"a value for NULL", "contact", "phone IS NULL",
     "UPDATE contact SET phone = '' WHERE id = '$id'", "different contacts $id phone"},
    {"a status", "purchase", "",
     "UPDATE purchase SET status = CASE status WHEN 'sent' THEN 'open' ELSE 'sent' END WHERE id = "
     "'$id'",
     "different purchases $id status"},
    {"bytes", "product", "", "UPDATE product SET photo = photo || '\\x00' WHERE id = '$id'",
     "different products $id photo"},
    {"a uuid", "product", "", "UPDATE product SET serial = '$new' WHERE id = '$id'",
     "different products $id serial"},
    {"a document", "product", "",
     "UPDATE product SET title = title || '{\"en\": \"other\"}' WHERE id = '$id'",
     "different products $id title"},
    {"the scale of a number in a document", "product", "",
     "UPDATE product SET details = jsonb_set(details, '{size}', '1.50') WHERE id = '$id'",
     "different products $id details"},
    {"a value of an owned key", "account", "",
     "UPDATE account SET profile = jsonb_set(profile, '{kinds}', '[\"other\"]') WHERE id = '$id'",
     "different accounts $id profile"},
    {"an owned key that is gone", "account", "",
     "UPDATE account SET profile = profile - 'main' WHERE id = '$id'",
     "different accounts $id profile"},
    {"a document that is no object", "account", "",
     "UPDATE account SET profile = '[]' WHERE id = '$id'", "different accounts $id profile"},
    {"a swapped foreign key", "purchase", "",
     "UPDATE purchase SET customer_id = (SELECT c.id FROM customer c JOIN island USING (id) WHERE "
     "c.id <> customer_id ORDER BY md5(c.id || '$new') LIMIT 1) WHERE id = '$id'",
     "different purchases $id customer_id"},
    {"a foreign key that leads nowhere", "purchase", "",
     "UPDATE purchase SET customer_id = '$new' WHERE id = '$id'",
     "different purchases $id customer_id"},
    {"a detached parent", "location", "parent_id IS NOT NULL",
     "UPDATE location SET parent_id = NULL WHERE id = '$id'", "different locations $id parent_id"},
    {"another parent in the tree", "location", "parent_id IS NOT NULL",
     "UPDATE location SET parent_id = (SELECT l.id FROM location l JOIN island USING (id) WHERE "
     "l.id NOT IN (location.id, location.parent_id) ORDER BY md5(l.id || '$new') LIMIT 1) WHERE id "
     "= '$id'",
     "different locations $id parent_id"},
    {"when an account was made", "account", "",
     "UPDATE account SET created_at = created_at - interval '1 microsecond' WHERE id = '$id'",
     "different accounts $id created_at"},
    {"a claimed value taken away", "account", "",
     "UPDATE account SET username = '$new' WHERE id = '$id'", "different accounts $id username"},
    {"a claimed value within another", "supplier", "",
     "UPDATE supplier SET code = 'NONE' WHERE id = '$id'", "different suppliers $id code"},
    {"a missing row", "price", "", "DELETE FROM price WHERE id = '$id'", "missing prices $id "},
    {"a missing row of a group", "sale", "", "DELETE FROM sale WHERE sale_id = '$id'",
     "missing sales $id "},
    {"a missing parent", "product", "", "DELETE FROM product WHERE id = '$id'",
     "missing products $id "},
    {"a missing customer", "customer", "", "DELETE FROM customer WHERE id = '$id'",
     "missing customers $id "},
    {"a missing account", "account", "", "DELETE FROM account WHERE id = '$id'",
     "missing accounts $id "},
    {"a missing row of an account", "contact", "", "DELETE FROM contact WHERE id = '$id'",
     "missing contacts $id "},
    {"a changed id", "purchase", "", "UPDATE purchase SET id = '$new' WHERE id = '$id'",
     "missing purchases $id ", After::repaired, "DELETE FROM purchase WHERE id = '$new'", true},
    {"a changed id of a row with a unique key", "purchase_line", "",
     "UPDATE purchase_line SET id = '$new' WHERE id = '$id'", "missing purchase_lines $id ",
     After::rejected, "DELETE FROM purchase_line WHERE id = '$new'", true},
    {"a row of the target's own", "location", "",
     "INSERT INTO location SELECT '$new', NULL, '$new', 'new', NULL, NULL, 'leaf', 1, true", "",
     After::harmless, "DELETE FROM location WHERE id = '$new'", true},
    {"a row with the nil id", "location", "",
     "INSERT INTO location SELECT '$new', NULL, 'nil', 'new', NULL, NULL, 'leaf', 1, true", "",
     After::harmless, "DELETE FROM location WHERE id = '$new'", true,
     "00000000-0000-0000-0000-000000000000"},
    {"a row with the id of a filtered root", "product", "",
     "INSERT INTO product SELECT '$new', supplier_id, '$new', title, description, weight, 0 FROM "
     "product WHERE id = '$id'",
     "id_taken products $new ", After::left, "DELETE FROM product WHERE id = '$new'", true,
     "product/5090"},
    {"a row with the id of a rejected root", "purchase_line", "",
     "INSERT INTO purchase_line SELECT '$new', purchase_id, product_id, 77, 1, 1, 0 FROM "
     "purchase_line WHERE id = '$id'",
     "id_taken purchase_lines $new ", After::left, "DELETE FROM purchase_line WHERE id = '$new'",
     true, "line/5001/9"},
    {"a row with the id of a parked root", "purchase", "",
     "INSERT INTO purchase SELECT '$new', customer_id, location_id, 9, status, is_paid, placed_at, "
     "shipped_at, 0, 0, 0, 0, 0, '[]', '[]' FROM purchase WHERE id = '$id'",
     "id_taken purchases $new ", After::left, "DELETE FROM purchase WHERE id = '$new'", true,
     "order/5090"},
    {"a row with the id of a root that is gone", "purchase", "",
     "INSERT INTO purchase SELECT '$new', customer_id, location_id, 9, status, is_paid, placed_at, "
     "shipped_at, 0, 0, 0, 0, 0, '[]', '[]' FROM purchase WHERE id = '$id'",
     "", After::harmless, "DELETE FROM purchase WHERE id = '$new'", true, "order/5095"},
    {"a row that refers to nothing", "price", "", "INSERT INTO price VALUES ('$new', '$new', 1, 1)",
     "orphan prices $new product_id", After::left, "DELETE FROM price WHERE id = '$new'", true},
    {"a key of the target's own", "account", "",
     "UPDATE account SET profile = profile || '{\"own\": 1}' WHERE id = '$id'", "", After::harmless,
     "UPDATE account SET profile = profile - 'own' WHERE id = '$id'"},
    {"a column of the target's own", "account", "",
     "UPDATE account SET theme = 'dark', note = 'mine' WHERE id = '$id'", "", After::harmless,
     "UPDATE account SET theme = 'plain', note = NULL WHERE id = '$id'"},
    {"a column that a trigger keeps", "account", "",
     "UPDATE account SET updated_at = '1999-01-01' WHERE id = '$id'", "", After::harmless},
    {"a home that may be chosen there", "customer", "home_id IS NOT NULL",
     "UPDATE customer SET home_id = (SELECT id FROM location JOIN island USING (id) WHERE id <> "
     "home_id ORDER BY md5(id || '$new') LIMIT 1), name = name || home_id WHERE id = '$id'",
     "different customers $id name", After::taken_over,
     "UPDATE customer SET home_id = (SELECT home_id FROM customer_before WHERE id = '$id') WHERE "
     "id = '$id'"},
    {"a time that went on", "account", "",
     "UPDATE account SET last_seen_at = last_seen_at + interval '1 day' WHERE id = '$id'", "",
     After::harmless,
     "UPDATE account SET last_seen_at = last_seen_at - interval '1 day' WHERE id = '$id'"},
    {"a value that may be chosen there", "account", "email IS NOT NULL",
     "UPDATE account SET email = 'x' || email WHERE id = '$id'", "", After::taken_over,
     "UPDATE account SET email = substr(email, 2) WHERE id = '$id'"},
    {"a deferred value wiped out", "account", "password_hash IS NOT NULL",
     "UPDATE account SET note = password_hash, password_hash = NULL WHERE id = '$id'", "",
     After::taken_over, "UPDATE account SET password_hash = note, note = NULL WHERE id = '$id'"},
};

const ExchangeKind kExchangeKinds[] = {
    {"user names", "account", "username", "'meanwhile'", "accounts"},
    {"article numbers", "product", "sku", "'meanwhile'", "products"},
    {"accounts of customers", "customer", "account_id", "NULL", "customers"},
};

constexpr const char* kIsland = R"sql(
INSERT INTO country VALUES ('is', 'Island', '7');
INSERT INTO warehouse SELECT 500 + n, CASE WHEN n > 1 THEN 500 + n / 2 END, 'Isle ' || n, 'is', 10 * n, n % 2
  FROM generate_series(1, 8) n;
INSERT INTO login SELECT 5000 + n, 'isle' || n, 'isle' || n || '@isle.test', 'c2VjcmV0', NULL, 1,
    '2024-01-01Z'::timestamptz + n * interval '1 hour', '2023-01-01Z', '2023-06-01Z' FROM generate_series(1, 24) n;
INSERT INTO customer SELECT 5000 + n, 5000 + n, 501 + n % 8, 'Person ' || n,
    CASE WHEN n % 2 = 0 THEN '55' || n END, 'retail', '1990-02-' || lpad(n::text, 2, '0'), 1, 0, '2023-05-01Z'
  FROM generate_series(1, 24) n;
INSERT INTO supplier SELECT 500 + n, 'IC' || n, 'maker ' || n, 'Akureyri', 'is', '4,5', 1, '2020-01-01Z'
  FROM generate_series(1, 6) n;
INSERT INTO product SELECT 5000 + n, 501 + n % 6, 'IS' || n, 'Lampe', 'Lamp', repeat('long ', 8), '9,99', '8.50', NULL,
    n / 8.0, '2024-12-31', '{"color": "red", "size": 1.5}', '7c9e6679-7425-40de-944b-e07fc1f90ae7', '\x00ff', '08:30'
  FROM generate_series(1, 20) n;
INSERT INTO product (id, supplier_id) VALUES (5090, 501);                          -- filtered
INSERT INTO orders SELECT 5000 + n, 5001 + n % 24, 501 + n % 8, n % 3, '2024-01-01Z'::timestamptz + n * interval '1 day', NULL
  FROM generate_series(1, 40) n;
INSERT INTO orders VALUES (5090, 9999, NULL, 1, '2024-01-01Z', NULL), (5095, 5001, NULL, 1, '2024-01-01Z', NULL);
INSERT INTO order_line SELECT 5000 + n, l, 5001 + (n + l) % 20, 2, 9.99, false
  FROM generate_series(1, 40) n, generate_series(1, 2) l;
INSERT INTO order_line VALUES (5001, 9, 5001, -1, 1, false);                       -- rejected
INSERT INTO delivery SELECT 5000 + n, 5000 + n, 1, '2024-03-02', 1, NULL, NULL, 'dhl', '2024-03-03Z'
  FROM generate_series(1, 40) n;
)sql";

// As shop_change, without what empties whole tables, which no snapshot outlives.
constexpr const char* kBusy = R"sql(
CREATE FUNCTION shop_busy(seed integer, n integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE drawn integer;
BEGIN
  PERFORM set_config('shop.seed', (1 + (seed::bigint * 7919 + 104729) % 2147483646)::text, true);
  FOR i IN 1..n LOOP
    drawn := shop.rnd(100);
    IF drawn < 75 THEN
      PERFORM shop.put(shop.pick('country', 'warehouse', 'login', 'customer', 'customer', 'supplier', 'product',
                                 'order', 'order', 'line', 'line', 'delivery', 'stock'));
    ELSIF drawn < 88 THEN PERFORM shop.remove_one();
    ELSIF drawn < 95 THEN PERFORM shop.rekey_one();
    ELSE PERFORM shop.rotate_usernames();
    END IF;
  END LOOP;
END $$;
)sql";

struct IslandTable {
    const char* name;
    const char* id;
};
constexpr IslandTable kIslandTables[] = {
    {"location", "id"},      {"account", "id"},  {"contact", "id"},  {"supplier", "id"},
    {"product", "id"},       {"price", "id"},    {"customer", "id"}, {"purchase", "id"},
    {"purchase_line", "id"}, {"sale", "sale_id"}};

}  // namespace

std::span<const MutationKind> mutation_kinds() { return kMutationKinds; }

std::span<const ExchangeKind> exchange_kinds() { return kExchangeKinds; }

std::string island_sql() { return kIsland; }

std::string busy_sql() { return kBusy; }

std::string note_island_sql() {
    std::string sql = "CREATE TABLE island (id uuid PRIMARY KEY)";
    for (const IslandTable& table : kIslandTables)
        sql += std::string{"; INSERT INTO island SELECT "} + table.id + " FROM " + table.name;
    return sql;
}

std::string island_dump(const EndToEnd& road) {
    std::string text;
    for (const IslandTable& table : kIslandTables) {
        const std::string name = table.name;
        text += road.target_value("SELECT coalesce(string_agg('" + name +
                                  " ' || (to_jsonb(t) - 'updated_at')::text || E'\\n', '' ORDER "
                                  "BY t." +
                                  table.id + "), '') FROM " + name + " AS t JOIN island AS i ON " +
                                  "i.id = t." + table.id);
    }
    return text;
}

}  // namespace crossfade::test
