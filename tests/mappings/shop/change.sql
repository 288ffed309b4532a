-- Random changes of the shop's source, the same for the same seed. Ids and values come from small pools, so
-- that references dangle, rows come back under their old key, and unique values collide.
--   SELECT shop_change(seed, n)                    n changes in one transaction
--   CALL shop_run(seed, transactions, n)           transactions of 1 to n changes, each committed

CREATE SCHEMA shop;

-- Our own generator: random() may differ between servers and is shared with everybody in the session.

CREATE FUNCTION shop.rnd(below integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE drawn bigint := current_setting('shop.seed')::bigint;
BEGIN
  drawn := (drawn * 48271) % 2147483647;
  PERFORM set_config('shop.seed', drawn::text, true);
  RETURN (drawn >> 8) % below;
END $$;

-- One of the values; the empty pool entry '∅' stands for NULL.
CREATE FUNCTION shop.pick(VARIADIC pool text[]) RETURNS text LANGUAGE sql AS $$
  SELECT nullif(pool[1 + shop.rnd(cardinality(pool))], '∅')
$$;

-- A reference: mostly to one of `below` ids, sometimes NULL or to nothing.
CREATE FUNCTION shop.ref(below integer) RETURNS integer LANGUAGE sql AS $$
  SELECT CASE shop.rnd(12) WHEN 0 THEN NULL WHEN 1 THEN 1000 + shop.rnd(2) ELSE 1 + shop.rnd(below) END
$$;

CREATE FUNCTION shop.moment() RETURNS timestamptz LANGUAGE sql AS $$
  SELECT CASE shop.rnd(8) WHEN 0 THEN NULL
         ELSE timestamptz '2020-01-01 00:00:00+00' + shop.rnd(50000) * interval '1 hour' END
$$;

CREATE FUNCTION shop.put_country() RETURNS void LANGUAGE plpgsql AS $$
DECLARE c text := shop.pick('de', 'fr', 'it', 'us');
BEGIN
  IF shop.rnd(3) = 0 THEN
    INSERT INTO archive.country_old VALUES (c, 'Old ' || c || shop.rnd(3), '19')
      ON CONFLICT (code) DO UPDATE SET name = excluded.name;
  ELSE
    INSERT INTO country VALUES (c, c || shop.rnd(3), shop.pick('19', '7,5', '20.0', 'none', '∅'))
      ON CONFLICT (code) DO UPDATE SET name = excluded.name, vat = excluded.vat;
  END IF;
END $$;

CREATE FUNCTION shop.put_warehouse() RETURNS void LANGUAGE sql AS $$
  INSERT INTO warehouse VALUES (1 + shop.rnd(12), shop.ref(12), shop.pick('North', 'South', '  ', '∅', 'Mitte'),
      shop.pick('de', 'fr', 'it', 'xx', '∅'), shop.ref(5) * 100, shop.pick('1', '1', '0', '∅')::smallint)
    ON CONFLICT (id) DO UPDATE SET parent_id = excluded.parent_id, name = excluded.name,
      country_code = excluded.country_code, capacity = excluded.capacity, active = excluded.active
$$;

CREATE FUNCTION shop.put_login() RETURNS void LANGUAGE sql AS $$
  INSERT INTO login VALUES (1 + shop.rnd(20),
      shop.pick('anna', 'Anna', ' anna ', 'berta', 'carl', 'dora', 'ab', '', 'login_3', '∅'),
      shop.pick('a@shop.test', 'A@SHOP.test', 'b@shop.test', 'c@shop.test', 'nowhere', '∅'),
      shop.pick('c2VjcmV0', 'c2VjcmV0Mg==', 'not base64', '', '∅',
                '$2b$04$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui'),
      shop.ref(20), shop.pick('1', '1', '0', '∅')::smallint, shop.moment(), shop.moment(), shop.moment())
    ON CONFLICT (id) DO UPDATE SET username = excluded.username, email = excluded.email,
      password = excluded.password, default_customer_id = excluded.default_customer_id,
      active = excluded.active, last_seen = excluded.last_seen, updated = excluded.updated
$$;

CREATE FUNCTION shop.put_customer() RETURNS void LANGUAGE sql AS $$
  INSERT INTO customer VALUES (1 + shop.rnd(20), shop.ref(20), shop.ref(12),
      shop.pick('Ada', 'Ben', 'Åsa', '∅', ' '), shop.pick('1234', ' 5678', '', '∅'),
      shop.pick('retail', 'trade', 'staff', '∅'),
      shop.pick('01/02/1990', '1990-02-01', '31/02/1990', '1/1/1850', 'unknown', '∅'),
      shop.pick('1', '1', '0', '∅')::smallint, shop.pick('0', '0', '1', '∅')::smallint, shop.moment())
    ON CONFLICT (id) DO UPDATE SET login_id = excluded.login_id, warehouse_id = excluded.warehouse_id,
      name = excluded.name, phone = excluded.phone, kind = excluded.kind, birthday = excluded.birthday,
      active = excluded.active, blocked = excluded.blocked
$$;

CREATE FUNCTION shop.put_supplier() RETURNS void LANGUAGE sql AS $$
  INSERT INTO supplier VALUES (CASE shop.rnd(4) WHEN 0 THEN 240101000000 + shop.rnd(3) * 100000000 ELSE 1 + shop.rnd(8) END,
      shop.pick('AB', 'ab', 'CD', 'S-3', '', '∅'), shop.pick('Acme', 'Müller', '∅'),
      shop.pick('Berlin', 'Paris', '∅'), shop.pick('de', 'fr', 'us', 'xx'),
      shop.pick('4,5', '3.25', '5.', '.5', '11', 'good', '∅'), shop.pick('1', '0', '∅')::smallint, shop.moment())
    ON CONFLICT (id) DO UPDATE SET code = excluded.code, name = excluded.name, city = excluded.city,
      country_code = excluded.country_code, rating = excluded.rating, active = excluded.active
$$;

CREATE FUNCTION shop.put_product() RETURNS void LANGUAGE sql AS $$
  INSERT INTO product VALUES (1 + shop.rnd(15), shop.ref(8), shop.pick('x1', 'X1', 'x2', 'x3', 'P-4', '∅'),
      shop.pick('Lampe', 'Tisch', '∅'), shop.pick('Lamp', 'Table', ' ', '∅'),
      CASE shop.rnd(3) WHEN 0 THEN NULL ELSE repeat(md5(shop.rnd(100)::text), 100) END,
      shop.pick('9,99', '10', '-1', '∅'), shop.pick('8.50', 'free', '∅'), shop.pick('7', '0', '∅'),
      shop.rnd(1000) / 8.0, shop.pick('31/12/2024', '2024-12-31', 'never', '∅'),
      jsonb_build_object('color', shop.pick('red', 'blue'), 'size', shop.rnd(5)),
      shop.pick('7c9e6679-7425-40de-944b-e07fc1f90ae7', 'none', '∅'),
      decode(shop.pick('00ff5c78', '', '∅'), 'hex'), shop.pick('08:30', '24:00', '∅')::time)
    ON CONFLICT (id) DO UPDATE SET supplier_id = excluded.supplier_id, sku = excluded.sku,
      title = excluded.title, price_1 = excluded.price_1, price_2 = excluded.price_2,
      price_3 = excluded.price_3, discontinued = excluded.discontinued, details = excluded.details
$$;

CREATE FUNCTION shop.put_order() RETURNS void LANGUAGE sql AS $$
  INSERT INTO orders VALUES (1 + shop.rnd(30), shop.ref(20), shop.ref(12),
      shop.pick('0', '1', '2', '9', '∅')::smallint, shop.moment(), shop.moment() AT TIME ZONE 'UTC')
    ON CONFLICT (id) DO UPDATE SET customer_id = excluded.customer_id, warehouse_id = excluded.warehouse_id,
      status = excluded.status, placed = excluded.placed, shipped = excluded.shipped
$$;

CREATE FUNCTION shop.put_line() RETURNS void LANGUAGE sql AS $$
  INSERT INTO order_line VALUES (1 + shop.rnd(32), 1 + shop.rnd(3), shop.ref(15),
      shop.pick('1', '2', '2', '5', '-1', '∅')::integer, shop.pick('9.99', '10', '8.50', '1500', '∅')::numeric,
      shop.pick('true', 'false', '∅')::boolean)
    ON CONFLICT (order_id, line_no) DO UPDATE SET product_id = excluded.product_id,
      quantity = excluded.quantity, price = excluded.price, returned = excluded.returned
$$;

CREATE FUNCTION shop.put_delivery() RETURNS void LANGUAGE sql AS $$
  INSERT INTO delivery VALUES (1 + shop.rnd(30), shop.ref(32), 1 + shop.rnd(3),
      shop.pick('01/03/2024', '2024-03-02', '30/02/2024', '∅'), shop.ref(5),
      shop.pick('05/03/2024', '∅'), shop.ref(5), shop.pick('dhl', ' ups', '', '∅'), shop.moment())
    ON CONFLICT (id) DO UPDATE SET order_id = excluded.order_id, line_no = excluded.line_no,
      day_1 = excluded.day_1, count_1 = excluded.count_1, count_2 = excluded.count_2,
      carrier = excluded.carrier, changed = excluded.changed
$$;

CREATE FUNCTION shop.put_stock() RETURNS void LANGUAGE sql AS $$
  INSERT INTO stock VALUES (1 + shop.rnd(3), 1 + shop.rnd(15), shop.ref(50))
    ON CONFLICT (warehouse_id, product_id) DO UPDATE SET amount = excluded.amount
$$;

CREATE FUNCTION shop.put(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('SELECT shop.%I()', 'put_' || name);
END $$;

CREATE FUNCTION shop.remove_one() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  CASE shop.rnd(11)
    WHEN 0 THEN DELETE FROM warehouse WHERE id = (SELECT 1 + shop.rnd(12));
    WHEN 1 THEN DELETE FROM login WHERE id = (SELECT 1 + shop.rnd(20));
    WHEN 2 THEN DELETE FROM customer WHERE id = (SELECT 1 + shop.rnd(20));
    WHEN 3 THEN DELETE FROM supplier WHERE id = (SELECT 1 + shop.rnd(8));
    WHEN 4 THEN DELETE FROM product WHERE id = (SELECT 1 + shop.rnd(15));
    WHEN 5 THEN DELETE FROM orders WHERE id = (SELECT 1 + shop.rnd(30));
    WHEN 6 THEN DELETE FROM order_line WHERE order_id = (SELECT 1 + shop.rnd(32));
    WHEN 7 THEN DELETE FROM delivery WHERE id = (SELECT 1 + shop.rnd(30));
    WHEN 8 THEN DELETE FROM stock WHERE product_id = (SELECT 1 + shop.rnd(15));
    WHEN 9 THEN DELETE FROM country WHERE code = (SELECT shop.pick('de', 'fr', 'it', 'us'));
    ELSE DELETE FROM archive.country_old WHERE code = (SELECT shop.pick('de', 'fr', 'it', 'us'));
  END CASE;
END $$;

-- A row takes another key: a delete and an insert for whoever refers to it.
CREATE FUNCTION shop.rekey_one() RETURNS void LANGUAGE plpgsql AS $$
DECLARE old_id integer := 1 + shop.rnd(12); new_id integer := 1 + shop.rnd(12);
BEGIN
  CASE shop.rnd(6)
    WHEN 0 THEN UPDATE warehouse SET id = new_id WHERE id = old_id
                  AND NOT EXISTS (SELECT FROM warehouse WHERE id = new_id);
    WHEN 1 THEN UPDATE login SET id = new_id WHERE id = old_id
                  AND NOT EXISTS (SELECT FROM login WHERE id = new_id);
    WHEN 2 THEN UPDATE customer SET id = new_id WHERE id = old_id
                  AND NOT EXISTS (SELECT FROM customer WHERE id = new_id);
    WHEN 3 THEN UPDATE product SET id = new_id WHERE id = old_id
                  AND NOT EXISTS (SELECT FROM product WHERE id = new_id);
    WHEN 4 THEN UPDATE order_line SET order_id = new_id WHERE order_id = old_id
                  AND NOT EXISTS (SELECT FROM order_line WHERE order_id = new_id);
    ELSE UPDATE stock SET warehouse_id = 4 + shop.rnd(2) WHERE product_id = old_id AND warehouse_id = 1
                  AND NOT EXISTS (SELECT FROM stock WHERE product_id = old_id AND warehouse_id IN (4, 5));
  END CASE;
END $$;

-- Unique values go round among the logins 1, 2 and 3: a swap that no order of single updates survives.
CREATE FUNCTION shop.rotate_usernames() RETURNS void LANGUAGE sql AS $$
  UPDATE login a SET username = b.username
  FROM login b WHERE a.id IN (1, 2, 3) AND b.id = 1 + a.id % 3
$$;

CREATE FUNCTION shop.change_one() RETURNS void LANGUAGE plpgsql AS $$
DECLARE drawn integer := shop.rnd(1000);
BEGIN
  IF drawn < 700 THEN
    PERFORM shop.put(shop.pick('country', 'warehouse', 'login', 'login', 'customer', 'customer', 'supplier',
                               'product', 'product', 'order', 'order', 'line', 'line', 'line', 'delivery',
                               'delivery', 'stock'));
  ELSIF drawn < 850 THEN PERFORM shop.remove_one();
  ELSIF drawn < 910 THEN PERFORM shop.rekey_one();
  ELSIF drawn < 940 THEN PERFORM shop.rotate_usernames();
  ELSIF drawn < 965 THEN UPDATE login SET last_seen = shop.moment() WHERE id = (SELECT 1 + shop.rnd(20));
  ELSIF drawn < 985 THEN INSERT INTO page_view (path, seen) VALUES ('/', '2024-01-01');
  ELSIF drawn < 990 THEN
    EXECUTE format('TRUNCATE %s', shop.pick('delivery', 'stock', 'order_line', 'archive.country_old'));
  ELSE
    -- Emptied and filled again by the same transaction.
    TRUNCATE stock;
    FOR i IN 1..5 LOOP PERFORM shop.put_stock(); END LOOP;
  END IF;
END $$;

CREATE FUNCTION shop_change(seed integer, n integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('shop.seed', (1 + (seed::bigint * 7919 + 104729) % 2147483646)::text, true);
  FOR i IN 1..5 LOOP PERFORM shop.rnd(2); END LOOP;
  FOR i IN 1..n LOOP PERFORM shop.change_one(); END LOOP;
END $$;

CREATE PROCEDURE shop_run(seed integer, transactions integer, n integer) LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1..transactions LOOP
    PERFORM shop_change(seed + i, 1 + (seed + i * 7) % n);
    COMMIT;
  END LOOP;
END $$;
