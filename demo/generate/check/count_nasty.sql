-- The nasty set: of each kind at least what is named. Counted in the data, not by the nasty ids.

CREATE TEMP TABLE nulls (column_name text);
DO $$
DECLARE
  c record;
  hit boolean;
BEGIN
  -- columns of tables with a key that are never NULL
  FOR c IN
    SELECT r.relname AS t, a.attname AS col
    FROM pg_class r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0
    JOIN pg_index i ON i.indrelid = r.oid AND i.indisprimary
    WHERE r.relnamespace = 'public'::regnamespace AND r.relkind = 'r'
      AND NOT a.attisdropped AND NOT a.attnotnull
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %I IS NULL)', c.t, c.col) INTO hit;
    IF NOT hit THEN
      INSERT INTO nulls VALUES (c.t || '.' || c.col);
    END IF;
  END LOOP;
END $$;

CREATE TEMP TABLE nasty_line (ord integer GENERATED ALWAYS AS IDENTITY, line text, relation text,
                              expected bigint, found bigint);
INSERT INTO nasty_line (line, relation, expected, found)
SELECT 'nullable columns that are never NULL', '=', 0, count(*) FROM nulls
UNION ALL
SELECT 'subjects that share id % 100000', '>=', 2, count(*) - count(DISTINCT id % 100000)
FROM subject_catalog
UNION ALL
SELECT 'usernames repeated', '>=', 2, count(username) - count(DISTINCT username) FROM accounts
UNION ALL
SELECT 'e-mails repeated exactly', '>=', 2, count(*) - count(DISTINCT email)
FROM accounts WHERE email <> ''
UNION ALL
SELECT 'usernames shaped like the fallback of an account that is there', '>=', 1, count(*)
FROM accounts a WHERE EXISTS (SELECT FROM accounts b WHERE a.username = 'acc_' || b.id)
UNION ALL
SELECT 'card numbers repeated', '>=', 2, count(*) - count(DISTINCT card_number)
FROM students WHERE card_number <> ''
UNION ALL
SELECT 'card numbers shaped like the fallback of a student that is there', '>=', 1, count(*)
FROM students a WHERE EXISTS (SELECT FROM students b WHERE a.card_number = 'STU' || b.id)
UNION ALL
SELECT 'serials repeated after trimming', '>=', 1, count(*) - count(DISTINCT btrim(serial, U&' \00A0'))
FROM orders WHERE serial ~ 'N/1'
UNION ALL
SELECT 'serials longer than 100 characters', '>=', 1, count(*) FROM orders WHERE length(serial) > 100
UNION ALL
SELECT 'units that are their own parent', '>=', 1, count(*) FROM organizations WHERE id = parent_id
UNION ALL
SELECT 'units on a cycle of two or three', '>=', 5, count(*)
FROM organizations a JOIN organizations b ON b.id = a.parent_id AND b.id <> a.id
JOIN organizations c ON c.id = b.parent_id
WHERE c.id = a.id OR (c.parent_id = a.id AND c.id <> b.id)
UNION ALL
SELECT 'units with dangling parent', '>=', 3, count(*) FROM organizations o
WHERE parent_id IS NOT NULL AND NOT EXISTS (SELECT FROM organizations p WHERE p.id = o.parent_id)
UNION ALL
SELECT 'students whose account is another person''s', '>=', 2, count(*)
FROM students s JOIN users u ON u.id = s.user_id JOIN accounts a ON a.id = u.account_id
WHERE a.person_id <> s.person_id
UNION ALL
SELECT 'user rows shared by several students', '>=', 1, count(*) - count(DISTINCT user_id)
FROM students WHERE user_id IS NOT NULL
UNION ALL
SELECT 'user rows whose account is not there', '>=', 1, count(*) FROM users u
WHERE account_id IS NOT NULL AND NOT EXISTS (SELECT FROM accounts a WHERE a.id = u.account_id)
UNION ALL
SELECT 'names with combining marks', '>=', 3, count(*) FROM persons
WHERE firstname ~ U&'[\0300-\036F]'
UNION ALL
SELECT 'names with right-to-left marks', '>=', 1, count(*) FROM persons
WHERE firstname ~ U&'[\200E\200F\202A-\202E]'
UNION ALL
SELECT 'values with NBSP', '>=', 3, count(*) FROM persons
WHERE firstname ~ U&'\00A0' OR birthdate ~ U&'\00A0'
UNION ALL
SELECT 'texts of 10 MB', '>=', 2,
       (SELECT count(*) FROM persons WHERE octet_length(family_information) >= 10000000)
       + (SELECT count(*) FROM orders WHERE octet_length(note) >= 10000000)
UNION ALL
SELECT 'dates ' || v, '>=', 1, (SELECT count(*) FROM persons WHERE birthdate = v)
FROM unnest(ARRAY['30/02/2001', '2001-02-03', '1/1/01']) AS v
UNION ALL
SELECT 'scores ' || v, '>=', 1, (SELECT count(*) FROM students WHERE score = v)
FROM unnest(ARRAY['675', '4', '3,5', 'abc', 'NaN', '1e3']) AS v
UNION ALL
SELECT 'points ' || v, '>=', 1, (SELECT count(*) FROM journal WHERE point = v)
FROM unnest(ARRAY['675', '4', '3,5', 'abc', 'NaN', '1e3']) AS v
UNION ALL
SELECT 'passwords not base64', '>=', 3, count(*) FROM accounts
WHERE password <> '' AND password !~ '^\$2'
  AND btrim(password, E' \t') !~ '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'
UNION ALL
SELECT 'passwords with NUL inside', '>=', 1, count(*) FROM accounts
WHERE password ~ '^([A-Za-z0-9+/]{4})+$' AND length(password) < 100
  AND position('\x00'::bytea IN decode(password, 'base64')) > 0
UNION ALL
SELECT 'passwords empty, or bcrypt', '>=', 4, count(*) FROM accounts
WHERE password = '' OR password ~ '^\$2[aby]\$'
UNION ALL
SELECT 'accounts with active ' || v, '>=', 1, (SELECT count(*) FROM accounts WHERE active = v)
FROM unnest(ARRAY[2, -1]) AS v
UNION ALL
SELECT 'org_names: no key, ids repeated', '>=', 2, count(id) - count(DISTINCT id)
FROM org_names
WHERE NOT EXISTS (SELECT FROM pg_index WHERE indrelid = 'org_names'::regclass)
UNION ALL
SELECT 'course codes repeated in a subject and term', '>=', 1, count(*) FROM (
  SELECT FROM course WHERE code ~ 'N-1_A *$'
  GROUP BY education_year_id, semester_id HAVING count(*) > 1) AS c;

SELECT 'nasty', line, relation, expected, found,
       CASE WHEN (relation = '=' AND found = expected) OR (relation = '>=' AND found >= expected)
            THEN 'OK' ELSE 'DIFFERS' END
FROM nasty_line ORDER BY ord;
