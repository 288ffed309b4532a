-- The source of tests/mappings/shop.yaml: an old shop. No foreign keys, so children may come before their
-- parents, and references may point nowhere.
CREATE SCHEMA archive;

CREATE TABLE country (code text PRIMARY KEY, name text, vat text);
CREATE TABLE archive.country_old (code text PRIMARY KEY, name text, vat text);

CREATE TABLE warehouse (
  id integer PRIMARY KEY,
  parent_id integer,
  name text,
  country_code text,
  capacity integer,
  active smallint
);

CREATE TABLE login (
  id bigint PRIMARY KEY,
  username text,
  email text,
  password text,               -- base64 of the clear text, or bcrypt
  default_customer_id bigint,
  active smallint,
  last_seen timestamptz,
  created timestamptz,
  updated timestamptz
);

CREATE TABLE customer (
  id bigint PRIMARY KEY,
  login_id bigint,
  warehouse_id integer,
  name text,
  phone text,
  kind text,
  birthday text,               -- dd/mm/yyyy, yyyy-mm-dd, or anything
  active smallint,
  blocked smallint,
  created timestamptz
);

CREATE TABLE supplier (
  id bigint PRIMARY KEY,
  code text,
  name text,
  city text,
  country_code text,
  rating text,                 -- '4.5' or '4,5'
  active smallint,
  created timestamptz
);

CREATE TABLE product (
  id bigint PRIMARY KEY,
  supplier_id bigint,
  sku text,
  title text,
  title_en text,
  description text,            -- long, so that an update of another column does not send it
  price_1 text,
  price_2 text,
  price_3 text,
  weight double precision,
  discontinued text,
  details jsonb,
  serial text,
  photo bytea,
  opens time
);
ALTER TABLE product ALTER COLUMN description SET STORAGE EXTERNAL;

CREATE TABLE orders (
  id bigint PRIMARY KEY,
  customer_id bigint,
  warehouse_id integer,
  status smallint,
  placed timestamptz,
  shipped timestamp
);

CREATE TABLE order_line (
  order_id bigint,
  line_no integer,
  product_id bigint,
  quantity integer,
  price numeric(10,2),
  returned boolean,
  PRIMARY KEY (order_id, line_no)
);

CREATE TABLE delivery (
  id bigint PRIMARY KEY,
  order_id bigint,
  line_no integer,
  day_1 text,
  count_1 integer,
  day_2 text,
  count_2 integer,
  carrier text,
  changed timestamptz
);

CREATE TABLE stock (
  warehouse_id integer NOT NULL,
  product_id bigint NOT NULL,
  amount integer
);
CREATE UNIQUE INDEX stock_identity ON stock (warehouse_id, product_id);
ALTER TABLE stock REPLICA IDENTITY USING INDEX stock_identity;

-- The old application writes here, and nothing reads it.
CREATE TABLE page_view (id bigserial PRIMARY KEY, path text, seen timestamptz DEFAULT now());
