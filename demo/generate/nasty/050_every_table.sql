-- For every table with a key: a row that is NULL in every other column; and, where there is
-- `active`, copies of its first live row with active NULL, 2 and -1. Then texts of 10 MB.

DO $$
DECLARE
  t record;
  state text;
  next bigint;
BEGIN
  FOR t IN
    SELECT c.relname AS name,
           EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'active') AS states
    FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
    ORDER BY c.relname
  LOOP
    EXECUTE format('INSERT INTO %I (id) VALUES (990190000000000001)', t.name);
    CONTINUE WHEN NOT t.states;
    next := 990190000000000002;
    FOREACH state IN ARRAY ARRAY['null', '2', '-1'] LOOP
      EXECUTE format(
        'INSERT INTO %1$I
         SELECT (jsonb_populate_record(r, jsonb_build_object(''id'', %2$s::bigint,
                                                            ''active'', %3$L::jsonb))).*
         FROM (SELECT t AS r FROM %1$I AS t WHERE active = 1 ORDER BY id LIMIT 1) AS first',
        t.name, next, state);
      next := next + 1;
    END LOOP;
  END LOOP;
END $$;

-- 10 MB each, hardly compressible, with letters of two and three bytes.
CREATE FUNCTION pg_temp.large(seed bigint) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(md5(seed || '/' || i) || 'Ə№', '' ORDER BY i) FROM generate_series(1, 290000) AS i
$$;
INSERT INTO persons (id, firstname, lastname, family_information, active)
VALUES (990190000000000010, 'BÖYÜK', 'MƏTN', pg_temp.large(:seed), 1);
INSERT INTO orders (id, serial, note, active)
VALUES (990190000000000010, 'BÖYÜK', pg_temp.large(:seed + 1), 1);
