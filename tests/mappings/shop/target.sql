-- The target of tests/mappings/shop.yaml. Every UNIQUE is not deferrable; some foreign keys are.
CREATE TABLE location (
  id uuid PRIMARY KEY,
  parent_id uuid REFERENCES location (id) DEFERRABLE INITIALLY DEFERRED,
  code text NOT NULL UNIQUE,
  name text NOT NULL,
  country text,
  vat numeric(5,2),
  kind text NOT NULL CHECK (kind IN ('root', 'hub', 'leaf', 'closed')),
  rank_in_country bigint NOT NULL,
  is_active boolean NOT NULL,
  neighbours bigint NOT NULL DEFAULT 0,
  CHECK (parent_id <> id)
);

CREATE TABLE account (
  id uuid PRIMARY KEY,
  username text NOT NULL UNIQUE CHECK (length(username) >= 3),
  email text UNIQUE,
  password_hash text NOT NULL,
  is_active boolean NOT NULL,
  is_blocked boolean NOT NULL,
  customers integer NOT NULL,
  last_seen_at timestamptz,
  theme text NOT NULL DEFAULT 'plain',
  note text,                                   -- the target's own
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  profile jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE contact (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL UNIQUE REFERENCES account (id),
  phone text,
  birthday date
);

CREATE TABLE supplier (
  id uuid PRIMARY KEY,
  city text NOT NULL,
  code text NOT NULL,
  name text,
  country text,
  rating numeric(4,2) CHECK (rating BETWEEN 0 AND 10),
  founded date,
  remark text,
  UNIQUE (city, code)
);

CREATE TABLE product (
  id uuid PRIMARY KEY,
  supplier_id uuid NOT NULL REFERENCES supplier (id) DEFERRABLE INITIALLY DEFERRED,
  sku text NOT NULL UNIQUE,
  title jsonb NOT NULL CHECK (title ? 'local'),
  description text,
  weight numeric(12,3),
  stock bigint NOT NULL,
  cheapest numeric(12,2),
  discontinued date,
  details jsonb,
  serial uuid,
  photo bytea,
  opens time
);

CREATE TABLE price (
  id uuid PRIMARY KEY,
  product_id uuid NOT NULL REFERENCES product (id) ON DELETE CASCADE,
  tier smallint NOT NULL,
  amount numeric(12,2) NOT NULL CHECK (amount > 0),
  UNIQUE (product_id, tier)
);

CREATE TABLE customer (
  id uuid PRIMARY KEY,
  account_id uuid UNIQUE REFERENCES account (id),
  home_id uuid REFERENCES location (id),
  name text NOT NULL,
  since date,
  is_active boolean NOT NULL
);

CREATE TABLE purchase (
  id uuid PRIMARY KEY,
  customer_id uuid NOT NULL REFERENCES customer (id) DEFERRABLE INITIALLY DEFERRED,
  location_id uuid REFERENCES location (id),
  nth bigint NOT NULL,
  status text NOT NULL CHECK (status IN ('open', 'paid', 'sent')),
  is_paid boolean NOT NULL,
  placed_at timestamptz NOT NULL,
  shipped_at timestamptz,
  line_count bigint NOT NULL,
  product_count bigint NOT NULL,
  total numeric(14,2) NOT NULL,
  mean_price numeric(14,4),
  usual_quantity integer,
  summary jsonb NOT NULL,
  figures jsonb NOT NULL
);

CREATE TABLE purchase_line (
  id uuid PRIMARY KEY,
  purchase_id uuid NOT NULL REFERENCES purchase (id),
  product_id uuid NOT NULL REFERENCES product (id),
  line_no integer NOT NULL,
  quantity integer CHECK (quantity >= 0),
  price numeric(10,2) CHECK (price < 1000),
  in_main_stock integer NOT NULL,
  UNIQUE (purchase_id, line_no)
);

CREATE TABLE sale (
  sale_id uuid PRIMARY KEY,
  product_id uuid NOT NULL REFERENCES product (id),
  location_id uuid REFERENCES location (id) DEFERRABLE INITIALLY DEFERRED,
  line_count bigint NOT NULL,
  customer_count bigint NOT NULL,
  ordered bigint,
  delivered bigint NOT NULL,
  first_day date,
  last_change timestamptz,
  highest_price numeric(10,2),
  carriers jsonb NOT NULL,
  days jsonb NOT NULL,
  comment text,                                -- the target's own
  UNIQUE (product_id, location_id)
);

-- The target's application keeps this column itself.
CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END $$;
CREATE TRIGGER account_updated_at BEFORE UPDATE ON account
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- A test refuses rows by inserting here: ('account', 'username', 'root') refuses that account.
CREATE TABLE refusal (table_name text, column_name text, value text);

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM refusal r
             WHERE r.table_name = TG_TABLE_NAME
               AND to_jsonb(NEW) ->> r.column_name IS NOT DISTINCT FROM r.value) THEN
    RAISE EXCEPTION 'refused by the test' USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_refused';
  END IF;
  RETURN NEW;
END $$;

-- An UPDATE that changes nothing but what triggers keep is a write the bridge should not have made.
CREATE TABLE useless_update (table_name text, row jsonb);

CREATE FUNCTION note_useless_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(NEW) - 'updated_at' = to_jsonb(OLD) - 'updated_at' THEN
    INSERT INTO useless_update VALUES (TG_TABLE_NAME, to_jsonb(NEW));
  END IF;
  RETURN NULL;
END $$;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['location', 'account', 'contact', 'supplier', 'product', 'price',
                              'customer', 'purchase', 'purchase_line', 'sale'] LOOP
    EXECUTE format('CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION refuse()', name);
    EXECUTE format('CREATE TRIGGER useless AFTER UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION note_useless_update()', name);
  END LOOP;
END $$;
